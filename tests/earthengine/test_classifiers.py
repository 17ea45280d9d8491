from dataclasses import replace

import ee
import numpy as np
import pytest

from lib.core.errors import LimitError
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.samples import SampleSet
from lib.earthengine import classifiers, imagery
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.pixels import fetch
from tests.earthengine.scene import BANDS, CRS, SHAPE, TRANSFORM, Scene

GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]


def samples_of(scene: Scene, count: int) -> SampleSet:
    """Pixels whose class is whether their red is above 500."""
    rows, cols = np.nonzero(scene.valid)
    picked = np.random.default_rng(0).choice(len(rows), count, replace=count > len(rows))
    values = scene.values[:, rows[picked], cols[picked]].T
    lon, lat = GRID.lonlat(rows[picked], cols[picked])
    return SampleSet(
        predictors=values,
        class_index=(values[:, 2] > 500).astype(np.int16),
        names=BANDS,
        legend=Legend.from_values([1, 2]),
        lon=lon,
        lat=lat,
        group=np.full(count, -1, np.int32),
        ids=np.arange(count),
    )


def test_forest_learns_the_samples_and_maps_the_image(scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)
    predictors = imagery.predictors(scene.earth, plan, scene.aoi)

    forest = classifiers.forest_map(
        scene.earth, samples_of(scene, 400), predictors, trees=30, seed=1
    )

    index, valid = fetch(scene.earth, forest, GRID, ["class"], dtype=np.uint8)
    assert np.array_equal(valid, scene.valid)
    right = index[valid][:, 0] == (scene.values[2][valid] > 500)
    assert right.mean() > 0.95


def as_series(pixels: SampleSet) -> SampleSet:
    """The same pixels at two dates, of which the second is observed for every other one."""
    valid = np.ones((len(pixels), 2), bool)
    valid[::2, 1] = False
    series = np.stack([pixels.predictors, 2 * pixels.predictors], axis=1)
    return replace(pixels, predictors=np.where(valid[..., None], series, 0), valid=valid)


def as_patches(pixels: SampleSet) -> SampleSet:
    """Patches with the pixels in their centres, and noise around."""
    noise = np.random.default_rng(3).normal(500, 300, (len(pixels), 3, 3, 3)).astype(np.float32)
    noise[:, 1, 1] = pixels.predictors
    return replace(pixels, predictors=noise)


@pytest.mark.parametrize("shape", [as_series, as_patches])
def test_forest_of_series_and_patches_learns_them_and_maps_the_image(shape, scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)
    image = to_image(imagery.predictors(scene.earth, plan, scene.aoi))
    if shape is as_series:
        dates = [image.multiply(k + 1).rename([f"t0{k}_{name}" for name in BANDS]) for k in (0, 1)]
        flags = ee.Image.constant([1, 1]).rename(["t00_valid", "t01_valid"])
        image = ee.Image.cat([*dates, flags])
    samples = shape(samples_of(scene, 400))

    forest = classifiers.forest_map(scene.earth, samples, to_expression(image), trees=30, seed=1)

    index, valid = fetch(scene.earth, forest, GRID, ["class"], dtype=np.uint8)
    right = index[valid][:, 0] == (scene.values[2][valid] > 500)
    assert right.mean() > 0.93


def test_forest_when_its_samples_do_not_fit_tells_the_size(scene: Scene) -> None:
    plan = ImageryPlan(collection=scene.image, start="", end="", bands=BANDS, indices=())
    predictors = imagery.predictors(scene.earth, plan, scene.aoi)
    samples = samples_of(scene, 100_000)

    with pytest.raises(LimitError, match="100,000 samples of 3 predictors make a request of"):
        classifiers.forest_map(scene.earth, samples, predictors, trees=10, seed=0)
