"""Published legends, read from `legends.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from lib.core.errors import LegendError
from lib.core.legend import Legend, LegendClass

_FILE = Path(__file__).parent / "legends.toml"


def preset(name: str) -> Legend:
    """Return the published legend of a name, such as "worldcover".

    Raises:
        LegendError: The catalogue does not have it.
    """
    if name not in _legends():
        raise LegendError(
            f"The catalogue has no legend “{name}”.",
            hint=f"It has {', '.join(preset_names())}.",
            field="classes",
        )
    return _legends()[name]


def preset_names() -> tuple[str, ...]:
    """Return the names of all published legends."""
    return tuple(_legends())


@cache
def _legends() -> dict[str, Legend]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: _read(table["classes"]) for name, table in tables.items()}


def _read(rows: list[dict[str, Any]]) -> Legend:
    return Legend(tuple(LegendClass(**row) for row in rows))
