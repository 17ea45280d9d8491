"""Strings: `String.*`."""

import json
import re
from typing import Any

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.registry import implements
from lib.localearth.text import text_of

_POSIX = {
    "[:space:]": r"\s",
    "[:digit:]": r"\d",
    "[:alpha:]": "a-zA-Z",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:punct:]": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    "[:word:]": r"\w",
}
_GROUP = re.compile(r"\$(\d+)|\\(\d+)")


def expression(regex: str, flags: str = "") -> re.Pattern[str]:
    """Compile a regular expression with POSIX classes and the flags "i" and "g".

    Raises:
        EarthError: It cannot be read.
    """
    for name, written in _POSIX.items():
        regex = regex.replace(name, written)
    try:
        return re.compile(regex, re.IGNORECASE if "i" in flags else 0)
    except re.error as error:
        raise EarthError(f"Invalid regular expression '{regex}': {error}.") from None


@implements("String")
def string(input: Any) -> str:  # noqa: A002
    """A value as text."""
    return text_of(input)


@implements("String.cat")
def cat(string1: str, string2: str) -> str:
    """Both strings."""
    return string1 + string2


@implements("String.compareTo")
def compare_to(string1: str, string2: str) -> int:
    """-1, 0 or 1 in alphabetical order."""
    return (string1 > string2) - (string1 < string2)


@implements("String.decodeJSON")
def decode_json(string: str) -> Any:
    """The value of a JSON text."""
    try:
        return json.loads(string)
    except ValueError:
        raise EarthError(f"Could not parse JSON '{string[:100]}'.") from None


@implements("String.encodeJSON")
def encode_json(object: Any) -> str:  # noqa: A002
    """A value as JSON text, with sorted keys and no spaces."""
    return json.dumps(encode(object), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@implements("String.equals")
def equals(reference: str, target: Any) -> bool:
    """Whether both are the same string."""
    return bool(reference == target)


@implements("String.index")
def index(target: str, pattern: str) -> int:
    """Where a string first occurs, or -1."""
    return target.find(pattern)


@implements("String.rindex")
def rindex(target: str, pattern: str) -> int:
    """Where a string last occurs, or -1."""
    return target.rfind(pattern)


@implements("String.length")
def length(string: str) -> int:
    """How many characters there are."""
    return len(string)


@implements("String.match")
def match(input: str, regex: str, flags: str) -> list[str | None]:  # noqa: A002
    """The match and its groups, all matches with the flag "g", nothing without a match."""
    pattern = expression(regex, flags)
    if "g" in flags:
        return [found.group() for found in pattern.finditer(input)]
    found = pattern.search(input)
    return [found.group(), *found.groups()] if found else []


@implements("String.replace")
def replace(input: str, regex: str, replacement: str, flags: str) -> str:  # noqa: A002
    """Replace the first match, or all with the flag "g"; $1 is a group."""

    def write(found: re.Match[str]) -> str:
        return _GROUP.sub(lambda group: found.group(int(group[1] or group[2])) or "", replacement)

    return expression(regex, flags).sub(write, input, count=0 if "g" in flags else 1)


@implements("String.slice")
def slice_string(string: str, start: int, end: int | None) -> str:
    """From start to before end; negative places count from the end."""
    return string[start:end]


@implements("String.split")
def split(string: str, regex: str, flags: str) -> list[str]:
    """The pieces between matches; empty ones at the end are dropped."""
    if not regex:
        return list(string)
    pieces, start = [], 0
    for found in expression(regex, flags).finditer(string):
        if found.end() > found.start() or 0 < found.start() < len(string):
            pieces.append(string[start : found.start()])
            start = found.end()
    pieces.append(string[start:])
    while len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    return pieces


@implements("String.toLowerCase")
def to_lower_case(string: str) -> str:
    """All characters in lower case."""
    return string.lower()


@implements("String.toUpperCase")
def to_upper_case(string: str) -> str:
    """All characters in upper case."""
    return string.upper()


@implements("String.trim")
def trim(string: str) -> str:
    """Without white space at the ends."""
    return string.strip()
