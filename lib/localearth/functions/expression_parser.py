"""The language of `Image.expression`: text becomes a tree of operations on images.

Operators as in C and JavaScript, `**` for powers, `^` for exclusive or; bands as `image.name`,
`image[0]`, `b("name")`; functions by the bare names of JavaScript's Math.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lib.localearth.errors import EarthError


@dataclass(frozen=True)
class Number:
    """A literal; whole where it is written without a point or exponent."""

    value: int | float


@dataclass(frozen=True)
class Variable:
    """A name; `bands` picks some of its bands by name or position."""

    name: str
    bands: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Call:
    """An operation or function with operands: "+", "?:", "sqrt", "b"."""

    name: str
    operands: tuple["Node", ...]


Node = Number | Variable | Call
T = TypeVar("T")


@dataclass(frozen=True)
class Parsed:
    """An expression and the name that it gives its result, if any."""

    tree: Node
    name: str | None


_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>\*\*|==|!=|<=|>=|&&|\|\||[-+*/%<>!^?:()\[\].,=]))"
)
_LEVELS = (
    ("||",),
    ("&&",),
    ("^",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)


def parse(text: str) -> Parsed:
    """Parse an expression.

    Raises:
        EarthError: It is not one; the message tells where.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self._at = 0

    def whole(self) -> Parsed:
        name = None
        if self._kind() == "name" and self._peek(1) == "=":
            name = self._next()
            self._next()
        tree = self._ternary()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return Parsed(tree, name)

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        stripped = text.rstrip()
        while at < len(stripped):
            match = _TOKEN.match(stripped, at)
            if match is None:
                raise EarthError(
                    f"Unable to parse expression: unexpected '{stripped[at:].strip()[:1]}'."
                )
            kind = str(match.lastgroup)
            tokens.append((kind, match.group(kind)))
            at = match.end()
        return tokens

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at][1] if at < len(self._tokens) else ""

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        value = self._peek()
        self._at += 1
        return value

    def _unexpected(self) -> EarthError:
        found = f"'{self._peek()}'" if self._peek() else "the end"
        return EarthError(f"Unable to parse expression: unexpected {found} in '{self._text}'.")

    def _expect(self, sign: str) -> None:
        if self._peek() != sign or self._kind() == "text":
            raise self._unexpected()
        self._next()

    def _ternary(self) -> Node:
        test = self._binary(0)
        if self._peek() != "?":
            return test
        self._next()
        first = self._ternary()
        self._expect(":")
        return Call("?:", (test, first, self._ternary()))

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._kind() == "sign" and self._peek() in _LEVELS[level]:
            sign = self._next()
            left = Call(sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Node:
        if self._kind() == "sign" and self._peek() in ("-", "+", "!"):
            sign = self._next()
            operand = self._unary()
            return operand if sign == "+" else _negated(sign, operand)
        return self._power()

    def _power(self) -> Node:
        base = self._postfix()
        if self._peek() != "**":
            return base
        self._next()
        return Call("**", (base, self._unary()))

    def _postfix(self) -> Node:
        kind, text = self._kind(), self._peek()
        if kind == "number":
            self._next()
            return Number(float(text) if re.search(r"[.eE]", text) else int(text))
        if kind == "name":
            return self._named(self._next())
        if text == "(":
            self._next()
            inner = self._ternary()
            self._expect(")")
            return inner
        raise self._unexpected()

    def _named(self, name: str) -> Node:
        sign = self._peek()
        if sign == "(" and name == "b":
            return Call("b", (Variable("", self._selectors("(", ")")),))
        if sign == "(":
            return Call(name, self._listed(self._ternary, "(", ")"))
        if sign == "[":
            return Variable(name, self._selectors("[", "]"))
        if sign == ".":
            self._next()
            if self._kind() != "name":
                raise self._unexpected()
            return Variable(name, (self._next(),))
        return Variable(name)

    def _selectors(self, start: str, end: str) -> tuple[str | int, ...]:
        return self._listed(self._selector, start, end)

    def _selector(self) -> str | int:
        kind = self._kind()
        text = self._next()
        if kind == "text":
            return text[1:-1]
        if kind == "number" and text.isdigit():
            return int(text)
        self._at -= 1
        raise self._unexpected()

    def _listed(self, read: Callable[[], T], start: str, end: str) -> tuple[T, ...]:
        self._expect(start)
        found: list[T] = []
        while self._peek() != end:
            if found:
                self._expect(",")
            found.append(read())
        self._expect(end)
        return tuple(found)


def _negated(sign: str, operand: Node) -> Node:
    if sign == "!":
        return Call("!", (operand,))
    if isinstance(operand, Number):
        return Number(-operand.value)
    return Call("negate", (operand,))


def free_variables(node: Node) -> list[str]:
    """Names that an expression refers to, in order; "" is the default image of `b()`."""
    if isinstance(node, Variable):
        return [node.name]
    if isinstance(node, Call):
        names = [name for operand in node.operands for name in free_variables(operand)]
        return list(dict.fromkeys(names))
    return []
