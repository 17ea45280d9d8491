"""Legends as CSV files: value, name, colour."""

import csv
import io
import re

import pandas as pd

from lib.core.delimited import read_delimited
from lib.core.errors import LegendError
from lib.core.legend import Legend, LegendClass
from lib.core.legend_colours import suited_colours

_HEADER = ("value", "name", "colour")
_VALUES = ("value", "code", "class", "id", "class_value")
_NAMES = ("name", "label", "class_name", "description", "title")
_HEX = r"[0-9a-fA-F]{6}"
_COLOURS = ("colour", "color", "hex", "palette", "rgb")


def legend_to_csv(legend: Legend) -> bytes:
    """Write a legend as CSV that `legend_from_csv` reads back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows((c.value, c.name, c.color) for c in legend)
    return text.getvalue().encode()


def legend_from_csv(name: str, data: bytes) -> Legend:
    """Read a legend from CSV.

    Columns are found by their names in any order: "value" or "code", "name" or "label", and, if
    there is one, "colour" or "color" as "#rrggbb", "rrggbb" or "r g b". Classes without a colour
    get one that suits their name.

    Raises:
        LegendError: A column is missing, or a row has no whole number or no colour.
    """
    frame, _ = read_delimited(name, data, error=LegendError)
    frame = frame.dropna(how="all")
    values, names = _column(name, frame, _VALUES), _column(name, frame, _NAMES)
    given = _optional(frame, _COLOURS)
    colours = [""] * len(frame) if given is None else [_colour(cell) for cell in given]
    titles = [str(cell).strip() if pd.notna(cell) else "" for cell in names]
    kept = [colour for colour in colours if re.fullmatch(f"#{_HEX}", colour)]
    missing = [title for title, colour in zip(titles, colours, strict=True) if not colour]
    made = iter(suited_colours(missing, taken=kept))
    rows = zip(values, titles, colours, strict=True)
    return Legend(tuple(LegendClass(_whole(v), t, c or next(made)) for v, t, c in rows))


def _optional(frame: pd.DataFrame, wanted: tuple[str, ...]) -> pd.Series | None:
    by_lower = {str(column).lower(): str(column) for column in frame.columns}
    found = next((by_lower[each] for each in wanted if each in by_lower), None)
    return None if found is None else frame[found]


def _column(name: str, frame: pd.DataFrame, wanted: tuple[str, ...]) -> pd.Series:
    found = _optional(frame, wanted)
    if found is None:
        has = ", ".join(str(column) for column in frame.columns)
        raise _error(
            f"The legend “{name}” has no column “{wanted[0]}”; it has {has}.",
            "Write three columns: value, name, colour.",
        )
    return found


def _whole(cell: object) -> int:
    try:
        number = float(str(cell))
        if number.is_integer():
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise _error(f"“{cell}” is no class value.", "Class values are whole numbers, such as 1 or 40.")


def _colour(cell: object) -> str:
    """Read "#0064C8", "0064c8", "0 100 200" or "0,100,200" as "#0064c8"; empty stays empty."""
    text = "" if pd.isna(cell) else str(cell).strip()  # type: ignore[call-overload]
    if not text:
        return ""
    if re.fullmatch(r"\d{1,3}([ ,;]+\d{1,3}){2}", text):
        return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", text))
    if re.fullmatch(r"\d{1,5}", text):
        text = text.zfill(6)  # a column of digits only was read as numbers, without their zeros
    return f"#{text}" if re.fullmatch(_HEX, text) else text


def _error(message: str, hint: str) -> LegendError:
    return LegendError(message, hint=hint, field="classes")
