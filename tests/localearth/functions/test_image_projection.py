"""Grids and resampling (semantics 1.1 to 1.7). Reference: NumPy, SciPy and rasterio's warp."""

from typing import Any

import numpy as np
import pyproj
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
from scipy import ndimage

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import Projection
from lib.localearth.raster.resampling import level_for

NATIVE = (10.0, 0.0, 500000.0, 0.0, -10.0, 5300000.0)


def _at(size: float) -> tuple[float, ...]:
    return (size, 0.0, 500000.0, 0.0, -size, 5300000.0)


def test_coarser_grid_when_read_takes_the_pixel_behind_a_tie(lab: Any) -> None:
    """Centres of 20 m pixels lie on corners of 10 m pixels: the floor rule takes (1, 1) of four."""
    image = lab.image(np.arange(16).reshape(4, 4))

    found = lab.values(image, lab.grid(2, 2, transform=_at(20)))

    assert found == {"B1": [[5, 7], [13, 15]]}


def test_reproject_when_a_finer_grid_is_asked_for_repeats_its_pixels(lab: Any) -> None:
    image = lab.image(np.arange(16).reshape(4, 4))

    fixed = lab.call("Image.reproject", image, Projection("EPSG:32633"), list(_at(20)))

    assert lab.values(fixed, lab.grid(4, 2)) == {"B1": [[5, 5, 7, 7], [5, 5, 7, 7]]}
    assert fixed.bands[0].projection.transform == _at(20)


def test_reproject_when_scale_is_given_puts_the_crs_origin_on_a_corner(lab: Any) -> None:
    fixed = lab.call("Image.reproject", lab.image([[1]]), Projection("EPSG:4326"), scale=30)

    size = 0.00026949458523585647  # printed in the guide to reduceRegion, semantics 1.3
    assert fixed.bands[0].projection.transform == pytest.approx((size, 0, 0, 0, size, 0), rel=1e-12)


def test_reproject_to_another_crs_takes_the_pixels_that_rasterio_takes(lab: Any) -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 1000, (60, 60)).astype(np.int32)
    to_mercator = pyproj.Transformer.from_crs("EPSG:32633", "EPSG:3857", always_xy=True)
    x, y = to_mercator.transform(500050.0, 5299950.0)
    grid = lab.grid(30, 30, crs="EPSG:3857", transform=(14.0, 0, x, 0, -14.0, y))

    found = lab.planes(lab.image(values), grid)["B1"]

    expected = np.full((30, 30), -1, np.int32)
    reproject(
        values, expected, src_transform=Affine(*NATIVE), src_crs=CRS.from_epsg(32633),
        dst_transform=Affine(*grid.transform), dst_crs=CRS.from_epsg(3857),
        resampling=Resampling.nearest, dst_nodata=-1, tolerance=0,
    )  # fmt: skip
    same = np.where(found.valid, found.data, -1) == expected
    assert found.valid.any()
    assert same.mean() > 0.995  # GDAL interpolates coordinates between sample points


def test_default_projection_when_set_resamples_nothing(lab: Any) -> None:
    image = lab.image([[1, 2, 3, 4]])

    named = lab.call("Image.setDefaultProjection", image, Projection("EPSG:32633"), list(_at(20)))

    assert named.bands[0].projection.transform == _at(20)
    assert lab.row(named, lab.grid(4)) == [1, 2, 3, 4]


def test_bilinear_when_finer_is_asked_for_equals_scipys_linear_interpolation(lab: Any) -> None:
    values = np.random.default_rng(5).normal(size=(8, 8)).astype(np.float32)
    image = lab.call("Image.resample", lab.image(values), "bilinear")
    grid = lab.grid(8, 8, transform=(5.0, 0.0, 500022.5, 0.0, -5.0, 5299977.5))

    found = lab.planes(image, grid)["B1"].data

    rows, columns = np.mgrid[0:8, 0:8] * 0.5 + 2.0
    expected = ndimage.map_coordinates(values.astype(float), [rows, columns], order=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_bicubic_when_values_are_a_parabola_reproduces_it(lab: Any) -> None:
    """Catmull-Rom interpolation is exact for polynomials of degree two."""
    x = np.arange(8.0)
    values = np.broadcast_to(x**2, (8, 8)).astype(np.float64)
    image = lab.call("Image.resample", lab.image(values), "bicubic")
    grid = lab.grid(1, 1, transform=(5.0, 0.0, 500035.0, 0.0, -5.0, 5299960.0))

    assert lab.row(image, grid) == pytest.approx([(3.75 - 0.5) ** 2], abs=1e-5)


def test_resample_when_on_its_own_grid_changes_nothing(lab: Any) -> None:
    image = lab.call("Image.resample", lab.image([[1, 5, 2]]), "bicubic")

    assert lab.row(image) == [1, 5, 2]


def test_level_when_grid_is_coarser_is_the_coarsest_that_is_not_larger(lab: Any) -> None:
    native = Projection("EPSG:32633", _at(30))  # type: ignore[arg-type]

    levels = [
        level_for(lab.grid(1, transform=_at(m)), native) for m in (10, 30, 50, 60, 70, 200, 500)
    ]

    assert levels == [0, 0, 0, 1, 1, 2, 4]  # semantics 1.6


def test_reduce_resolution_mean_when_aligned_equals_block_means(lab: Any) -> None:
    values = np.random.default_rng(2).normal(size=(8, 8))
    image = lab.call("Image.reduceResolution", lab.image(values), lab.call("Reducer.mean"))

    found = lab.planes(image, lab.grid(2, 2, transform=_at(40)))["B1"]

    np.testing.assert_allclose(found.data, values.reshape(2, 4, 2, 4).mean(axis=(1, 3)))
    assert found.mask is None


def test_reduce_resolution_sum_gives_the_mean_because_weights_sum_to_one(lab: Any) -> None:
    image = lab.call(
        "Image.reduceResolution", lab.image(np.full((4, 4), 3.0)), lab.call("Reducer.sum")
    )

    assert lab.values(image, lab.grid(1, 1, transform=_at(40))) == {
        "B1": [[pytest.approx(3.0)]]
    }  # 1.7


def test_reduce_resolution_when_pixels_straddle_weighs_their_shares(lab: Any) -> None:
    image = lab.call(
        "Image.reduceResolution", lab.image([[1.0, 2.0, 4.0]] * 2), lab.call("Reducer.mean")
    )

    found = lab.row(image, lab.grid(1, 1, transform=_at(15)))

    assert found == pytest.approx([(1 * 10 + 2 * 5) / 15])


def test_reduce_resolution_when_too_many_pixels_is_refused_or_coarsened(lab: Any) -> None:
    image, mean = lab.image(np.full((16, 16), 3.0)), lab.call("Reducer.mean")
    grid = lab.grid(1, 1, transform=_at(160))

    with pytest.raises(EarthError, match=r"Too many input pixels per output pixel. Found 256"):
        lab.planes(lab.call("Image.reduceResolution", image, mean), grid)
    assert lab.row(lab.call("Image.reduceResolution", image, mean, True), grid) == pytest.approx(
        [3.0]
    )


def test_translate_when_in_metres_moves_pixels_eastwards(lab: Any) -> None:
    moved = lab.call("Image.translate", lab.image([[1, 2, 3]]), 10, 0)

    assert lab.row(moved, lab.grid(3)) == [None, 1, 2]


def test_change_proj_when_applied_puts_pixels_at_the_same_coordinates(lab: Any) -> None:
    image = lab.image([[1, 2, 3]])
    target = Projection("EPSG:3857", (5.0, 0.0, 0.0, 0.0, -5.0, 0.0))

    moved = lab.call("Image.changeProj", image, image.bands[0].projection, target)

    assert lab.row(moved, lab.grid(3, crs="EPSG:3857", transform=target.transform)) == [1, 2, 3]
