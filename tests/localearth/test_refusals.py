"""Python's errors about values become Earth Engine's; those of our own code stay what they are."""

import numpy as np
import pytest
import shapely

from lib.localearth.errors import EarthError
from lib.localearth.refusals import refusing

ABOUT_VALUES = {
    "overflow": lambda: int(float("inf")),
    "text for a number": lambda: float("x"),
    "lists of odd lengths": lambda: np.zeros(3).reshape(2, 2),
    "broken ring": lambda: shapely.LinearRing([(0, 0), (1, 1)]),
    "text among numbers": lambda: sum([1, "a"]),
}


@pytest.mark.parametrize("act", ABOUT_VALUES.values(), ids=ABOUT_VALUES)
def test_refusing_when_a_value_is_wrong_tells_an_earth_engine_error(act):
    with pytest.raises(EarthError, match=r"^Invalid argument: "), refusing():
        act()


@pytest.mark.slow
def test_refusing_when_recursion_is_too_deep_says_so():
    def again():
        return again()

    with pytest.raises(EarthError, match="nested too deeply"), refusing():
        again()


def test_refusing_when_our_code_fails_lets_the_error_through():
    with pytest.raises(KeyError), refusing():
        raise KeyError("a fault of ours")
