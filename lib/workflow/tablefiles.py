"""Finished sample tables: files of a project that hold samples together with their predictors.

The files of one table lie in a folder of the project named after a digest of them, such as
"tables/0f3a"; the label plan's `source` and the files' `asset` say which.
"""

import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lib.core.errors import LabelError
from lib.core.labelcolumns import class_numbers, kind_of, legend_of_column, match_classes
from lib.core.legend import Legend
from lib.core.plan import FileRef, LabelPlan
from lib.core.tables.mixer import PATCH
from lib.core.tables.reading import read_table
from lib.core.tables.series_columns import series_in

FOLDER = "tables"
_SOURCE = re.compile(rf"{FOLDER}/[\w-]+")
_TABLES_IN_MEMORY = 4


def is_table(file: FileRef) -> bool:
    """Whether a file of a project is part of a finished sample table."""
    return bool(_SOURCE.fullmatch(file.asset))


def place_of(root: Path, file: FileRef) -> Path:
    """Where a file of a table belongs in a project's folder."""
    return root / file.asset / Path(file.path).name


def keep(root: Path, files: Mapping[str, bytes]) -> tuple[str, tuple[FileRef, ...]]:
    """Put the files of one table into a project's folder.

    Args:
        root: The project's folder.
        files: Contents by name, as the visitor calls them.

    Returns:
        The table's name for `LabelPlan.source`, and what the project notes of each file.

    Raises:
        SampleError: They cannot be read, or are no table.
    """
    read_table(files)
    digests = {Path(name).name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    whole = hashlib.sha256("".join(sorted(digests.values())).encode()).hexdigest()
    source = f"{FOLDER}/{whole[:16]}"
    refs = tuple(FileRef(name, digest, source) for name, digest in digests.items())
    for ref, data in zip(refs, files.values(), strict=True):
        put(root, ref, data)
    return source, refs


def put(root: Path, file: FileRef, data: bytes) -> None:
    """Write one file of a table to where it belongs."""
    path = place_of(root, file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def table_of(root: Path, source: str) -> pd.DataFrame:
    """Read a table of a project; do not write to it, others read the same.

    Raises:
        LabelError: No table is chosen, or its files are not here.
        SampleError: They cannot be read.
    """
    if not source:
        raise LabelError("No table is chosen.", hint="Upload one.", field="labels")
    folder = root / source
    if not _SOURCE.fullmatch(source) or not folder.is_dir():
        raise LabelError(
            f"The table “{source}” of this project is not here.",
            hint="Upload its files again.",
            field="labels",
        )
    return _read(folder)


@functools.lru_cache(maxsize=_TABLES_IN_MEMORY)
def _read(folder: Path) -> pd.DataFrame:
    # The folder's name is a digest of what lies in it.
    return read_table({path.name: path for path in folder.iterdir()})


def class_cells(table: pd.DataFrame, plan: LabelPlan) -> pd.Series:
    """The class column of a table.

    Raises:
        LabelError: There is no such column.
    """
    if plan.class_property not in table.columns:
        raise LabelError(
            f"The table has no class column “{plan.class_property}”."
            if plan.class_property
            else "No class column is chosen.",
            hint=f"Choose one of {', '.join(str(name) for name in table.columns[:30])}.",
            field="class_property",
        )
    return table[plan.class_property]


def own_legend(table: pd.DataFrame, plan: LabelPlan) -> Legend:
    """The classes that a table brings.

    Raises:
        LabelError: The column is not there or holds no classes.
        LegendError: It has fewer than two values, or more than a map shows.
    """
    cells = class_cells(table, plan)
    if kind_of(cells) == "array":
        cells = cells.dropna().explode().rename(plan.class_property)
    return legend_of_column(cells)


def with_numbers(table: pd.DataFrame, plan: LabelPlan) -> pd.DataFrame:
    """Write the class column as numbers where it holds words, so that `remap` reaches them."""
    cells = class_cells(table, plan)
    if kind_of(cells) != "text":
        return table
    own = legend_of_column(cells)
    values = own.to_values(match_classes(cells, own).index)
    numbers = pd.Series(values, index=cells.index).astype("Int64")
    return table.assign(**{plan.class_property: numbers.where(numbers != 0)})


def class_words(table: pd.DataFrame, plan: LabelPlan) -> dict[int, str]:
    """The words that `with_numbers` writes as numbers; empty where the column has numbers."""
    cells = class_cells(table, plan)
    return dict(class_numbers(cells).values()) if kind_of(cells) == "text" else {}


def likely_form(table: pd.DataFrame, plan: LabelPlan) -> str:
    """What a row is, to start from: "pixel", "series" or "patch"."""
    if PATCH in table.columns:
        return "patch"
    columns = [name for name in plan.predictor_columns if name in table.columns]
    if any(kind_of(table[name]) == "array" for name in columns[:1]):
        return "patch"
    return "series" if len(columns) > 1 and series_in(columns) else "pixel"
