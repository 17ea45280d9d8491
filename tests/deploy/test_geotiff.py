"""Class maps as files: values, colours, names and what is simulated survive."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from lib.core.grid import Grid
from lib.core.legend import Legend, LegendClass
from lib.deploy.geotiff import NODATA, class_codes, write_class_map

GRID = Grid("EPSG:32632", (10.0, 0.0, 500000.0, 0.0, -10.0, 5300000.0), (300, 280))
LEGEND = Legend((LegendClass(10, "Trees", "#006400"), LegendClass(80, "Water", "#0064c8")))


@pytest.fixture
def class_map(tmp_path: Path) -> Path:
    index = np.full(GRID.shape, 1, np.int16)
    index[:100] = 0
    index[0, 0] = -1
    write_class_map(tmp_path / "map.tif", index, GRID, LEGEND, tags={"SIMULATED": "yes"})
    return tmp_path / "map.tif"


def test_class_map_holds_class_values_with_nodata_where_there_is_no_class(class_map: Path) -> None:
    with rasterio.open(class_map) as file:
        values = file.read(1)

    assert (values[0, 0], values[0, 1], values[200, 5]) == (NODATA, 10, 80)


def test_class_map_lies_where_its_grid_says(class_map: Path) -> None:
    with rasterio.open(class_map) as file:
        assert file.crs.to_epsg() == 32632
        assert tuple(file.transform)[:6] == GRID.transform


def test_class_map_shows_the_colours_of_the_legend(class_map: Path) -> None:
    with rasterio.open(class_map) as file:
        colours = file.colormap(1)

    assert colours[10] == (0, 100, 0, 255)
    assert colours[80] == (0, 100, 200, 255)


def test_class_map_says_how_it_was_made_and_names_its_classes(class_map: Path) -> None:
    with rasterio.open(class_map) as file:
        tags = file.tags()
        described = file.descriptions

    assert tags["SIMULATED"] == "yes"
    assert (tags["CLASS_10"], tags["CLASS_80"]) == ("Trees", "Water")
    assert described == ("class",)


def test_class_map_has_overviews_for_a_quick_look(class_map: Path) -> None:
    with rasterio.open(class_map) as file:
        assert file.overviews(1) == [2, 4, 8, 16]


def test_values_that_do_not_fit_a_byte_are_written_as_positions() -> None:
    legend = Legend((LegendClass(1000, "a", "#000000"), LegendClass(2000, "b", "#ffffff")))

    assert class_codes(legend).tolist() == [0, 1]
