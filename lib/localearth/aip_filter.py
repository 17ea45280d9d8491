"""Filters of listings, such as `properties.size>=2 AND startTime >= "2019-01-01T00:00:00Z"`.

The grammar is that of google.aip.dev/160, in which OR binds tighter than AND.
"""

import datetime
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from lib.localearth.errors import EarthError
from lib.localearth.text_tokens import Tokens

MAX_LENGTH = 20_000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<sign><=|>=|!=|==|[=<>:(),])"
    r"|(?P<word>[^\s\"'<>=!:(),]+))"
)
_TIMES = ("startTime", "endTime", "updateTime")
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Entry:
    """What a filter may ask of an entry of a listing.

    Attributes:
        fields: Values by name, such as "properties.size" or "startTime".
        shape: Where it is, in longitude and latitude, or None.
    """

    fields: Mapping[str, Any]
    shape: Any = None


Test = Callable[[Entry], bool]


def parse(text: str) -> Test:
    """Read a filter; an empty one lets everything pass.

    Raises:
        EarthError: It cannot be read.
    """
    return _Parser(text).whole() if text.strip() else lambda _: True


def region_shape(text: str) -> Any:
    """The shape of a region that is given as GeoJSON or WKT.

    Raises:
        EarthError: It is neither.
    """
    try:
        if text.lstrip().startswith("{"):
            return shapely.geometry.shape(json.loads(text.replace("'", '"')))
        return shapely.from_wkt(text)
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError):
        raise EarthError("Invalid region: it must be a GeoJSON geometry.") from None


class _Parser:
    """Reads a filter from the loosest operator to the tightest."""

    def __init__(self, text: str) -> None:
        self._refusal = EarthError(f"Invalid filter: '{text[:200]}'.")
        if len(text) > MAX_LENGTH:
            raise self._refusal
        self._tokens = Tokens(text, _TOKEN, self._refusal)
        self._depth = 0

    def whole(self) -> Test:
        found = self._all()
        if not self._tokens.done:
            raise self._refusal
        return found

    def _all(self) -> Test:
        parts = [self._any()]
        while self._tokens.next_if("AND"):
            parts.append(self._any())
        return lambda entry: all(part(entry) for part in parts)

    def _any(self) -> Test:
        parts = [self._one()]
        while self._tokens.next_if("OR"):
            parts.append(self._one())
        return lambda entry: any(part(entry) for part in parts)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > 50:
            raise self._refusal
        try:
            if self._tokens.next_if("NOT"):
                inner = self._one()
                return lambda entry: not inner(entry)
            if self._tokens.next_if("("):
                return self._closed(self._all())
            if self._tokens.next_if("intersects"):
                return self._intersects()
            return self._comparison()
        finally:
            self._depth -= 1

    def _closed(self, inner: Test) -> Test:
        if not self._tokens.next_if(")"):
            raise self._refusal
        return inner

    def _intersects(self) -> Test:
        if not self._tokens.next_if("("):
            raise self._refusal
        region = region_shape(_unquoted(self._tokens.take("text")[1]))
        return self._closed(
            lambda entry: entry.shape is not None and bool(shapely.intersects(entry.shape, region))
        )

    def _comparison(self) -> Test:
        name = _unquoted(self._tokens.take("word", "text")[1])
        sign = self._tokens.take("sign")[1]
        text = self._tokens.take("word", "text")[1]
        if sign == ":":
            return lambda entry: _has(entry.fields.get(name), _unquoted(text))
        if sign not in _COMPARED:
            raise self._refusal
        wanted = _literal(name, text)
        return lambda entry: _compare(sign, entry.fields.get(name), wanted)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] in "\"'" else text


def _literal(name: str, text: str) -> Any:
    plain = _unquoted(text)
    if name in _TIMES:
        try:
            moment = datetime.datetime.fromisoformat(plain.replace("Z", "+00:00"))
        except ValueError:
            raise EarthError(f"Invalid time in the filter: '{plain[:50]}'.") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return moment.timestamp() * 1000
    if plain is not text:
        return plain
    try:
        return float(plain)
    except ValueError:
        return plain


def _compare(sign: str, found: Any, wanted: Any) -> bool:
    if isinstance(found, str) is not isinstance(wanted, str) or found is None:
        return False
    try:
        return _COMPARED[sign](found, wanted)
    except TypeError:
        return False


def _has(found: Any, wanted: str) -> bool:
    if found is None or wanted == "*":
        return found is not None
    return wanted in ([str(part) for part in found] if isinstance(found, list) else str(found))
