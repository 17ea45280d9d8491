"""Which of Earth Engine's functions Local Earth implements and how each is checked, as a page."""

import inspect
import json
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from lib.localearth import assumptions
from lib.localearth.assumptions import ASSUMPTIONS
from lib.localearth.functions import load_all
from lib.localearth.registry import entries
from lib.localearth.signatures import signatures

Checks = Mapping[str, Collection[str]]
_HEAD = """# What Local Earth implements

Written by `scripts/docs` from the registry of functions, the official client's signature list and a
run of the tests. Anything that is not implemented is refused by name.

**{done} of {every} functions.** How each is checked:

- *documented*: it takes part in an expression whose answer Earth Engine's reference, guides or
  signature list give, and Local Earth gives that answer (`tests/localearth/test_conformance.py`);
- *reference*: it takes part in a test of our own, which names its source of truth: NumPy, SciPy,
  rasterio, pyproj, shapely, scikit-learn, or a rule of the guides and arithmetic;
- *both*, or *neither*: the rest shares its code with one that is checked, or waits for its test.

| family | implemented | documented | reference | both | neither |
|---|---:|---:|---:|---:|---:|
"""
_WORDS = {
    (True, True): "both",
    (True, False): "documented",
    (False, True): "reference",
    (False, False): "neither",
}
_CONSTANT = re.compile(r"^# (?P<words>.+)\n(?P<name>[A-Z_]+) = (?P<value>.+)$", re.MULTILINE)


def implemented() -> tuple[frozenset[str], frozenset[str]]:
    """Names of the functions that are implemented, and of all."""
    load_all()
    return frozenset(entries()), frozenset(signatures())


def page(checks: Checks) -> str:
    """The page in Markdown.

    Args:
        checks: Names of functions by how they are checked, "documented" and "reference".
    """
    done, every = implemented()
    families: dict[str, list[str]] = defaultdict(list)
    for name in sorted(every):
        families[name.split(".")[0] if "." in name else "(top level)"].append(name)
    how = {name: _how(name, checks) for name in done}
    lines = [_HEAD.format(done=len(done), every=len(every)).rstrip("\n")]
    lines += [_row(family, names, how) for family, names in sorted(families.items())]
    lines.append(_row("all", sorted(every), how))
    lines += ["", *_assumption_lines()]
    for family, names in sorted(families.items()):
        lines += ["", f"## {family}", ""]
        lines += [f"- [x] {n}: {how[n]}" if n in how else f"- [ ] {n}" for n in names]
    return "\n".join(lines) + "\n"


def _how(name: str, checks: Checks) -> str:
    return _WORDS[name in checks["documented"], name in checks["reference"]]


def _row(family: str, names: list[str], how: Mapping[str, str]) -> str:
    kinds = [how[name] for name in names if name in how]
    counts = [kinds.count(word) for word in ("documented", "reference", "both", "neither")]
    return f"| {family} | {len(kinds)} of {len(names)} | {' | '.join(map(str, counts))} |"


def _assumption_lines() -> Iterator[str]:
    yield "## Assumptions"
    yield ""
    yield "Where Earth Engine's documents are silent. Each stands in"
    yield "`lib/localearth/assumptions.py`, where another choice can be made; `python -m lib check`"
    yield "asks a live service."
    yield ""
    yield "| question | choice | other choices | what it is about |"
    yield "|---|---|---|---|"
    for name, found in ASSUMPTIONS.items():
        others = ", ".join(option for option in found.options if option != found.choice) or "–"
        yield f"| {name} | {found.choice} | {others} | {found.words} |"
    for constant in _CONSTANT.finditer(inspect.getsource(assumptions)):
        words, name, value = constant.group("words", "name", "value")
        yield f"| {name.lower()} | {value} | – | {words} |"


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text())), end="")  # noqa: T201 it is a command
