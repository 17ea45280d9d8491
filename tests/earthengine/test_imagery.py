import json
from typing import Any

import ee
import numpy as np
import pytest

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.errors import AoiError, DateError, PlanError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine import imagery
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.composite import to_decibels, to_power
from lib.earthengine.connection import local
from lib.earthengine.graphs import asset_ids, to_expression
from lib.earthengine.pixels import fetch
from tests.earthengine.scene import BANDS, CRS, SHAPE, TRANSFORM, Scene

S2 = "COPERNICUS/S2_SR_HARMONIZED"
SMALL = Aoi.from_bounds(12.400, 47.850, 12.404, 47.853)
WEEK = {"start": "2024-07-01", "end": "2024-07-11"}


def functions(expression: Expression) -> list[str]:
    return [
        call["functionName"]
        for call in _calls(expression.graph["values"])
        if "functionName" in call
    ]


def constants(expression: Expression) -> list[Any]:
    text = expression.to_json()
    return [value["constantValue"] for value in _constants(json.loads(text))]


def _calls(node: Any) -> list[Any]:
    if isinstance(node, dict):
        own = [node["functionInvocationValue"]] if "functionInvocationValue" in node else []
        return own + [call for part in node.values() for call in _calls(part)]
    return [call for part in node for call in _calls(part)] if isinstance(node, list) else []


def _constants(node: Any) -> list[Any]:
    if isinstance(node, dict):
        own = [node] if "constantValue" in node else []
        return own + [found for part in node.values() for found in _constants(part)]
    return [found for part in node for found in _constants(part)] if isinstance(node, list) else []


def test_sentinel2_is_masked_by_the_linked_cloud_score() -> None:
    graph = imagery.predictors(local(), ImageryPlan(), SMALL)

    assert "Image.linkCollection" in functions(graph)
    assert asset_ids(graph) == {S2, "GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED"}
    assert "cs_cdf" in graph.to_json()
    assert 0.6 in constants(graph)
    assert "QA60" not in graph.to_json()  # it is empty from 2022-01 to 2024-02


def test_landsat_is_masked_by_the_bits_of_its_quality_band() -> None:
    plan = imagery.default_plan(local(), "LANDSAT/LC08/C02/T1_L2")

    graph = imagery.predictors(local(), plan, SMALL)

    assert "Image.bitwiseAnd" in functions(graph)
    assert 0b11111 in constants(graph)
    assert "QA_RADSAT" in graph.to_json()
    assert 2.75e-05 in constants(graph)
    assert -0.2 in constants(graph)


def test_clouds_are_left_when_the_plan_says_so() -> None:
    graph = imagery.predictors(local(), ImageryPlan(mask_clouds=False), SMALL)

    assert asset_ids(graph) == {S2}
    assert functions(graph).count("Image.updateMask") == 1  # of the predictors themselves


def test_graph_is_the_same_for_every_connection(scene: Scene) -> None:
    assert imagery.predictors(local(), ImageryPlan(), SMALL) == imagery.predictors(
        scene.earth, ImageryPlan(), SMALL
    )


def test_radar_is_averaged_in_power_and_not_in_decibels() -> None:
    @with_connection
    def median(connection: Connection) -> Expression:
        scenes = [ee.Image.constant(value).rename("VV") for value in (-10.0, -20.0)]
        power = ee.ImageCollection(scenes).map(lambda image: to_power(image, ["VV"]))
        return to_expression(to_decibels(power.median(), ["VV"]))

    value, _ = fetch(local(), median(local()), Grid(CRS, (10, 0, 3e5, 0, -10, 5e6), (1, 1)), ["VV"])

    # The median of two is their mean: (0.1 + 0.01) / 2 = 0.055, which is -12.596 dB; the mean of
    # the decibels would be -15.
    assert value[0, 0, 0] == pytest.approx(-12.5964, abs=1e-4)


def test_predictors_are_in_physical_units_with_indices_after_the_bands() -> None:
    earth, plan = local(), ImageryPlan(bands=("B8", "B4"), indices=("NDVI", "EVI2"), **WEEK)
    grid = imagery.training_grid(earth, plan, SMALL)

    values, valid = fetch(
        earth, imagery.predictors(earth, plan, SMALL), grid, imagery.predictor_names(plan)
    )

    assert imagery.predictor_names(plan) == ("B8", "B4", "NDVI", "EVI2")
    nir, red, ndvi, evi2 = values[valid].T
    assert valid.any()
    assert 0 < red.mean() < 1
    assert np.allclose(ndvi, (nir - red) / (nir + red), atol=1e-6)
    assert np.allclose(evi2, 2.5 * (nir - red) / (nir + 2.4 * red + 1), atol=1e-6)


def test_own_raster_keeps_its_values_and_its_grid(scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)
    grid = imagery.training_grid(scene.earth, plan, scene.aoi)

    values, valid = fetch(
        scene.earth, imagery.predictors(scene.earth, plan, scene.aoi), grid, BANDS
    )

    assert (plan.bands, plan.start, plan.scale_m) == (BANDS, "", 20.0)
    assert grid == Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]
    assert np.array_equal(valid, scene.valid)
    assert np.array_equal(values[valid], scene.values.transpose(1, 2, 0)[valid])


def test_training_grid_of_a_collection_is_utm_at_the_plans_scale() -> None:
    grid = imagery.training_grid(local(), ImageryPlan(scale_m=20), SMALL)

    assert grid.crs == "EPSG:32633"
    assert grid.transform[0] == 20
    assert grid.transform[2] % 20 == grid.transform[5] % 20 == 0


def test_area_outside_of_an_own_raster_is_refused(scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)

    with pytest.raises(AoiError) as caught:
        imagery.training_grid(scene.earth, plan, Aoi.from_bounds(20, 10, 20.1, 10.1))
    assert caught.value.field == "aoi"


def test_scenes_lie_within_the_dates_and_below_the_cloud_limit() -> None:
    scenes = imagery.find_scenes(local(), ImageryPlan(**WEEK), SMALL)

    assert scenes
    assert all("2024-07-01" <= scene.date < "2024-07-11" for scene in scenes)
    assert all(scene.cloud_percent is not None for scene in scenes)
    assert max(scene.cloud_percent or 0 for scene in scenes) < 60


def test_dates_without_scenes_are_told_with_those_that_have_some() -> None:
    plan = ImageryPlan(start="2010-01-01", end="2010-02-01")

    with pytest.raises(DateError, match="No scene of COPERNICUS/S2_SR_HARMONIZED") as caught:
        imagery.find_scenes(local(), plan, SMALL)
    assert "2017-03-28" in caught.value.hint
    assert caught.value.field == "dates"


def test_single_image_is_one_scene_without_a_date(scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)

    (found,) = imagery.find_scenes(scene.earth, plan, scene.aoi)
    assert (found.id, found.date) == (scene.image, "")


def test_picture_of_an_own_raster_is_stretched_between_percentiles(scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)

    picture = imagery.picture(scene.earth, plan, scene.aoi)

    grid = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]
    values, valid = fetch(scene.earth, picture.expression, grid, picture.visual.bands)
    assert picture.visual.bands == ("red", "green", "blue")
    low, high = np.percentile(values[valid], [2, 98], axis=0)
    assert np.allclose(low, 0, atol=1e-5)
    assert np.allclose(high, 1, atol=1e-5)


def test_picture_of_a_collection_has_the_catalogues_limits_in_physical_units() -> None:
    picture = imagery.picture(local(), ImageryPlan(), SMALL)

    assert (picture.visual.min, picture.visual.max) == (0.0, pytest.approx(0.3))
    assert picture.visual.bands == ("B4", "B3", "B2")
    assert picture.visual.gamma == 1.3


def test_embedding_starts_with_the_latest_of_all_64_axes_of_a_year() -> None:
    embedding = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"
    plan = imagery.default_plan(local(), embedding)
    grid = imagery.training_grid(local(), plan, SMALL)

    values, valid = fetch(local(), imagery.predictors(local(), plan, SMALL), grid, plan.bands)

    assert (plan.composite, plan.start, plan.end) == ("latest", "2021-01-01", "2022-01-01")
    assert len(plan.bands) == 64
    assert valid.all()
    assert np.allclose((values.astype(np.float64) ** 2).sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"indices": ("NOPE",)}, "indices"),
        ({"composite": "best"}, "composite"),
        (
            {"collection": "COPERNICUS/S1_GRD", "bands": ("VV",), "indices": ("NDVI",)},
            "indices",
        ),
    ],
    ids=["unknown index", "unknown composite", "index without its bands"],
)
def test_plan_that_cannot_be_written_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PlanError) as caught:
        imagery.predictors(local(), ImageryPlan(**change), SMALL)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "collection", [S2, "LANDSAT/LC08/C02/T1_L2", "LANDSAT/LT05/C02/T1_L2", "COPERNICUS/S1_GRD"]
)
def test_default_plan_of_a_collection_has_dates_within_it(collection: str) -> None:
    plan = imagery.default_plan(local(), collection)
    known = find(collection)

    assert known is not None
    assert known.start <= plan.start < plan.end
    assert not known.end or plan.end <= known.end
    assert set(plan.bands) <= set(known.band_names)


def test_planets_imagery_is_simulated_and_own_is_not(scene: Scene) -> None:
    own = imagery.default_plan(scene.earth, scene.image)

    assert imagery.is_simulated(local(), imagery.predictors(local(), ImageryPlan(), SMALL))
    assert imagery.plan_is_simulated(local(), ImageryPlan())
    assert not imagery.plan_is_simulated(scene.earth, own)
