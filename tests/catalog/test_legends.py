"""Published legends."""

import pytest

from lib.catalog.legends import preset, preset_names
from lib.core.errors import LegendError


def test_worldcover_has_its_eleven_published_classes():
    legend = preset("worldcover")

    assert legend.values == (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
    assert legend.names[0] == "Tree cover"
    assert legend.colors[0] == "#006400"
    assert legend.names[-1] == "Moss and lichen"
    assert legend.colors[-1] == "#fae6a0"


def test_dynamic_world_has_its_nine_published_classes():
    legend = preset("dynamicworld")

    assert legend.values == tuple(range(9))
    assert legend.colors == (
        *("#419bdf", "#397d49", "#88b053", "#7a87c6", "#e49635", "#dfc35a", "#c4281b"),
        *("#a59b8f", "#b39fe1"),
    )


def test_nlcd_has_its_sixteen_published_classes():
    legend = preset("nlcd")

    assert legend.values == (11, 12, 21, 22, 23, 24, 31, 41, 42, 43, 52, 71, 81, 82, 90, 95)
    assert legend.names[7] == "Deciduous forest"
    assert (legend.colors[0], legend.colors[-1]) == ("#466b9f", "#6c9fb8")


def test_an_unknown_legend_is_refused_with_those_known():
    assert preset_names() == ("worldcover", "dynamicworld", "nlcd")
    with pytest.raises(
        LegendError, match=r"no legend “corine”\. It has worldcover, dynamicworld, nlcd"
    ):
        preset("corine")
