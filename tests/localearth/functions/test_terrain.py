"""Slope, aspect and shading from four neighbours (semantics 6.5). Reference: planes by hand."""

from typing import Any

import numpy as np
import pytest


def _plane(east: float, north: float) -> Any:
    rows, columns = np.mgrid[0:5, 0:5]
    return 100.0 + 10 * east * columns - 10 * north * rows


@pytest.mark.parametrize(
    ("east", "north", "slope", "aspect"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (0.0, -1.0, 45.0, 0.0),  # falls to the north
        (-1.0, 0.0, 45.0, 90.0),  # falls to the east
        (0.0, 0.5, 26.56505117707799, 180.0),
        (1.0, 0.0, 45.0, 270.0),
        (-1.0, -1.0, 54.735610317245346, 45.0),
    ],
)
def test_slope_and_aspect_of_a_plane_are_its_own(
    lab: Any, east: float, north: float, slope: float, aspect: float
) -> None:
    image = lab.image(_plane(east, north))

    assert lab.values(lab.call("Terrain.slope", image))["slope"][2][2] == pytest.approx(slope)
    assert lab.values(lab.call("Terrain.aspect", image))["aspect"][2][2] == pytest.approx(aspect)


def test_slope_when_only_a_diagonal_neighbour_differs_is_flat(lab: Any) -> None:
    values = np.zeros((3, 3))
    values[0, 0] = 1000.0

    assert lab.values(lab.call("Terrain.slope", lab.image(values)))["slope"][1][1] == 0.0


def test_slope_when_a_neighbour_is_missing_is_masked(lab: Any) -> None:
    slope = lab.values(lab.call("Terrain.slope", lab.image(np.zeros((3, 3)))))["slope"]

    assert slope == [[None] * 3, [None, 0.0, None], [None] * 3]


def test_hillshade_when_sun_is_in_the_west_equals_the_formula(lab: Any) -> None:
    """255 (sin h cos s + cos h sin s cos(a - aspect)): 45 degrees towards the sun is 255."""
    facing = lab.call("Terrain.hillshade", lab.image(_plane(1.0, 0.0)))
    flat = lab.call("Terrain.hillshade", lab.image(_plane(0.0, 0.0)))
    away = lab.call("Terrain.hillshade", lab.image(_plane(-2.0, 0.0)))

    found = [lab.values(image)["hillshade"][2][2] for image in (facing, flat, away)]

    assert found == [pytest.approx(255, abs=1), 180, 0]


def test_products_when_several_bands_use_elevation_and_keep_the_others(lab: Any) -> None:
    image = lab.image(np.zeros((3, 3)), _plane(-1, 0)[:3, :3], names=["other", "elevation"])

    products = lab.call("Terrain.products", image)

    assert products.names == ("other", "elevation", "slope", "aspect", "hillshade")
    assert lab.values(products)["aspect"][1][1] == 90.0


def test_slope_in_degrees_grid_when_north_shrinks_eastern_steps(lab: Any) -> None:
    """At 60 degrees north a degree of longitude is half as long, a rise twice as steep."""
    rows, columns = np.mgrid[0:3, 0:3]
    size = 0.001
    metres = size * 111319.49079327358
    image = lab.image(
        metres * columns + 0.0 * rows, crs="EPSG:4326",
        transform=(size, 0.0, 10.0, 0.0, -size, 60.0 + 1.5 * size),
    )  # fmt: skip

    found = lab.values(lab.call("Terrain.slope", image))["slope"][1][1]

    assert found == pytest.approx(np.degrees(np.arctan(2.0)), abs=1e-3)
