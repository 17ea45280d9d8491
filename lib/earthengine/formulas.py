"""Predictors of a person's own: the arithmetic of `Image.expression`, checked before it is sent.

Numbers, names, `+ - * / % **`, comparisons, `&& || !`, `test ? a : b`, brackets, and the functions
below. Nothing is ever evaluated as Python. Whole numbers are sent as decimal ones, because the
service divides whole numbers without a remainder.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import ee

from lib.core.errors import PlanError
from lib.core.imagery_plan import FormulaPlan

# Functions and how many values they take.
FUNCTIONS: Mapping[str, int] = {
    **dict.fromkeys(("abs", "sqrt", "cbrt", "exp", "log", "log10", "floor", "ceil", "round"), 1),
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"), 1),
    **dict.fromkeys(("min", "max", "pow", "hypot"), 2),
}
CONSTANTS = ("PI", "E")
# Brackets and functions within one another; deeper ones are no formula that a person wrote.
_DEEPEST = 60
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:(),]))",
    re.ASCII,
)
_BINARY = frozenset(("||", "&&", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "**"))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


def names_in(formula: FormulaPlan) -> tuple[str, ...]:
    """Return the names that a formula uses, in order.

    Raises:
        PlanError: It cannot be read; the message says at which character.
    """
    return _Reader(formula).names()


def formula_image(formula: FormulaPlan, bands: Mapping[str, ee.Image]) -> ee.Image:
    """Write a formula as one band of its name.

    Args:
        formula: Name and text.
        bands: One-band images by the names that it may use.

    Raises:
        PlanError: It cannot be read, or uses a name that is not there.
    """
    reader = _Reader(formula)
    used = reader.names()
    unknown = [name for name in used if name not in bands]
    if unknown:
        raise PlanError(
            f"The formula “{formula.name}” uses “{unknown[0]}”, which is no predictor before it "
            "and no band of the main collection.",
            hint=f"It may use {', '.join(bands)}.",
            field="formulas",
        )
    values = {name: bands[name] for name in used}
    image: ee.Image = ee.Image().expression(reader.text(), values).rename(formula.name)
    return image


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, formula: FormulaPlan) -> None:
        self._formula = formula
        if not _NAME.fullmatch(formula.name):
            raise PlanError(
                f"“{formula.name}” cannot be the name of a predictor.",
                hint="Begin with a letter; use letters, digits and _ only.",
                field="formulas",
            )
        self._tokens = self._split(formula.formula)
        self._at = 0
        self._names: dict[str, None] = {}
        self._value(0)
        if self._token.kind != "end":
            raise self._unexpected()

    def names(self) -> tuple[str, ...]:
        return tuple(self._names)

    def text(self) -> str:
        """The formula with decimal numbers."""
        return " ".join(_decimal(token) for token in self._tokens[:-1])

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _split(self, text: str) -> list[_Token]:
        tokens, at, stripped = [], 0, text.rstrip()
        while at < len(stripped):
            match = _TOKEN.match(stripped, at)
            if match is None:
                place = at + len(stripped[at:]) - len(stripped[at:].lstrip())
                raise self._error(f"has “{stripped[place]}” at character {place + 1}")
            kind = str(match.lastgroup)
            tokens.append(_Token(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return [*tokens, _Token("end", "", len(stripped))]

    def _value(self, depth: int) -> None:
        """Operands with operators between them, and a choice after them."""
        if depth > _DEEPEST:
            raise self._error(f"has more than {_DEEPEST} brackets within one another")
        self._operand(depth)
        while self._token.text in _BINARY:
            self._at += 1
            self._operand(depth)
        if self._token.text == "?":
            self._at += 1
            self._value(depth + 1)
            self._take(":")
            self._value(depth + 1)

    def _operand(self, depth: int) -> None:
        while self._token.text in ("-", "+", "!"):
            self._at += 1
        token = self._token
        if token.kind == "number":
            self._at += 1
        elif token.kind == "name":
            self._at += 1
            self._named(token, depth)
        else:
            self._take("(")
            self._value(depth + 1)
            self._take(")")

    def _named(self, token: _Token, depth: int) -> None:
        if self._token.text != "(":
            if token.text not in CONSTANTS:
                self._names[token.text] = None
            return
        if token.text not in FUNCTIONS:
            raise self._error(
                f"calls “{token.text}” at character {token.place + 1}, which is no function of it",
                hint=f"There are {', '.join(FUNCTIONS)}.",
            )
        self._take("(")
        self._value(depth + 1)
        for _ in range(FUNCTIONS[token.text] - 1):
            self._take(",")
            self._value(depth + 1)
        self._take(")")

    def _take(self, sign: str) -> None:
        if self._token.text != sign:
            raise self._unexpected()
        self._at += 1

    def _unexpected(self) -> PlanError:
        token = self._token
        if token.kind == "end":
            return self._error("ends before it is complete")
        return self._error(f"has “{token.text}” at character {token.place + 1}")

    def _error(self, what: str, *, hint: str = "") -> PlanError:
        return PlanError(
            f"The formula “{self._formula.name}” cannot be read: it {what}.",
            hint=hint or "Write it like (B8 - B4) / (B8 + B4).",
            field="formulas",
        )


def _decimal(token: _Token) -> str:
    return f"{token.text}.0" if token.kind == "number" and token.text.isdigit() else token.text
