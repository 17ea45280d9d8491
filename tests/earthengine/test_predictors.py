"""Sources side by side, terrain, texture and harmonics against numpy."""

import math
from datetime import date

import ee
import numpy as np
import pytest

from lib.core.errors import DateError, PlanError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import TERRAIN, ImageryPlan, SourcePlan
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import local
from lib.earthengine.graphs import to_expression
from lib.earthengine.imagery import find_scenes, predictors
from lib.earthengine.pixels import fetch
from tests.earthengine.observed import (
    EMBEDDING,
    PLACE,
    S1,
    S2,
    SRTM,
    SUMMER,
    Floats,
    observe,
    predicted,
    scores,
)

RED = {"bands": ("B4",), "indices": (), **SUMMER}


def test_sources_stand_side_by_side_each_as_it_is_by_itself() -> None:
    plan = ImageryPlan(
        bands=("B4",),
        indices=("NDVI",),
        sources=(
            SourcePlan(S1, ("VV", "VH"), composite="mean"),
            SourcePlan(S2, ("B4",), ("NBR",), composite="percentile", percentile=75),
            SourcePlan(SRTM, ("elevation",)),
            SourcePlan(EMBEDDING, ("A00", "A63"), mask_clouds=False),
        ),
        **SUMMER,
    )
    alone = [
        ImageryPlan(bands=("B4",), indices=("NDVI",), **SUMMER),
        ImageryPlan(S1, bands=("VV", "VH"), indices=(), composite="mean", **SUMMER),
        ImageryPlan(
            bands=("B4",), indices=("NBR",), composite="percentile", percentile=75, **SUMMER
        ),
        ImageryPlan(SRTM, bands=("elevation",), indices=(), start="", end=""),
        ImageryPlan(EMBEDDING, "2024-01-01", "2025-01-01", bands=("A00", "A63"), indices=()),
    ]

    values, valid = predicted(plan)

    assert valid.all()
    assert np.allclose(values, np.concatenate([predicted(one)[0] for one in alone], axis=-1))


def test_source_of_scenes_beside_an_image_without_dates_is_refused() -> None:
    plan = ImageryPlan(
        SRTM, "", "", bands=("elevation",), indices=(), sources=(SourcePlan(S1, ("VV",)),)
    )

    with pytest.raises(DateError, match="S1_GRD has scenes of many dates, and the plan has none"):
        predictors(local(), plan, PLACE)


def elevation(margin: int) -> tuple[Floats, Grid]:
    """The elevation model, interpolated linearly to pixels of 10 m with some around the place."""
    inner = Grid.over(PLACE, scale_m=10)
    t, (rows, columns) = inner.transform, inner.shape
    transform = (t[0], t[1], t[2] - margin * t[0], t[3], t[4], t[5] - margin * t[4])
    grid = Grid(inner.crs, transform, (rows + 2 * margin, columns + 2 * margin))

    @with_connection
    def image(connection: Connection) -> Expression:
        return to_expression(ee.Image(SRTM).resample("bilinear"))

    values, _ = fetch(local(), image(local()), grid, ["elevation"], dtype=np.float64)
    return values[..., 0].astype(np.float64), grid


def test_terrain_is_that_of_the_four_neighbours_of_each_pixel() -> None:
    height, _ = elevation(1)
    east = (height[1:-1, 2:] - height[1:-1, :-2]) / 20
    north = (height[:-2, 1:-1] - height[2:, 1:-1]) / 20
    steepness = np.hypot(east, north)

    values, valid = predicted(ImageryPlan(terrain=TERRAIN, **RED))
    _, rise, slope, sine, cosine = values.transpose(2, 0, 1)

    assert valid.all()
    assert np.allclose(rise, height[1:-1, 1:-1], atol=1e-3)
    assert np.allclose(slope, np.degrees(np.arctan(steepness)), atol=0.01)
    steep = steepness > 0.01
    assert steep.any()
    # Aspect is the direction downhill, clockwise from north.
    assert np.allclose(sine[steep], (-east / steepness)[steep], atol=0.01)
    assert np.allclose(cosine[steep], (-north / steepness)[steep], atol=0.01)


def test_terrain_of_a_data_set_without_elevation_is_refused() -> None:
    with pytest.raises(PlanError, match="S2_SR_HARMONIZED has no elevation"):
        predictors(local(), ImageryPlan(terrain=("slope",), terrain_source=S2, **RED), PLACE)


def test_texture_is_mean_and_spread_of_the_window_around_each_pixel() -> None:
    values, _ = predicted(ImageryPlan(texture=("B4",), texture_radius=2, **RED))
    red, mean, spread = values.transpose(2, 0, 1)

    windows = np.lib.stride_tricks.sliding_window_view(red, (5, 5))
    inside = (slice(2, -2), slice(2, -2))
    assert np.allclose(mean[inside], windows.mean(axis=(2, 3)), atol=1e-6)
    assert np.allclose(spread[inside], windows.std(axis=(2, 3)), atol=1e-6)


def test_harmonics_are_least_squares_over_the_clear_observations() -> None:
    dates = {"start": "2024-04-01", "end": "2024-10-01"}
    plan = ImageryPlan(bands=("B4",), indices=("NDVI",), harmonics=1, **dates)
    values = observe(S2, ("B4", "B8"), **dates).values / 10_000
    values[scores(**dates) < 0.6] = np.nan
    found, valid = predicted(plan)
    scenes = find_scenes(local(), plan, PLACE)
    # The index of a scene says to the second when it was taken.
    taken = [
        (date.fromisoformat(s.date) - date(1970, 1, 1)).days + _part_of_day(s.id) for s in scenes
    ]
    angle = 2 * math.pi * np.array(taken) / 365.25
    waves = np.stack([np.ones(len(taken)), np.cos(angle), np.sin(angle)], axis=1)

    assert valid.all()
    for row, column in ((0, 0), (7, 19), (20, 5)):
        red, nir = values[:, row, column].T
        clear = np.isfinite(red)
        for first, course in ((0, red), (3, (nir - red) / (nir + red))):
            expected = np.linalg.lstsq(waves[clear], course[clear], rcond=None)[0]
            assert np.allclose(found[row, column, first : first + 3], expected, atol=1e-4)


def _part_of_day(index: str) -> float:
    clock = index.split("_")[1][9:15]
    return (int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:])) / 86_400


def test_harmonics_are_masked_where_observations_are_too_few() -> None:
    plan = ImageryPlan(bands=("B4",), indices=(), harmonics=3, start="2024-06-01", end="2024-06-20")

    # At most four scenes for seven coefficients.
    assert len(find_scenes(local(), plan, PLACE)) < 7
    assert not predicted(plan)[1].any()


def test_harmonics_of_a_single_image_are_refused() -> None:
    plan = ImageryPlan(SRTM, "", "", bands=("elevation",), indices=(), harmonics=1)

    with pytest.raises(PlanError, match="is one image and has no course of the year"):
        predictors(local(), plan, PLACE)
