"""Patterns of dates as Joda-Time has them: yyyy-MM-dd'T'HH:mm:ss and others."""
# ruff: noqa: ARG001, ARG005 - every letter is written from the same arguments

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from lib.localearth import dates
from lib.localearth.errors import EarthError

DEFAULT = "yyyy-MM-dd'T'HH:mm:ss"
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def tokens(pattern: str) -> Iterator[tuple[str, str]]:
    """The letters of a pattern, such as ("MM", ""), and the texts between, such as ("", "-").

    Raises:
        EarthError: A quote is not closed.
    """
    end = 0
    for found in _TOKEN.finditer(pattern):
        if found.start() != end:
            break
        end = found.end()
        if found[2]:
            yield found[0], ""
        else:
            quoted = found[1]
            yield "", found[0] if quoted is None else quoted.replace("''", "'") or "'"
    if end != len(pattern):
        raise EarthError(f"Invalid date pattern '{pattern}'.")


def write(millis: float, pattern: str, zone: str | None) -> str:
    """Write a time by a pattern.

    Raises:
        EarthError: The pattern has a letter that means nothing.
    """
    moment = dates.moment_of(millis, zone)
    return "".join(text or _written(moment, letters, zone) for letters, text in tokens(pattern))


def _written(moment: datetime, letters: str, zone: str | None) -> str:
    number = _NUMBERS.get(letters[0])
    if number is not None:
        return _padded(number(moment), letters)
    text = _TEXTS.get(letters[0])
    if text is None:
        raise EarthError(f"Illegal pattern component: {letters}.")
    return text(moment, letters, zone)


def _padded(value: int, letters: str) -> str:
    if letters in ("yy", "YY", "xx"):
        value %= 100
    return str(value).zfill(len(letters))


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "C": lambda at: at.year // 100,
    "Y": lambda at: at.year,
    "y": lambda at: at.year,
    "x": lambda at: at.isocalendar().year,
    "w": lambda at: at.isocalendar().week,
    "e": lambda at: at.isoweekday(),
    "D": lambda at: at.timetuple().tm_yday,
    "d": lambda at: at.day,
    "K": lambda at: at.hour % 12,
    "h": lambda at: (at.hour - 1) % 12 + 1,
    "H": lambda at: at.hour,
    "k": lambda at: (at.hour - 1) % 24 + 1,
    "m": lambda at: at.minute,
    "s": lambda at: at.second,
}


def _month(moment: datetime, letters: str, zone: str | None) -> str:
    name = _MONTHS[moment.month - 1]
    if len(letters) < 3:
        return _padded(moment.month, letters)
    return name[:3] if len(letters) == 3 else name


def _day(moment: datetime, letters: str, zone: str | None) -> str:
    name = _DAYS[moment.weekday()]
    return name[:3] if len(letters) < 4 else name


def _fraction(moment: datetime, letters: str, zone: str | None) -> str:
    return f"{moment.microsecond // 1000:03d}".ljust(len(letters), "0")[: len(letters)]


def _zone_name(moment: datetime, letters: str, zone: str | None) -> str:
    if len(letters) < 4:
        return moment.tzname() or "UTC"
    return "Coordinated Universal Time" if zone in (None, "UTC") else str(zone)


def _zone_offset(moment: datetime, letters: str, zone: str | None) -> str:
    if len(letters) > 2:
        return zone or "UTC"
    plain = moment.strftime("%z")
    return plain if len(letters) == 1 else f"{plain[:3]}:{plain[3:]}"


_TEXTS: dict[str, Callable[[datetime, str, str | None], str]] = {
    "G": lambda at, letters, zone: "AD",
    "M": _month,
    "E": _day,
    "a": lambda at, letters, zone: "AM" if at.hour < 12 else "PM",
    "S": _fraction,
    "z": _zone_name,
    "Z": _zone_offset,
}

_READ = {
    "y": r"\d+", "Y": r"\d+", "x": r"\d+", "D": r"\d{1,3}", "d": r"\d{1,2}", "H": r"\d{1,2}",
    "h": r"\d{1,2}", "K": r"\d{1,2}", "k": r"\d{1,2}", "m": r"\d{1,2}", "s": r"\d{1,2}",
    "S": r"\d+", "M": r"\d{1,2}|[A-Za-z]+", "a": r"[AaPp][Mm]", "E": r"[A-Za-z]+",
    "Z": r"Z|[+-]\d{2}:?\d{2}",
}  # fmt: skip


def read(text: str, pattern: str, zone: str | None) -> int:
    """Milliseconds of a text that was written by a pattern.

    Raises:
        EarthError: The text does not fit, or the pattern cannot be read backwards.
    """
    regex, order = _reader(pattern)
    found = re.fullmatch(regex, text)
    if not found:
        raise EarthError(f"Invalid format: '{text}' does not match the pattern '{pattern}'.")
    parts = dict(zip(order, found.groups(), strict=True))
    try:
        return _assembled(parts, zone)
    except ValueError:
        raise EarthError(f"Cannot parse '{text}' with the pattern '{pattern}'.") from None


def _reader(pattern: str) -> tuple[str, list[str]]:
    pieces, order, parts = [], [], list(tokens(pattern))
    for place, (letters, literal) in enumerate(parts):
        if literal:
            pieces.append(re.escape(literal))
            continue
        reader = _READ.get(letters[0])
        if reader is None:
            raise EarthError(f"Illegal pattern component: {letters}.")
        followed = place + 1 < len(parts) and parts[place + 1][0]
        exact = rf"\d{{{len(letters)}}}"
        digits = reader.startswith(r"\d") and letters[0] != "M"
        month = letters == "MM" and followed
        pieces.append(f"({exact if (followed and digits) or month else reader})")
        order.append(letters[0])
    return "".join(pieces), order


def _assembled(parts: dict[str, str], zone: str | None) -> int:
    year = int(parts.get("y") or parts.get("Y") or parts.get("x") or 1970)
    zoned = dates.zone_of(zone)
    day = datetime(year, _month_number(parts.get("M", "1")), int(parts.get("d", 1)), tzinfo=zoned)
    if "D" in parts:
        day = datetime(year, 1, 1, tzinfo=zoned) + timedelta(days=int(parts["D"]) - 1)
    hour = int(parts.get("H") or int(parts.get("k", 0)) % 24)
    if "h" in parts or "K" in parts:
        late = parts.get("a", "am").lower() == "pm"
        hour = int(parts.get("h") or parts["K"]) % 12 + 12 * late
    day = day.replace(hour=hour, minute=int(parts.get("m", 0)), second=int(parts.get("s", 0)))
    millis = int(parts.get("S", "0").ljust(3, "0")[:3])
    offset = parts.get("Z")
    if offset:
        return dates.parse_iso(day.strftime("%Y-%m-%dT%H:%M:%S") + offset, None) + millis
    return dates.millis_of(day) + millis


def _month_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    names = [name[:3].lower() for name in _MONTHS]
    return names.index(text[:3].lower()) + 1
