"""Checks that plans share; each failure is a sentence that names the field."""

from datetime import date

from lib.core.errors import DateError, PlanError


def parse_day(text: str) -> date:
    """Read an ISO day such as "2024-05-01".

    Raises:
        DateError: The text is no day.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or text != day.isoformat():  # such as 20240501, which Earth Engine misreads
        raise DateError(f"“{text}” is no date.", hint="Write it as 2024-05-01.", field="dates")
    return day


def one_of(what: str, value: str, allowed: tuple[str, ...], *, field_name: str) -> None:
    """Refuse a value that is not among those allowed."""
    if value not in allowed:
        raise PlanError(
            f"Unknown {what} “{value}”.", hint=f"Use one of {', '.join(allowed)}.", field=field_name
        )


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside of its range; `name` is the field's."""
    if not low <= value <= high:
        raise PlanError(
            f"{name.replace('_', ' ').capitalize()} is {value:g}.",
            hint=f"Keep it between {low:g} and {high:g}.",
            field=name,
        )
