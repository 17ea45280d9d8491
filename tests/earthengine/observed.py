"""Scenes of the simulated planet one by one, for references computed with numpy."""

from dataclasses import dataclass

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine import imagery
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import local
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch
from lib.earthengine.stack import stack_names

S2 = "COPERNICUS/S2_SR_HARMONIZED"
SCORE = "GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED"
S1 = "COPERNICUS/S1_GRD"
L8 = "LANDSAT/LC08/C02/T1_L2"
LANDSAT = "LANDSAT/4-9/C02/T1_L2"
SRTM = "USGS/SRTMGL1_003"
EMBEDDING = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"
PLACE = Aoi.from_bounds(10.600, 48.100, 10.603, 48.102)
SUMMER = {"start": "2024-06-01", "end": "2024-08-01"}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """Scenes of a collection.

    Attributes:
        values: Stored values `(scenes, height, width, bands)`, NaN where masked.
        days: When each was taken, ISO form.
    """

    values: Floats
    days: tuple[str, ...]


def predicted(plan: ImageryPlan, aoi: Aoi = PLACE) -> tuple[Floats, NDArray[np.bool_]]:
    """The image of a plan as `fetch` gives it."""
    earth = local()
    grid = imagery.training_grid(earth, plan, aoi)
    values, valid = fetch(earth, imagery.predictors(earth, plan, aoi), grid, stack_names(plan))
    return values.astype(np.float64), valid


def observe(
    collection: str,
    bands: tuple[str, ...],
    *,
    scale_m: float = 10.0,
    start: str = SUMMER["start"],
    end: str = SUMMER["end"],
) -> Observed:
    """Read scenes one by one, each asked for by its own id, without any mask of clouds."""
    plan = ImageryPlan(collection=collection, bands=bands, indices=(), start=start, end=end)
    scenes = imagery.find_scenes(local(), plan, PLACE)
    images = [f"{collection}/{scene.id}" for scene in scenes]
    values = np.stack([read(image, bands, scale_m=scale_m) for image in images])
    return Observed(values, tuple(scene.date for scene in scenes))


def scores(*, start: str = SUMMER["start"], end: str = SUMMER["end"]) -> Floats:
    """The cloud score of each Sentinel-2 scene of `observe`, `(scenes, rows, columns)`."""
    plan = ImageryPlan(start=start, end=end)
    scenes = imagery.find_scenes(local(), plan, PLACE)
    return np.stack([read(f"{SCORE}/{scene.id}", ("cs_cdf",))[..., 0] for scene in scenes])


def read(image: str, bands: tuple[str, ...], *, scale_m: float = 10.0) -> Floats:
    """Stored values of one image over the place, NaN where masked."""
    grid = Grid.over(PLACE, scale_m=scale_m)
    values, valid = fetch(local(), _image(local(), image), grid, bands, dtype=np.float64)
    return np.where(valid[..., None], values, np.nan)


@with_connection
def _image(connection: Connection, image: str) -> Expression:
    return to_expression(ee.Image(image))
