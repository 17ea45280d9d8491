"""The same statements in Python and in JavaScript: Earth Engine's two clients differ in little."""

import json
import re
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

WIDTH = 96


def literal(value: Any) -> str:
    """Numbers, texts, lists and dictionaries, written alike in both languages."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def setting(name: str, value: Any) -> str:
    """A constant in Python, in several lines where it is long."""
    return _wrapped(f"{name} = ", value)


def _wrapped(start: str, value: Any, end: str = "") -> str:
    line = f"{start}{literal(value)}{end}"
    if len(line) <= WIDTH or not isinstance(value, list | tuple | dict):
        return line
    if isinstance(value, dict):
        items = [_wrapped(f"{literal(key)}: ", one, ",") for key, one in value.items()]
        inner = textwrap.indent("\n".join(items), "    ")
        return f"{start}{{\n{inner}\n}}{end}"
    if all(isinstance(one, list | tuple | dict) for one in value):
        return "\n".join([f"{start}[", *(f"    {literal(one)}," for one in value), f"]{end}"])
    # Commas outside of texts are where lines may break.
    listed = literal(value)[1:-1].replace(" ", "\0").replace(",\0", ", ")
    lines = textwrap.wrap(listed, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"{start}[", *(f"    {x}".replace("\0", " ") for x in lines), f"]{end}"])


class Dialect(ABC):
    """Gathers the lines of a piece of code.

    Attributes:
        lines: What was written so far.
        no, yes, null: How the language writes these values.
        both, either: Names of the methods for "and" and "or" of two images.
    """

    no = yes = null = both = either = ""
    _mark = ""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def comment(self, text: str) -> None:
        """Write a remark, in as many lines as it needs."""
        self.blank()
        self.lines += [f"{self._mark} {line}" for line in textwrap.wrap(text, WIDTH - 3)]

    def blank(self) -> None:
        """Leave a line empty, but not two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    @abstractmethod
    def let(self, name: str, head: str, calls: Sequence[str] = ()) -> None:
        """Give a name to a value and the calls on it, a line for each where they are long."""

    @abstractmethod
    def constant(self, name: str, value: Any) -> None:
        """Give a name to plain data."""

    @abstractmethod
    def mapped(self, value: str) -> str:
        """A function of `image` that gives a value."""

    @abstractmethod
    def function(self, name: str, argument: str, body: Sequence[tuple[str, str]]) -> None:
        """Write a function; the last pair of its body is what it returns, with an empty name."""

    def text(self) -> str:
        """What was written."""
        return "\n".join(self.lines).strip("\n") + "\n"


class Python(Dialect):
    """Writes Python."""

    no, yes, null = "False", "True", "None"
    both, either = "And", "Or"
    _mark = "#"

    def let(self, name: str, head: str, calls: Sequence[str] = ()) -> None:
        """Write an assignment."""
        line = f"{name} = {head}{''.join(calls)}"
        if len(line) <= WIDTH or not calls:
            self.lines.append(line)
            return
        broken = (line for call in calls for line in _broken(call, "    ", ","))
        self.lines += [f"{name} = (", f"    {head}", *(f"    {line}" for line in broken), ")"]

    def constant(self, name: str, value: Any) -> None:
        """Write plain data."""
        self.lines += setting(name, value).split("\n")

    def mapped(self, value: str) -> str:
        """Write a function without a name."""
        return f"lambda image: {value}"

    def function(self, name: str, argument: str, body: Sequence[tuple[str, str]]) -> None:
        """Write a function."""
        self.blank()
        self.lines.append(f"def {name}({argument}):")
        for target, value in body:
            self.lines.append(f"    {f'{target} = ' if target else 'return '}{value}")
        self.blank()


class JavaScript(Dialect):
    """Writes JavaScript as the Code Editor takes it."""

    no, yes, null = "false", "true", "null"
    both, either = "and", "or"
    _mark = "//"

    def let(self, name: str, head: str, calls: Sequence[str] = ()) -> None:
        """Write an assignment."""
        line = f"var {name} = {head}{''.join(calls)};"
        if len(line) <= WIDTH or not calls:
            self.lines.append(line)
            return
        broken = (line for call in calls for line in _broken(call, "  ", ""))
        self.lines += [f"var {name} = {head}", *(f"  {line}" for line in broken)]
        self.lines[-1] += ";"

    def constant(self, name: str, value: Any) -> None:
        """Write plain data."""
        self.lines += _wrapped(f"var {name} = ", value, ";").split("\n")

    def mapped(self, value: str) -> str:
        """Write a function without a name."""
        return f"function (image) {{ return {value}; }}"

    def function(self, name: str, argument: str, body: Sequence[tuple[str, str]]) -> None:
        """Write a function."""
        self.blank()
        self.lines.append(f"function {name}({argument}) {{")
        for target, value in body:
            self.lines.append(f"  {f'var {target} = ' if target else 'return '}{value};")
        self.lines += ["}", ""]


def _broken(call: str, indent: str, last: str) -> list[str]:
    """A call in several lines where its dictionary makes it long."""
    if len(call) <= WIDTH - 8 or ", {" not in call or not call.endswith("})"):
        return [call]
    start, arguments = call.split("(", 1)
    text, pairs = arguments.removesuffix(")").split(", {", 1)
    return [f"{start}(", f"{indent}{text},", f"{indent}{{{pairs}{last}", ")"]


def word(text: str) -> str:
    """A name for a variable, made of any text."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    return name if name and not name[0].isdigit() else f"n{name}"
