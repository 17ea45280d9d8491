"""Python's errors about values, told as errors of Earth Engine.

Arguments have the types of the signature when a function runs, but what lies within a list or a
dictionary may be anything: an error of Python about a value or its type, an overflow, or a geometry
that GEOS cannot work with comes from there. Any other error is a fault of ours.
"""

import contextlib
import logging
from collections.abc import Iterator

import pyproj
import shapely

from lib.localearth.errors import EarthError

VALUE_ERRORS = (
    ArithmeticError,
    TypeError,
    ValueError,
    shapely.errors.GEOSException,
    pyproj.exceptions.ProjError,
)
_LONGEST = 200
_log = logging.getLogger(__name__)


def refusal(error: Exception) -> EarthError:
    """What to tell of an error about a value; the log keeps where it arose."""
    _log.info("A value was refused.", exc_info=error)
    words = " ".join(str(error).split())[:_LONGEST]
    return EarthError(f"Invalid argument: {words or type(error).__name__}.")


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Tell errors about values that arise while pixels or elements are computed.

    Raises:
        EarthError: In the place of an error about a value, or of too deep a recursion.
    """
    try:
        yield
    except VALUE_ERRORS as error:
        raise refusal(error) from error
    except RecursionError:
        raise EarthError("The expression is nested too deeply.") from None
