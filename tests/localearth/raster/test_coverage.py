"""Covered fractions and centres of pixels, against shapely's areas and predicates."""

import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from lib.localearth.geometry import Geometry
from lib.localearth.raster.coverage import centres_inside, coverage
from lib.localearth.raster.outline import Outline, outline_of
from lib.localearth.raster.projection import Projection

UTM = "EPSG:32633"


def _outline(shape: object) -> Outline:
    return outline_of(Geometry(shape, UTM, geodesic=False), Projection(UTM))  # type: ignore[arg-type]


def _star(seed: int) -> Polygon:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 11))
    radius = rng.uniform(3, 14, 11)
    ring = np.column_stack([10 + radius * np.cos(angle), 9 + radius * np.sin(angle)])
    return Polygon(ring, [[(9.1, 9.2), (10.3, 9.7), (9.6, 10.4)]]).buffer(0)


@pytest.mark.parametrize("seed", range(4))
def test_coverage_when_polygon_is_ragged_equals_the_area_of_intersections(seed: int) -> None:
    shape = _star(seed)

    found = coverage(_outline(shape), 20, 18)

    expected = [
        [box(i, j, i + 1, j + 1).intersection(shape).area for i in range(20)] for j in range(18)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_centres_when_polygon_is_ragged_are_those_that_it_contains(seed: int) -> None:
    shape = _star(seed)

    found = centres_inside(_outline(shape), 20, 18)

    expected = [[shape.contains(Point(i + 0.5, j + 0.5)) for i in range(20)] for j in range(18)]
    np.testing.assert_array_equal(found, expected)


def test_coverage_when_window_is_cut_gives_the_same_pixels() -> None:
    outline = _outline(_star(1))

    whole = coverage(outline, 20, 18)
    part = coverage(outline.moved(7, 5), 6, 4)

    np.testing.assert_allclose(part, whole[5:9, 7:13], atol=1e-12)


def test_neighbours_when_they_share_an_edge_on_centres_never_share_a_pixel() -> None:
    left, right = _outline(box(0, 0, 2.5, 4)), _outline(box(2.5, 0, 5, 4))

    both = centres_inside(left, 5, 4).astype(int) + centres_inside(right, 5, 4)

    assert (both == 1).all()


def test_point_when_laid_covers_the_whole_pixel_that_contains_it() -> None:
    found = coverage(_outline(Point(2.9, 1.1)), 4, 3)

    assert found.tolist() == [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_line_when_laid_covers_the_pixels_that_it_touches() -> None:
    found = centres_inside(_outline(LineString([(0.5, 0.5), (2.5, 1.5)])), 3, 2)

    assert found.tolist() == [[True, True, False], [False, True, True]]


def test_parts_when_several_are_counted_once_each() -> None:
    found = coverage(_outline(MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 0.25)])), 3, 1)

    np.testing.assert_allclose(found, [[1, 0, 0.25]])


def test_geodesic_edge_when_on_a_parallel_bulges_polewards() -> None:
    """Great circle from (0, 60) to (20, 60): its middle latitude by spherical trigonometry."""
    shape = box(0, 50, 20, 60)
    projection = Projection("EPSG:4326", (1.0, 0.0, 0.0, 0.0, 0.01, 0.0))

    top = outline_of(Geometry(shape, geodesic=True), projection).bounds()
    flat = outline_of(Geometry(shape, geodesic=False), projection).bounds()

    middle = np.degrees(np.arctan(np.tan(np.radians(60)) / np.cos(np.radians(10))))
    assert top is not None
    assert flat is not None
    assert top[3] / 100 == pytest.approx(middle, abs=1e-4)
    assert flat[3] / 100 == pytest.approx(60)
