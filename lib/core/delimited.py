"""CSV files as people have them: other separators, encodings, decimal commas, no header."""

import io

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lib.core.errors import InputError, VectorError

_SEPARATORS = (",", ";", "\t", "|")
# "None" may be the name of a class; these are how programs write that there is nothing.
_EMPTY = ("", "NaN", "nan", "NA", "N/A", "#N/A", "null", "NULL")


def read_delimited(
    name: str, data: bytes, *, error: type[InputError] = VectorError
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a CSV file.

    Args:
        name: Of the file, for messages.
        data: Its content.
        error: What to raise.

    Returns:
        Its rows, with columns named "column 1" and on where there is no header, and notes in
        sentences.

    Raises:
        InputError: It is no table; of the kind that was asked for.
    """
    plain, notes = _in_utf8(data)
    first = plain.split(b"\n", 1)[0].decode()
    separator = max(_SEPARATORS, key=first.count)
    headless = _is_numbers(first.split(separator))
    try:
        frame = _parsed(plain, separator, headless=headless)
    except (ValueError, OverflowError) as reason:  # pandas' parser errors are ValueErrors
        raise error(
            f"“{name}” is no CSV table: {reason}.", hint="Export it again.", field="upload"
        ) from None
    frame.columns = _names(frame, headless=headless)
    if headless:
        notes += ("The file has no line of column names; columns are numbered.",)
    if frame.empty:
        raise error(f"“{name}” has no rows.", hint="Export it again.", field="upload")
    return _with_decimal_commas(frame, notes) if separator != "," else (frame, notes)


def numbers_in(cells: pd.Series) -> tuple[NDArray[np.float64], pd.Series]:
    """Read a column as numbers.

    Returns:
        float64 (rows,), NaN where there is none; and the cells that hold something else.
    """
    numbers = pd.to_numeric(cells, errors="coerce")
    odd = cells[numbers.isna() & cells.notna()]
    return numbers.to_numpy(np.float64, na_value=np.nan), odd


def _in_utf8(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Text in UTF-8 without a mark, whatever it came in; and what was guessed."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").encode(), ()
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").encode(), (
            "The file is not in UTF-8 and was read as Windows-1252; check letters with accents.",
        )
    return data.removeprefix(b"\xef\xbb\xbf"), ()


def _parsed(plain: bytes, separator: str, *, headless: bool) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(plain),
        sep=separator,
        header=None if headless else 0,
        keep_default_na=False,
        na_values=list(_EMPTY),
        skipinitialspace=True,
        skip_blank_lines=True,
        low_memory=False,
        index_col=False,
    )


def _is_numbers(cells: list[str]) -> bool:
    try:
        return all(np.isfinite(float(cell)) for cell in cells)
    except ValueError:
        return False


def _names(frame: pd.DataFrame, *, headless: bool) -> list[str]:
    if headless:
        return [f"column {number}" for number in range(1, frame.shape[1] + 1)]
    return [str(name).strip() for name in frame.columns]


def _with_decimal_commas(
    frame: pd.DataFrame, notes: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read texts such as "10,5" as numbers where a whole column is made of them."""
    changed = []
    for name in frame.columns:
        texts = frame[name].dropna()
        if texts.empty or pd.api.types.is_numeric_dtype(texts):
            continue
        numbers = pd.to_numeric(texts.astype(str).str.replace(",", "."), errors="coerce")
        if numbers.notna().all():
            frame[name] = numbers.reindex(frame.index)
            changed.append(f"“{name}”")
    if not changed:
        return frame, notes
    return frame, (*notes, f"Decimal commas were read as points in {', '.join(changed)}.")
