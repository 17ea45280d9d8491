"""A script in parts: what each step sets, does and needs from the step before."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lib.workflow.code.dialect import setting

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Setting:
    """A constant at the top of the code.

    Attributes:
        name: Its name.
        value: Plain data.
        words: What it is, for a remark; empty where the name says it.
    """

    name: str
    value: Any
    words: str = ""

    @property
    def line(self) -> str:
        """The assignment."""
        text = setting(self.name, self.value)
        return f"{text}  # {self.words}" if self.words and "\n" not in text else text


@dataclass(frozen=True)
class Part:
    """The code of one step.

    Attributes:
        step: One of `lib.workflow.store.STEPS`.
        title: Heading.
        words: What it does, in a few sentences.
        code: Statements in Python.
        imports: Lines that import what the code uses.
        settings: Constants that the code reads.
        needs: What it takes from the steps before, as names and words.
        otherwise: What the code does otherwise than Loam, as sentences.
    """

    step: str
    title: str
    words: str
    code: str
    imports: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    needs: str = ""
    otherwise: tuple[str, ...] = ()


@cache
def template(name: str) -> str:
    """Code that is the same for every project."""
    return (_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")


def joined(*pieces: str) -> str:
    """Pieces of code with a line between them; functions get two."""
    blocks = [piece.strip("\n") for piece in pieces if piece.strip()]
    text = ""
    for block in blocks:
        defines = block.startswith("def ") or text.rstrip().endswith("#end")
        text += ("\n\n\n" if defines else "\n\n") * bool(text) + block
    return text + "\n"
