"""Composites against numpy on the same scenes, each fetched by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ee
import numpy as np
import pytest

from lib.core.errors import DateError, NotFoundError, PlanError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import COMPOSITES, ImageryPlan, SourcePlan
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.composite import COMPOSITE_OF
from lib.earthengine.connection import local
from lib.earthengine.graphs import asset_ids, to_expression
from lib.earthengine.imagery import default_plan, find_scenes, predictors
from lib.earthengine.pixels import fetch
from tests.earthengine.observed import (
    L8,
    LANDSAT,
    PLACE,
    S1,
    S2,
    SCORE,
    SUMMER,
    Floats,
    observe,
    predicted,
    scores,
)

BANDS = ("B4", "B8", "B11")
JUNE = {"start": "2024-06-01", "end": "2024-06-16"}


@pytest.fixture(scope="module")
def clear() -> Floats:
    """Reflectance `(scenes, rows, columns, bands)`, NaN where the cloud score is below 0.6."""
    values = observe(S2, BANDS).values / 10_000
    values[scores() < 0.6] = np.nan
    return values


def picked(values: Floats, score: Floats) -> Floats:
    """The observation with the greatest score of each pixel, the latest of equal ones."""
    best = len(score) - 1 - np.nanargmax(score[::-1], axis=0)
    result: Floats = np.take_along_axis(values, best[None, ..., None], axis=0)[0]
    return result


def medoid(values: Floats) -> Floats:
    median = np.nanmedian(values, axis=0)
    return picked(values, -((values - median) ** 2).sum(axis=-1))


def greenest(values: Floats) -> Floats:
    red, nir = values[..., 0], values[..., 1]
    return picked(values, (nir - red) / (nir + red))


def latest(values: Floats) -> Floats:
    order = np.arange(len(values))[:, None, None]
    return picked(values, np.where(np.isnan(values[..., 0]), np.nan, order))


REFERENCES: dict[str, Callable[[Floats], Floats]] = {
    "median": lambda values: np.nanmedian(values, axis=0),
    "mean": lambda values: np.nanmean(values, axis=0),
    "percentile": lambda values: np.nanpercentile(values, 25, axis=0),
    "medoid": medoid,
    "greenest": greenest,
    "latest": latest,
}


@pytest.mark.parametrize("composite", COMPOSITES)
def test_composite_is_that_of_the_clear_scenes(composite: str, clear: Floats) -> None:
    plan = ImageryPlan(bands=BANDS, indices=(), composite=composite, **SUMMER)

    values, valid = predicted(plan)

    assert np.isnan(clear).any()
    assert valid.all()
    assert np.allclose(values, REFERENCES[composite](clear), atol=1e-6)


def test_percentile_is_the_one_that_the_plan_names(clear: Floats) -> None:
    plan = ImageryPlan(bands=BANDS, indices=(), composite="percentile", percentile=90, **SUMMER)

    assert np.allclose(predicted(plan)[0], np.nanpercentile(clear, 90, axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("composite", "reduce"),
    [("median", np.nanmedian), ("mean", np.nanmean)],
)
def test_radar_is_reduced_in_linear_power(composite: str, reduce: Any) -> None:
    plan = ImageryPlan(collection=S1, bands=("VV", "VH"), indices=(), composite=composite, **JUNE)
    decibels = observe(S1, ("VV", "VH"), **JUNE).values
    decibels[decibels[..., 0] < -30] = np.nan

    values, valid = predicted(plan)

    expected = 10 * np.log10(reduce(10 ** (decibels / 10), axis=0))
    assert np.allclose(values[valid], expected[valid], atol=1e-4)


def test_medoid_of_radar_is_an_observation_itself() -> None:
    plan = ImageryPlan(collection=S1, bands=("VV",), indices=(), composite="medoid", **JUNE)
    decibels = observe(S1, ("VV",), **JUNE).values[..., 0]

    values, _ = predicted(plan)

    assert np.abs(decibels - values[..., 0]).min(axis=0).max() < 1e-4


@pytest.mark.parametrize(
    ("bands", "nearest"),
    [(("SR_B4", "SR_B5"), [60.0, 5010.0]), (("SR_B5", "ST_B10"), [30.0, 5600.0])],
    ids=["one unit", "two units"],
)
def test_medoid_of_bands_of_two_units_weighs_them_by_their_spread(bands, nearest) -> None:
    """The median is (30, 5010), the standard deviations 16.0 and 2,541.

    Squared distances are 348,100 for (30, 5600) and 900 for (60, 5010); divided by the standard
    deviations 0.05 and 3.5.
    """
    seen = [(29, 1000), (30, 5600), (60, 5010), (31, 9000), (10, 4900)]
    grid = Grid.over(PLACE, scale_m=1000)

    @with_connection
    def chosen(connection: Connection) -> Expression:
        scenes = [ee.Image.constant(list(values)).rename(list(bands)) for values in seen]
        medoid = COMPOSITE_OF["medoid"](SourcePlan(L8, bands))
        return to_expression(medoid.reduce(ee.ImageCollection(scenes), bands).toFloat())

    values, valid = fetch(local(), chosen(local()), grid, bands)

    assert valid.all()
    assert values[0, 0].tolist() == nearest


def test_landsat_missions_are_merged_under_common_names() -> None:
    """Of its missions the planet has Landsat 8 alone, so the merged one must equal it."""
    own = ImageryPlan(
        collection=L8, bands=("SR_B4", "SR_B5"), indices=("NDVI",), scale_m=30, **SUMMER
    )
    merged = ImageryPlan(
        collection=LANDSAT, bands=("red", "nir"), indices=("NDVI",), scale_m=30, **SUMMER
    )

    assert np.array_equal(predicted(merged)[0], predicted(own)[0])
    assert [s.id for s in find_scenes(local(), merged, PLACE)] == [
        s.id for s in find_scenes(local(), own, PLACE)
    ]


@pytest.mark.parametrize(
    ("start", "end", "missions"),
    [
        ("1983-01-01", "1984-01-01", {"LT04"}),
        ("2000-01-01", "2001-01-01", {"LT05", "LE07"}),
        ("2014-01-01", "2015-01-01", {"LE07", "LC08"}),
        ("2024-06-01", "2024-09-01", {"LC08", "LC09"}),
    ],
)
def test_landsat_missions_are_those_that_flew_where_the_service_has_all(
    start: str, end: str, missions: set[str]
) -> None:
    earth = local()
    everything = replace(earth, can=replace(earth.can, data_sets=None))
    plan = ImageryPlan(LANDSAT, start, end, bands=("red", "nir"), indices=("NDVI",))

    graph = predictors(everything, plan, PLACE)

    assert asset_ids(graph) == {f"LANDSAT/{mission}/C02/T1_L2" for mission in missions}


def test_landsat_missions_of_the_dates_are_told_where_none_is_at_hand() -> None:
    plan = ImageryPlan(
        collection=LANDSAT, bands=("red",), indices=(), start="1990-01-01", end="1991-01-01"
    )

    with pytest.raises(DateError, match="from 1990-01-01 to 1991-01-01") as caught:
        predictors(local(), plan, PLACE)
    assert "Landsat 5 surface reflectance: 1984-03-16 to 2012-05-05" in caught.value.hint


def test_merged_landsat_starts_with_its_six_bands_and_masks() -> None:
    plan = default_plan(local(), LANDSAT)

    assert plan.bands == ("blue", "green", "red", "nir", "swir1", "swir2")
    assert plan.mask_clouds
    assert local().can.serves(LANDSAT)


def test_greenest_pixel_of_radar_is_refused() -> None:
    plan = ImageryPlan(collection=S1, bands=("VV",), indices=(), composite="greenest", **SUMMER)

    with pytest.raises(PlanError, match="greenest pixel cannot be told in COPERNICUS/S1_GRD"):
        predictors(local(), plan, PLACE)


def test_data_set_that_the_connection_lacks_is_refused_with_those_it_has() -> None:
    plan = ImageryPlan(collection="MODIS/061/MOD13Q1", bands=("NDVI",), indices=(), **SUMMER)

    with pytest.raises(NotFoundError, match="Local Earth has no data set “MODIS/061/MOD13Q1”"):
        predictors(local(), plan, PLACE)
    with pytest.raises(NotFoundError) as caught:
        default_plan(local(), "COPERNICUS/S5P/NRTI/L3_NO2")
    assert "COPERNICUS/S1_GRD, COPERNICUS/S2_SR_HARMONIZED" in caught.value.hint


@pytest.mark.parametrize("composite", COMPOSITES)
def test_dates_without_a_scene_are_told_in_a_sentence(composite: str) -> None:
    plan = ImageryPlan(
        bands=("B4",), indices=(), composite=composite, start="2010-01-01", end="2010-02-01"
    )

    with pytest.raises(NotFoundError, match="No image covers this area in the chosen period"):
        predicted(plan)


def test_scene_classification_masks_where_the_service_lacks_the_cloud_score() -> None:
    earth = local()
    without = replace(earth.can, data_sets=(earth.can.data_sets or frozenset()) - {SCORE})
    plan = ImageryPlan(bands=("B4",), indices=(), composite="mean", **SUMMER)
    red = observe(S2, ("B4",)).values[..., 0] / 10_000
    classes = observe(S2, ("SCL",)).values[..., 0]
    # Saturated pixels, shadows, medium and high clouds, and cirrus.
    red[np.isin(classes, (1, 3, 8, 9, 10))] = np.nan

    graph = predictors(replace(earth, can=without), plan, PLACE)
    grid = Grid.over(PLACE, scale_m=plan.scale_m)
    values, valid = fetch(earth, graph, grid, ("B4",))

    assert np.isnan(red).any()
    assert valid.all()
    assert np.allclose(values[..., 0], np.nanmean(red, axis=0), atol=1e-6)
