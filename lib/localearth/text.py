"""How values read as text."""

import math
from typing import Any


def text_of(value: Any) -> str:
    """Write a value as Earth Engine's String does; whole floats read as integers.

    Example:
        >>> text_of(1.0), text_of(0.25), text_of(None)
        ('1', '0.25', 'null')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{key}={text_of(item)}" for key, item in sorted(value.items())) + "}"
        )
    return str(value)


def _number_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
