"""Columns of a table that are one predictor at several dates, found by their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_DATE = r"(?P<step>\d{4}[-_.]?\d{2}[-_.]?\d{2})"
# Dots are in use for the day first; slashes for either, so they are left to the person.
_DAY_FIRST_DATE = r"(?P<step>\d{1,2}\.\d{1,2}\.\d{4})"
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
# Named after where they are known from; the first that fits all columns counts.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^{_DATE}[_. ](?P<band>\D.*)$",  # 2020-01-01_NDVI
        rf"^(?:.*_)?{_DATE}(?:T\d+)?(?:_.*)?_(?P<band>[A-Za-z][^_]*)$",  # toBands() of scenes
        rf"^(?P<band>.*\D)[_. ]{_DATE}$",  # NDVI_20200101
        rf"^(?P<band>.+)[_ ]{_DAY_FIRST_DATE}$",  # NDVI_01.01.2020
        rf"^{_DAY_FIRST_DATE}[_ ](?P<band>\D.*)$",  # 01.01.2020_NDVI
        r"^t(?P<step>\d+)_(?P<band>.+)$",  # t00_B4, as Loam writes them
        r"^(?P<band>.+?)_t?(?P<step>\d+)$",  # ndvi_t01, B4_0
        r"^(?P<step>\d+)_(?P<band>.+)$",  # 0_B4, toBands() of images without ids
    )
)
# Columns of Loam's own files beside predictors: what was observed, and labels of all pixels.
VALID = "valid"
DENSE = "dense_class_value"


@dataclass(frozen=True)
class SeriesColumns:
    """How the columns of a table make up series.

    Attributes:
        names: Predictors of one date.
        steps: The dates in ISO form; empty where columns are numbered.
        columns: Column of each predictor at each date, (dates, predictors).
        valid: Columns that say where a date was observed, (dates,); empty where there are none.
    """

    names: tuple[str, ...]
    steps: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    valid: tuple[str, ...] = ()


def series_in(columns: Sequence[str]) -> SeriesColumns | None:
    """Find series among columns; None where no pattern fits all of them, or dates are missing."""
    for pattern in _PATTERNS:
        matches = [pattern.match(column) for column in columns]
        found = [match for match in matches if match]
        if len(found) == len(columns) and (series := _grid(found)):
            return series
    return None


def _grid(matches: Sequence[re.Match[str]]) -> SeriesColumns | None:
    """Arrange columns by date and predictor, or None where they are no full grid."""
    names = list(dict.fromkeys(match["band"] for match in matches))
    texts = list(dict.fromkeys(match["step"] for match in matches))
    places = {(match["step"], match["band"]): match.string for match in matches}
    full = len(matches) == len(places) == len(names) * len(texts)
    order = _order(texts)
    if not full or len(texts) < 2 or len(set(order.values())) < len(texts):
        return None
    texts.sort(key=order.__getitem__)
    dated = bool(_day(texts[0]))
    values = [name for name in names if name != VALID]
    if not values:
        return None
    return SeriesColumns(
        names=tuple(values),
        steps=tuple(_day(text) for text in texts) if dated else (),
        columns=tuple(tuple(places[text, name] for name in values) for text in texts),
        valid=tuple(places[text, VALID] for text in texts) if VALID in names else (),
    )


def _order(texts: Sequence[str]) -> dict[str, str]:
    """What sorts steps: dates where all are dates, else numbers; empty where they are neither."""
    days = {text: _day(text) for text in texts}
    if all(days.values()):
        return days
    numbered = all(text.isdigit() for text in texts) and not any(days.values())
    return {text: f"{int(text):020d}" for text in texts} if numbered else {}


def _day(text: str) -> str:
    """A date in ISO form; empty where it is none."""
    day_first = _DAY_FIRST.fullmatch(text)
    if day_first:
        day, month, year = day_first.groups()
        text = f"{year}{month:0>2}{day:0>2}"
    digits = re.sub(r"\D", "", text)
    try:
        return date.fromisoformat(digits).isoformat() if len(digits) == 8 else ""
    except ValueError:
        return ""
