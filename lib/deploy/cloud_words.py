"""What Vertex AI and Cloud Storage refuse, in sentences that say what to do.

Forms of errors: https://cloud.google.com/apis/design/errors and
https://cloud.google.com/storage/docs/json_api/v1/status-codes.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from lib.core.errors import (
    AccessError,
    DeploymentError,
    LimitError,
    NotFoundError,
    ServiceError,
    SignInError,
    UnreachableError,
)

_SERVICES = {
    "aiplatform.googleapis.com": "Vertex AI",
    "storage.googleapis.com": "Cloud Storage",
    "storage.component": "Cloud Storage",
    "artifactregistry.googleapis.com": "Artifact Registry",
    "earthengine.googleapis.com": "Earth Engine",
}
_ROLES = (
    "Give the account the roles Vertex AI User, Storage Object Admin and Service Usage Consumer "
    "in this project."
)


@dataclass(frozen=True)
class _Rule:
    """A message of the service and ours.

    `{0}` … are groups of the pattern, `{project}` and `{place}` what was asked for.
    """

    pattern: str
    kind: type[ServiceError] | type[DeploymentError]
    message: str
    hint: str
    field: str = ""


_RULES = (
    _Rule(
        r"[Bb]illing (?:account|is disabled|has not been enabled|must be enabled)|delinquent",
        AccessError,
        "Project {project} has no billing account that is open.",
        "Link one at https://console.cloud.google.com/billing; endpoints and buckets cost money.",
        "project",
    ),
    _Rule(
        r"[Uu]nsupported machine type|[Mm]achine type .*?(?:not supported|not available|"
        r"unavailable|invalid|does not exist)|[Ii]nvalid machine type",
        DeploymentError,
        "The region {place} does not offer this machine type for predictions: {said}",
        "Choose another machine type, such as n1-standard-4, or another region.",
        "machine_type",
    ),
    _Rule(
        r"[Rr]esources are insufficient|[Ss]tockout|does not have enough resources",
        LimitError,
        "The region {place} has no machine of this type free at the moment.",
        "Try again later, or choose another machine type or region.",
        "machine_type",
    ),
    _Rule(
        r"quota metrics? exceed.*?: *([\w./-]+)",
        LimitError,
        "The quota {0} of project {project} is spent.",
        "Undeploy what still runs, choose a smaller machine, or ask for more under IAM & Admin, "
        "Quotas.",
        "machine_type",
    ),
    _Rule(
        r"[Tt]he specified bucket does not exist|bucket .*?(?:not found|does not exist)",
        NotFoundError,
        "There is no bucket of that name, or this account may not see it.",
        "Create it in the region of the endpoint (gcloud storage buckets create gs://NAME "
        "--location={place}), or name another.",
        "bucket",
    ),
    _Rule(
        r"does not have (storage\.[\w.]+) (?:access|permission)",
        AccessError,
        "The account lacks the permission {0} on the bucket.",
        "Give it the role Storage Object Admin on the bucket.",
        "bucket",
    ),
    _Rule(
        r"[Ll]ocation '?\"?([\w-]+)'?\"? is not (?:found|supported)|[Uu]nsupported (?:region|"
        r"location)[^\w]*([\w-]*)",
        NotFoundError,
        "Vertex AI has no region {place}.",
        "Choose one of https://cloud.google.com/vertex-ai/docs/general/locations, such as "
        "us-central1.",
        "region",
    ),
    _Rule(
        r"(?:image|Image).*?(?:not found|does not exist|not allowed|cannot be accessed|"
        r"artifactregistry)",
        NotFoundError,
        "Vertex AI cannot read the container image: {said}",
        "Push it to Artifact Registry first, as docs/vertex.md tells, and check its address.",
        "image",
    ),
    _Rule(
        r"[Mm]odel server never became ready|exited unexpectedly|failed to start",
        DeploymentError,
        "The container started and did not become ready: {said}",
        "Look at the endpoint's log in the console; check the image and its TensorFlow version.",
        "image",
    ),
)

_BY_STATUS: dict[int, tuple[type[ServiceError], str]] = {
    401: (SignInError, "Sign in again."),
    403: (AccessError, _ROLES),
    404: (NotFoundError, "Check the name and the region."),
    408: (UnreachableError, "Try again."),
    429: (
        LimitError,
        "Wait a minute and try again, or ask for more quota under IAM & Admin, Quotas.",
    ),
}
_CODES = {3: 400, 5: 404, 7: 403, 8: 429, 9: 400, 14: 503, 16: 401}
"""HTTP status of the codes that failed operations carry (google.rpc.Code)."""


def sentence_for_cloud(
    status: int, content: bytes, *, project: str, place: str = ""
) -> ServiceError | DeploymentError:
    """Turn a refused request into a sentence.

    Args:
        status: HTTP status.
        content: The answer's body.
        project: Project that was asked in.
        place: Region that was asked in.
    """
    error = _error_of(content)
    message = str(error.get("message") or f"HTTP {status}")
    disabled = _disabled_service(error, message)
    if disabled:
        return AccessError(
            f"The {_SERVICES.get(disabled, disabled)} API ({disabled}) is not switched on in "
            f"project {project}.",
            hint=f"Switch it on (gcloud services enable {disabled} --project={project}), wait a "
            "few minutes and try again.",
            field="project",
        )
    return _sentence(message, status, project=project, place=place)


def sentence_for_operation(
    error: dict[str, Any], *, project: str, place: str = ""
) -> ServiceError | DeploymentError:
    """Turn the error of an operation that failed into a sentence.

    Args:
        error: `{"code": google.rpc.Code, "message": …}`.
        project: As for `sentence_for_cloud`.
        place: As for `sentence_for_cloud`.
    """
    status = _CODES.get(int(error.get("code", 0)), 500)
    body = json.dumps({"error": error}).encode()
    return sentence_for_cloud(status, body, project=project, place=place)


def _sentence(
    message: str, status: int, *, project: str, place: str
) -> ServiceError | DeploymentError:
    said = message.strip().splitlines()[0].rstrip(".") + "."
    values = {"project": project, "place": place or "that was named", "said": said}
    for rule in _RULES:
        match = re.search(rule.pattern, message)
        if match:
            words, hint = (
                text.format(*match.groups(), **values) for text in (rule.message, rule.hint)
            )
            return rule.kind(words, hint=hint, field=rule.field)
    kind, hint = _BY_STATUS.get(status, (ServiceError, ""))
    if status >= 500:
        kind, hint = UnreachableError, "Try again in a minute."
    words = "Google Cloud's quota is spent" if status == 429 else "Google Cloud answered"
    return kind(f"{words}: {said}", hint=hint)


def _error_of(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:
        return {"message": content[:300].decode(errors="replace").strip()}
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {"message": str(error or "")}


def _disabled_service(error: dict[str, Any], message: str) -> str:
    """Name of the service that is not switched on; empty where that is not the reason."""
    for detail in error.get("details", []):
        if isinstance(detail, dict) and detail.get("reason") == "SERVICE_DISABLED":
            return str(detail.get("metadata", {}).get("service", "")) or "of this service"
    if not re.search(r"has not been used in project .* before or it is disabled", message):
        return ""
    named = re.search(r"/apis?/(?:api/)?([\w.]+\.googleapis\.com)", message)
    titles = {title: service for service, title in _SERVICES.items()}
    named_title = next((title for title in titles if title in message), "Vertex AI")
    return named[1] if named else titles[named_title]
