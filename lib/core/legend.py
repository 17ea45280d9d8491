"""A legend: the classes of a map, each with its value, name and colour."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import LegendError

MAX_CLASSES = 255

# Okabe and Ito 2008 (jfly.uni-koeln.de/color), then Paul Tol's "muted" scheme
# (sronpersonalpages.nl/~pault): both keep apart for colour-blind readers.
PALETTE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
    "#f0e442",
    "#000000",
    "#882255",
    "#ddcc77",
    "#332288",
    "#44aa99",
    "#999933",
    "#aa4499",
    "#117733",
    "#dddddd",
)


@dataclass(frozen=True)
class LegendClass:
    """One class.

    Attributes:
        value: Its code in the map.
        name: What people call it.
        color: Its colour as "#rrggbb", lower case.
    """

    value: int
    name: str
    color: str

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise _error(f"The class with the value {self.value} has no name.", "Name it.")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.color):
            raise _error(
                f"“{self.color}” is no colour of the class “{self.name}”.",
                "Write colours as #rrggbb, such as #0072b2.",
            )
        object.__setattr__(self, "color", self.color.lower())


@dataclass(frozen=True)
class Legend:
    """Classes in the order of their index.

    Attributes:
        classes: Two or more, with different values and names.
    """

    classes: tuple[LegendClass, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        count = len(self.classes)
        if count < 2:
            had = f"only “{self.classes[0].name}”" if count else "none"
            raise _error(
                f"A map needs at least two classes, and the legend has {had}.",
                "Choose labels with two classes or more, or a larger area.",
            )
        if count > MAX_CLASSES:
            raise _error(
                f"The legend has {count:,} classes; a map shows {MAX_CLASSES} at most.",
                "Choose a column or band that holds classes, not measurements.",
            )
        _refuse_repeated("value", [str(value) for value in self.values])
        _refuse_repeated("name", [name.strip().lower() for name in self.names])

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[LegendClass]:
        return iter(self.classes)

    @property
    def values(self) -> tuple[int, ...]:
        """Codes in the map."""
        return tuple(c.value for c in self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names."""
        return tuple(c.name for c in self.classes)

    @property
    def colors(self) -> tuple[str, ...]:
        """Colours as "#rrggbb"."""
        return tuple(c.color for c in self.classes)

    @classmethod
    def from_values(
        cls,
        values: Sequence[int],
        names: Sequence[str] | None = None,
        colors: Sequence[str] | None = None,
    ) -> "Legend":
        """Make a legend of codes; names and colours are made up where there are none."""
        names = names or [f"Class {value}" for value in values]
        colors = colors or [PALETTE[i % len(PALETTE)] for i in range(len(values))]
        if not len(values) == len(names) == len(colors):
            raise _error(
                f"{len(values)} values, {len(names)} names and {len(colors)} colours do not fit.",
                "Give one name and one colour for each value.",
            )
        rows = zip(values, names, colors, strict=True)
        return cls(tuple(LegendClass(int(value), name, color) for value, name, color in rows))

    def index_of(self, value: int) -> int:
        """Return the index of a code.

        Raises:
            LegendError: The legend does not have it.
        """
        if value not in self.values:
            known = ", ".join(str(v) for v in self.values)
            raise _error(f"The value {value} is not in the legend.", f"It has {known}.")
        return self.values.index(value)

    def to_index(self, array: ArrayLike) -> NDArray[np.int16]:
        """Turn codes into class indices of the same shape, -1 where the legend has no such code."""
        codes = np.asarray(array)
        sorted_values, order = self._sorted
        place = np.searchsorted(sorted_values, codes).clip(max=len(self) - 1)
        return np.where(sorted_values[place] == codes, order[place], -1).astype(np.int16)

    def to_values(self, index: ArrayLike, *, fill: int = 0) -> NDArray[np.int32]:
        """Turn class indices into codes of the same shape, `fill` where the index is -1."""
        table = np.array([*self.values, fill], dtype=np.int32)
        return np.asarray(table[np.asarray(index)])

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data that `from_json` reads."""
        return [{"value": c.value, "name": c.name, "color": c.color} for c in self.classes]

    @classmethod
    def from_json(cls, data: str | Sequence[dict[str, Any]]) -> "Legend":
        """Read what `to_json` gave, as data or as JSON text."""
        try:
            rows = json.loads(data) if isinstance(data, str) else data
            return cls(
                tuple(LegendClass(int(r["value"]), str(r["name"]), str(r["color"])) for r in rows)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _error(
                f"The legend cannot be read: {type(error).__name__} {error}.",
                "Give a list of classes with value, name and color.",
            ) from None

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Codes in rising order, and the class index of each."""
        values = np.array(self.values, dtype=np.int64)
        order = np.argsort(values)
        return values[order], order


def _error(message: str, hint: str) -> LegendError:
    return LegendError(message, hint=hint, field="classes")


def _refuse_repeated(what: str, items: list[str]) -> None:
    repeated = sorted({item for item in items if items.count(item) > 1})
    if repeated:
        raise _error(
            f"The {what} “{repeated[0]}” stands for more than one class.",
            f"Give every class its own {what}.",
        )
