"""What controls make of what is typed."""

import pytest

from lib.core.errors import PlanError
from lib.ui.modelpickers import _widths


@pytest.mark.parametrize(
    ("text", "widths"),
    [("64, 64", (64, 64)), ("128", (128,)), ("", ()), (" 32,16 ,8 ", (32, 16, 8))],
    ids=["two layers", "one", "none", "loose spaces"],
)
def test_layer_widths_are_read_with_commas_and_spaces(text, widths):
    assert _widths(text, "filters") == widths


def test_layer_widths_that_are_no_numbers_are_told_beside_their_control():
    with pytest.raises(PlanError, match="is no list of layer widths") as caught:
        _widths("64, many", "filters")

    assert caught.value.field == "filters"
