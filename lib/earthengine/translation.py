"""What the service says, in sentences that name the thing and what to do.

Messages: https://developers.google.com/earth-engine/guides/debugging and /guides/usage.
"""

import json
import re
from dataclasses import dataclass

from lib.core.errors import (
    AccessError,
    LimitError,
    NotFoundError,
    ServiceError,
    SignInError,
    TooLargeError,
    UnreachableError,
)


@dataclass(frozen=True)
class _Rule:
    """A message of the service and ours; groups of `pattern` fill `message`."""

    pattern: str
    kind: type[ServiceError]
    message: str
    hint: str = ""
    field: str = ""


_SMALLER = "Choose a smaller area or a larger pixel size."
_PERMISSION_HINT = (
    "Give the account the roles Earth Engine Resource Viewer and Service Usage Consumer in this "
    "project, or choose another project."
)

_RULES = (
    _Rule(
        r"User memory limit exceeded",
        TooLargeError,
        "Earth Engine ran out of memory for this computation.",
        "Choose fewer bands, a shorter period or a smaller area.",
    ),
    _Rule(
        r"Computation timed out",
        TooLargeError,
        "Earth Engine stopped the computation after its five minutes.",
        "Choose a smaller area, a shorter period or a larger pixel size.",
    ),
    _Rule(
        r"Too many concurrent aggregations|[Qq]uota exceeded|[Rr]ate limit|Too Many Requests",
        LimitError,
        "Earth Engine is busy with other requests of this project.",
        "Wait a minute and try again.",
    ),
    _Rule(
        r"Computed value (?:is )?too large",
        TooLargeError,
        "One intermediate result is larger than Earth Engine keeps (100 MB).",
        _SMALLER,
    ),
    _Rule(
        r"Request payload size exceeds the limit: (\d+)",
        TooLargeError,
        "The computation itself is larger than a request may be ({0} bytes).",
        "Use a smaller network or fewer samples.",
    ),
    _Rule(
        r"Total request size \((\d+) bytes\) must be less than or equal to (\d+)",
        TooLargeError,
        "A piece of {0} bytes was asked for; Earth Engine gives at most {1} at once.",
        _SMALLER,
    ),
    _Rule(
        r"Too many pixels in the region\. Found (\d+)",
        TooLargeError,
        "The area has {0} pixels, more than Earth Engine counts in one request.",
        _SMALLER,
    ),
    _Rule(
        r"Collection query aborted after accumulating over (\d+) elements",
        TooLargeError,
        "The collection has more than {0} elements here.",
        "Choose a shorter period or a smaller area.",
    ),
    _Rule(
        r"Band pattern '([^']*)' did not match any bands\. Available bands: \[([^\]]*)\]",
        NotFoundError,
        "There is no band “{0}”. Bands: {1}.",
        "Choose bands that the collection has.",
        "bands",
    ),
    _Rule(
        r"Band pattern '([^']*)' was applied to an Image with no bands",
        NotFoundError,
        "No image covers this area in the chosen period.",
        "Choose a longer period or another area.",
        "dates",
    ),
    _Rule(
        r"asset '([^']*)' not found",
        NotFoundError,
        "“{0}” does not exist, or this account may not read it.",
        "Check its id, and that it is shared with the account.",
        "collection",
    ),
    _Rule(
        r"Dictionary does not contain key: '?([^'.]*)'?",
        NotFoundError,
        "The service's answer lacks “{0}”: nothing valid lies in this area.",
        "Choose another area or period.",
    ),
    _Rule(
        r"cannot be converted to a tensor",
        ServiceError,
        "A band has a type that the model's endpoint cannot take.",
        "Cast the predictors to float.",
    ),
    _Rule(
        r"Earth Engine API has not been used in project (\S+) before",
        AccessError,
        "The Earth Engine API is not switched on in project {0}.",
        "Switch it on in the Google Cloud console, wait a few minutes and try again.",
        "project",
    ),
    _Rule(
        r"(?:is not|not) (?:registered|signed up)",
        AccessError,
        "This project is not registered for Earth Engine.",
        "Register it at https://code.earthengine.google.com/register.",
        "project",
    ),
    _Rule(
        r"does not have required permission to use project (\S+?)\.?(?:\s|$)",
        AccessError,
        "The account may not use project {0}.",
        _PERMISSION_HINT,
        "project",
    ),
    _Rule(
        r"[Pp]roject '?([\w:.-]+)'? (?:not found|has been deleted|does not exist)",
        NotFoundError,
        "There is no project {0}, or this account may not see it.",
        "Check the project's id.",
        "project",
    ),
)

_BY_STATUS: dict[int, tuple[type[ServiceError], str]] = {
    401: (SignInError, "Sign in again."),
    403: (AccessError, _PERMISSION_HINT),
    404: (NotFoundError, "Check the id."),
    408: (UnreachableError, "Try again."),
    413: (TooLargeError, "Use a smaller network or fewer samples."),
    429: (LimitError, "Wait a minute and try again."),
}


def sentence_for(message: str, *, status: int = 0) -> ServiceError:
    """Turn an error message of the service into ours.

    Args:
        message: As the service wrote it.
        status: HTTP status, 0 where unknown.
    """
    for rule in _RULES:
        match = re.search(rule.pattern, message)
        if match:
            said = rule.message.format(*match.groups())
            return rule.kind(said, hint=rule.hint, field=rule.field)
    kind, hint = _BY_STATUS.get(status, (ServiceError, ""))
    if status >= 500:
        kind, hint = UnreachableError, "Try again in a minute."
    return kind(f"The service answered: {message.strip() or status}", hint=hint)


def sentence_for_answer(status: int, content: bytes) -> ServiceError:
    """The same for a raw answer with an error body in Google's form."""
    try:
        message = str(json.loads(content)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = f"HTTP {status}"
    return sentence_for(message, status=status)


def unreachable(label: str, *, timed_out: bool) -> UnreachableError:
    """The sentence for no answer at all."""
    if timed_out:
        return UnreachableError(f"{label} did not answer in time.", hint="Try again in a minute.")
    return UnreachableError(
        f"{label} cannot be reached.", hint="Check the network, or use Local Earth."
    )
