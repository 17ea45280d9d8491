"""Filters written as text, such as `cloud < 20 && sensor == "MSI"`."""

import re
from collections.abc import Callable
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.filters import And, Comparison, Filter, Not, Operands, Or
from lib.localearth.text_tokens import Tokens

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
        self._refusal = EarthError(f"Could not parse the filter '{text}'.")
        self._tokens = Tokens(text, _TOKEN, self._refusal)

    def whole(self) -> Filter:
        found = self._either()
        if not self._tokens.done:
            raise self._refusal
        return found

    def _either(self) -> Filter:
        found = [self._all()]
        while self._tokens.next_if("||", "or"):
            found.append(self._all())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _all(self) -> Filter:
        found = [self._one()]
        while self._tokens.next_if("&&", "and"):
            found.append(self._one())
        return found[0] if len(found) == 1 else And(tuple(found))

    def _one(self) -> Filter:
        if self._tokens.next_if("!", "not"):
            return Not(self._one())
        if self._tokens.next_if("("):
            inner = self._either()
            if not self._tokens.next_if(")"):
                raise self._refusal
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        name = self._tokens.take("word", "text")[1].strip("\"'")
        sign = self._tokens.next_if("==", "!=", ">=", "<=", ">", "<", "in")
        if sign is None:
            raise self._refusal
        return compare(sign, Operands(left_field=name, right_value=self._literal()))

    def _literal(self) -> Any:
        if self._tokens.next_if("["):
            items = []
            while not self._tokens.next_if("]"):
                items.append(self._literal())
                self._tokens.next_if(",")
            return items
        kind, text = self._tokens.take("number", "text")
        if kind == "text":
            return text[1:-1]
        return float(text) if any(sign in text for sign in ".eE") else int(text)


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
