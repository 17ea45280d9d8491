"""Colours that suit names and cannot be taken for each other."""

from itertools import combinations

import pytest

from lib.core.legend import PALETTE
from lib.core.legend_colours import LEAST_DIFFERENCE, difference, suited_colours


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("Water", "#0064c8"),
        ("Permanent water bodies", "#0064c8"),
        ("Tree cover", "#006400"),
        ("Deciduous forests", "#68ab5f"),
        ("Built-up", "#c4281b"),
        ("bare ground", "#c8b48c"),
        ("Crops", "#f2c230"),
        ("Flooded vegetation", "#7a87c6"),
        ("Mangroves", "#00cf75"),
        ("Snow/ice", "#f0f0f0"),
        ("Grassland", "#88b053"),
        ("Class 7", PALETTE[0]),
        ("Wasser", PALETTE[0]),
    ],
)
def test_colour_suits_the_name_or_is_the_first_of_the_palette(name, colour):
    assert suited_colours([name]) == (colour,)


def test_names_that_ask_for_a_colour_choose_before_others():
    """The first palette colour is near that of water, so the nameless class takes another."""
    other, water = suited_colours(["Class 1", "water"])

    assert water == "#0064c8"
    assert other == "#e69f00"


@pytest.mark.parametrize("count", [2, 9, 16, 40])
@pytest.mark.parametrize("name", ["Class", "forest", "water"])
def test_no_two_colours_of_a_legend_look_alike(name, count):
    colours = suited_colours([f"{name} {k}" for k in range(count)])

    least = min(difference(a, b) for a, b in combinations(colours, 2))
    assert least >= (LEAST_DIFFERENCE if count <= 16 else 12)


def test_colours_differ_from_those_that_are_taken():
    (colour,) = suited_colours(["water"], taken=["#0064c8"])

    assert difference(colour, "#0064c8") >= LEAST_DIFFERENCE


def test_difference_is_that_of_cielab():
    """Black and white are 100 apart in L*; red and green are at (53.2, 80.1, 67.2) and
    (87.7, -86.2, 83.2) (Lindbloom's colour calculator), so 170.6 apart."""
    assert difference("#000000", "#ffffff") == pytest.approx(100, abs=0.01)
    assert difference("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.1)


def test_255_classes_get_255_colours():
    colours = suited_colours([f"Class {k}" for k in range(255)])

    assert len(set(colours)) == 255
