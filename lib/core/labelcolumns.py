"""Columns of a table that hold classes: what is in them, and which class each row has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lib.core.errors import LabelError
from lib.core.formats import count_words
from lib.core.legend import Legend
from lib.core.legend_colours import suited_colours
from lib.core.plan import Remap

# Greater numbers are how programs write "no data", such as -1.7e308 and 3.4e38.
NODATA_BEYOND = 1e30
NO_CLASS = "no class"
"""What an empty cell of a class column is called in messages."""
_EXAMPLES = 5
_LISTED = 8
_PART_WORDS = {
    "training": 0, "train": 0, "0": 0,
    "validation": 1, "valid": 1, "val": 1, "dev": 1, "1": 1,
    "test": 2, "testing": 2, "2": 2,
}  # fmt: skip

Key = int | float | str


@dataclass(frozen=True)
class Column:
    """A column as a picker shows it.

    Attributes:
        name: Its name.
        kind: "whole" numbers (also "1.0" and " 2 "), "number", "text", "array" or
            "empty".
        distinct: How many different values it has, empty cells not counted.
        examples: Its most frequent values as text; the first ones of measurements.
        missing: How many cells are empty.
    """

    name: str
    kind: str
    distinct: int
    examples: tuple[str, ...]
    missing: int


@dataclass(frozen=True)
class Unmatched:
    """A value of a class column that the legend does not have, and how often it stands there."""

    value: str
    count: int


@dataclass(frozen=True, eq=False)
class ClassMatch:
    """Which class each row has.

    Attributes:
        index: int16, (rows,): class index, -1 where the row has none or it is not in the legend.
        unmatched: Values that are not in the legend, the most frequent first.
        missing: How many rows have no value at all.
    """

    index: NDArray[np.int16]
    unmatched: tuple[Unmatched, ...]
    missing: int

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on rows without a class of the legend."""
        notes = []
        if self.missing:
            notes.append(f"{count_words(self.missing, 'row')} without a class: left out.")
        if self.unmatched:
            rows = sum(each.count for each in self.unmatched)
            listed = [f"“{each.value}” ({each.count:,})" for each in self.unmatched[:_LISTED]]
            more = "" if len(self.unmatched) <= _LISTED else ", …"
            notes.append(
                f"{count_words(rows, 'row')} of values that the legend does not have: "
                f"{', '.join(listed)}{more}."
            )
        return tuple(notes)


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Describe the columns of a table, in their order."""
    return tuple(_described(str(name), frame[name]) for name in frame.columns)


def match_classes(
    cells: pd.Series,
    legend: Legend,
    remap: Sequence[Remap] = (),
    *,
    words: Mapping[int, str] = MappingProxyType({}),
) -> ClassMatch:
    """Find the class of each row: by remapped value, by value, then by name.

    Whole numbers match however they are written (3, 3.0, " 3 "); names match whatever their case
    and the blanks around them.

    Args:
        cells: A column, one cell a row.
        legend: Classes.
        remap: Values of the column that stand for the class of another value.
        words: What numbers stand for in messages, where they were words in the file.
    """
    codes, keys = _keys(cells)
    index_of = _index_by_key(legend, remap)
    places = [index_of.get(_folded(key), -1) for key in keys]
    table = np.array([*places, -1], np.int16)  # the last is what the code -1 points at
    index: NDArray[np.int16] = table[codes]
    strange = _strange(codes, [_said(key, words) for key in keys], places)
    return ClassMatch(index, strange, int((codes < 0).sum()))


def legend_of_column(cells: pd.Series) -> Legend:
    """Propose a legend: a column's whole numbers, or its words numbered from 1 in sorted order.

    Raises:
        LabelError: The column holds measurements or is empty.
        LegendError: It has fewer than two values, or more than a map shows.
    """
    kind = kind_of(cells)
    if kind in ("number", "empty"):
        measured = [key for key in _keys(cells)[1] if isinstance(key, float)]
        held = "holds nothing" if kind == "empty" else f"holds measurements, such as {measured[0]}"
        raise LabelError(
            f"The column “{cells.name}” {held}.",
            hint="Choose the column that holds classes.",
            field="class_property",
        )
    classes = sorted(set(class_numbers(cells).values()))
    names = [name for _, name in classes]
    return Legend.from_values([value for value, _ in classes], names, suited_colours(names))


def class_numbers(cells: pd.Series) -> dict[Key, tuple[int, str]]:
    """Number the classes of a column as `legend_of_column` does.

    Args:
        cells: A column without measurements.

    Returns:
        Value and name of the class of each different cell, by its `class_key`.
    """
    _, keys = _keys(cells)
    numbers = sorted(key for key in keys if isinstance(key, int))
    # Of several ways to write a word the first in sorted order counts, whatever row comes first.
    words = {
        _folded(key): key for key in sorted({k for k in keys if isinstance(k, str)}, reverse=True)
    }
    if not words:
        return {number: (number, f"Class {number}") for number in numbers}
    by_name = sorted((str(word), key) for key, word in words.items())
    named = [*((str(number), number) for number in numbers), *by_name]
    return {key: (place, name) for place, (name, key) in enumerate(named, start=1)}


def class_key(cell: object) -> Key | None:
    """What a cell of a class column means: 3, 3.0 and " 3 " are one class, "Rye" and "rye " too.

    None for an empty cell and for nodata such as -1.7e308.
    """
    key = None if cell is None else _key(cell)
    return None if key is None else _folded(key)


def parts_of(cells: pd.Series) -> tuple[NDArray[np.int8], tuple[Unmatched, ...]]:
    """Read a column that says training, validation or test set.

    Args:
        cells: Words such as "training", "train", "val" or "test" in any case, or 0, 1 and 2.

    Returns:
        int8 (rows,): 0, 1 or 2, and -1 where the cell says nothing that is known; and what else
        stands in the column.
    """
    codes, keys = _keys(cells)
    places = [_PART_WORDS.get(str(key).lower(), -1) for key in keys]
    return np.array([*places, -1], np.int8)[codes], _strange(codes, keys, places)


def kind_of(cells: pd.Series) -> str:
    """Tell what a column holds, as `Column.kind` says it; quick for millions of numbers."""
    if pd.api.types.is_numeric_dtype(cells):
        return _kind_of_numbers(_known_numbers(cells))
    if any(isinstance(cell, list | np.ndarray) for cell in cells.dropna().head(1)):
        return "array"
    kinds = {type(key) for key in _keys(cells)[1]}
    return "text" if str in kinds else "number" if float in kinds else "whole" if kinds else "empty"


def _described(name: str, cells: pd.Series) -> Column:
    kind = kind_of(cells)
    if kind == "array":
        return Column(name, kind, 0, (), int(cells.isna().sum()))
    if pd.api.types.is_numeric_dtype(cells):
        return _described_numbers(name, cells)
    codes, keys = _keys(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(keys))
    often = np.argsort(-counts, kind="stable")[:_EXAMPLES]
    examples = tuple(str(keys[k]) for k in often)
    return Column(name, kind, len(keys), examples, int((codes < 0).sum()))


def _described_numbers(name: str, cells: pd.Series) -> Column:
    values = _known_numbers(cells)
    kind = _kind_of_numbers(values)
    counted = kind != "number"
    distinct = pd.Series(values).value_counts().index if counted else pd.unique(values)
    examples = tuple(f"{value:.9g}" for value in distinct[:_EXAMPLES])
    return Column(name, kind, len(distinct), examples, len(cells) - len(values))


def _known_numbers(cells: pd.Series) -> NDArray[np.float64]:
    values = cells.to_numpy(np.float64, na_value=np.nan)
    return np.asarray(values[np.abs(values) <= NODATA_BEYOND])


def _kind_of_numbers(values: NDArray[np.float64]) -> str:
    if not len(values):
        return "empty"
    return "whole" if (values == np.round(values)).all() else "number"


def _keys(cells: pd.Series) -> tuple[NDArray[np.intp], list[Key]]:
    """Number the different values of a column as keys.

    Returns:
        For each row its place in the list, -1 where the cell is empty or nodata; and the list.
    """
    first, found = pd.factorize(cells.to_numpy())
    keys = [_key(value) for value in found]
    distinct = list(dict.fromkeys(key for key in keys if key is not None))
    place = {key: k for k, key in enumerate(distinct)}
    table = np.array([*(-1 if key is None else place[key] for key in keys), -1], np.intp)
    return table[first], distinct


def _key(value: object) -> Key | None:
    """A cell as what it means: 3, 3.0, "3.0" and " 3 " are one class; nodata is None."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    text = str(value).strip()
    try:
        number = float("x" if "_" in text else text)
    except ValueError:
        return text or None
    if not np.isfinite(number) or abs(number) > NODATA_BEYOND:
        return None
    return int(number) if number.is_integer() else number


def _said(key: Key, words: Mapping[int, str]) -> Key:
    return words.get(key, key) if isinstance(key, int) else key


def _folded(key: Key) -> Key:
    return key.casefold() if isinstance(key, str) else key


def _index_by_key(legend: Legend, remap: Sequence[Remap]) -> dict[Key, int]:
    """Class index by folded name, by value, and by remapped value, the last being stronger."""
    by_name: dict[Key, int] = {_folded(name.strip()): k for k, name in enumerate(legend.names)}
    by_value = {value: k for k, value in enumerate(legend.values)}
    moved = {each.value: by_value.get(each.to, -1) for each in remap}
    return by_name | by_value | moved


def _strange(
    codes: NDArray[np.intp], keys: Sequence[Key], places: Sequence[int]
) -> tuple[Unmatched, ...]:
    """What has no place, the most frequent first."""
    counts = np.bincount(codes[codes >= 0], minlength=len(keys))
    strange = [Unmatched(str(keys[k]), int(counts[k])) for k, p in enumerate(places) if p < 0]
    return tuple(sorted(strange, key=lambda each: (-each.count, each.value)))
