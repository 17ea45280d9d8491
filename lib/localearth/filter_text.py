"""Filters written as text, such as `cloud < 20 && sensor == "MSI"`."""

import re
from collections.abc import Callable
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.filters import And, Comparison, Filter, Not, Operands, Or

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+\.?\d*(?:[eE][-+]?\d+)?)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign>&&|\|\||==|!=|>=|<=|[><!()\[\],])|(?P<word>[A-Za-z_][\w:.]*))"
)


def parse(text: str) -> Filter:
    """Read a filter such as `cloud < 20 && sensor == "MSI"`.

    Raises:
        EarthError: It cannot be read.
    """
    return _Parser(text).whole()


class _Parser:
    """Reads filters from the loosest operator to the tightest."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._at = 0

    def whole(self) -> Filter:
        found = self._either()
        if self._at < len(self._tokens):
            raise self._error()
        return found

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise self._error()
            tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            at = found.end()
        return tokens

    def _error(self) -> EarthError:
        return EarthError(f"Could not parse the filter '{self._text}'.")

    def _next(self, *wanted: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at][1] in wanted:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def _either(self) -> Filter:
        found = [self._all()]
        while self._next("||", "or"):
            found.append(self._all())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _all(self) -> Filter:
        found = [self._one()]
        while self._next("&&", "and"):
            found.append(self._one())
        return found[0] if len(found) == 1 else And(tuple(found))

    def _one(self) -> Filter:
        if self._next("!", "not"):
            return Not(self._one())
        if self._next("("):
            inner = self._either()
            if not self._next(")"):
                raise self._error()
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        kind, name = self._take()
        if kind not in ("word", "text"):
            raise self._error()
        name = name.strip("\"'")
        sign = self._next("==", "!=", ">=", "<=", ">", "<", "in")
        if sign is None:
            raise self._error()
        return compare(sign, Operands(left_field=name, right_value=self._literal()))

    def _literal(self) -> Any:
        if self._next("["):
            items = []
            while not self._next("]"):
                items.append(self._literal())
                self._next(",")
            return items
        kind, text = self._take()
        if kind == "number":
            return float(text) if any(sign in text for sign in ".eE") else int(text)
        if kind == "text":
            return text[1:-1]
        raise self._error()

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._error()
        self._at += 1
        return self._tokens[self._at - 1]


def compare(sign: str, sides: Operands) -> Filter:
    """The filter of a sign such as "<="."""
    made: dict[str, Callable[[], Filter]] = {
        "==": lambda: Comparison("equals", sides),
        "!=": lambda: Not(Comparison("equals", sides)),
        "<": lambda: Comparison("lessThan", sides),
        ">": lambda: Comparison("greaterThan", sides),
        "<=": lambda: Not(Comparison("greaterThan", sides)),
        ">=": lambda: Not(Comparison("lessThan", sides)),
        "in": lambda: Comparison("inList", sides),
    }
    return made[sign]()
