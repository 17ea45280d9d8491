import pytest

from lib.core.errors import (
    AccessError,
    LimitError,
    NotFoundError,
    ServiceError,
    SignInError,
    TooLargeError,
    UnreachableError,
)
from lib.earthengine.translation import sentence_for, sentence_for_answer

# Messages as the service writes them: guides/debugging, guides/usage, and public issue threads.
CASES = [
    ("User memory limit exceeded.", TooLargeError, "ran out of memory"),
    ("Computation timed out.", TooLargeError, "five minutes"),
    ("Too many concurrent aggregations.", LimitError, "busy"),
    ("Computed value is too large.", TooLargeError, "100 MB"),
    ("Computed value too large", TooLargeError, "100 MB"),
    ("Request payload size exceeds the limit: 10485760 bytes.", TooLargeError, "10485760"),
    (
        "Total request size (60000000 bytes) must be less than or equal to 50331648 bytes.",
        TooLargeError,
        "A piece of 60000000 bytes",
    ),
    (
        "Image.reduceRegion: Too many pixels in the region. Found 123456789, but only 10000000.",
        TooLargeError,
        "123456789 pixels",
    ),
    (
        "Collection query aborted after accumulating over 5000 elements.",
        TooLargeError,
        "more than 5000",
    ),
    (
        "Image.select: Band pattern 'B13' did not match any bands. Available bands: [B1, B2]",
        NotFoundError,
        "no band “B13”. Bands: B1, B2",
    ),
    (
        "Error in map(ID=1):\nBand pattern 'B4' was applied to an Image with no bands",
        NotFoundError,
        "No image covers this area",
    ),
    (
        "Image.load: Image asset 'projects/x/assets/y' not found (does not exist or no access).",
        NotFoundError,
        "projects/x/assets/y",
    ),
    (
        "Earth Engine API has not been used in project 1234 before or it is disabled.",
        AccessError,
        "not switched on in project 1234",
    ),
    (
        "Not signed up for Earth Engine or project is not registered.",
        AccessError,
        "not registered for Earth Engine",
    ),
]


@pytest.mark.parametrize(("message", "kind", "said"), CASES, ids=[case[0][:30] for case in CASES])
def test_sentence_names_the_thing_when_the_message_is_known(
    message: str, kind: type[ServiceError], said: str
) -> None:
    error = sentence_for(message, status=400)

    assert type(error) is kind
    assert said in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, SignInError),
        (403, AccessError),
        (404, NotFoundError),
        (429, LimitError),
        (500, UnreachableError),
        (503, UnreachableError),
        (400, ServiceError),
    ],
)
def test_sentence_goes_by_the_status_when_the_message_is_unknown(
    status: int, kind: type[ServiceError]
) -> None:
    error = sentence_for("Something new.", status=status)

    assert type(error) is kind
    assert "Something new." in error.message


def test_sentence_when_the_body_is_no_json_tells_the_status() -> None:
    assert "HTTP 502" in sentence_for_answer(502, b"<html>Bad gateway</html>").message
