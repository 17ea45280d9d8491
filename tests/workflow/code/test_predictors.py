"""The imagery's code in Python gives the very image that the app's own graph gives."""

from dataclasses import replace
from typing import Any

import ee
import numpy as np
import pytest

from lib.core.aoi import Aoi
from lib.core.grid import Grid
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.earthengine import imagery, pixels
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import local
from lib.earthengine.graphs import to_expression
from lib.earthengine.stack import names_of
from lib.workflow.code.dialect import Python
from lib.workflow.code.predictors import PredictorCode
from lib.workflow.code.subject import subject_of
from lib.workflow.document import Project

AOI = Aoi.from_bounds(10.630, 48.104, 10.6325, 48.1055)
S2 = ImageryPlan(start="2021-07-01", end="2021-07-25", bands=("B4", "B8"), indices=("NDVI",))
S1 = SourcePlan("COPERNICUS/S1_GRD", ("VV", "VH"), composite="mean")
LANDSAT = replace(S2, collection="LANDSAT/4-9/C02/T1_L2", bands=("red", "nir"), scale_m=30.0)

PLANS = {
    "median": S2,
    "unmasked": replace(S2, mask_clouds=False),
    "mean": replace(S2, composite="mean"),
    "percentile": replace(S2, composite="percentile", percentile=20.0),
    "medoid": replace(S2, composite="medoid"),
    "medoid of two units": replace(
        S2,
        collection="LANDSAT/LC08/C02/T1_L2",
        bands=("SR_B5", "ST_B10"),
        indices=(),
        composite="medoid",
        end="2021-09-01",
    ),
    "greenest": replace(S2, composite="greenest", indices=()),
    "latest": replace(S2, composite="latest"),
    "landsat 8": replace(
        S2, collection="LANDSAT/LC08/C02/T1_L2", bands=("SR_B4", "SR_B5"), end="2021-09-01"
    ),
    "sources and terrain": replace(
        S2,
        sources=(S1, SourcePlan("LANDSAT/LC08/C02/T1_L2", ("SR_B5",))),
        end="2021-09-01",
        terrain=("elevation", "slope", "aspect_sin", "aspect_cos"),
    ),
    "same collection twice": replace(S2, sources=(SourcePlan(S2.collection, ("B4", "B11")),)),
    "texture and formulas": replace(
        S2,
        texture=("B8", "NDVI"),
        formulas=(FormulaPlan("ratio", "B11 / (B4 + 1)"), FormulaPlan("twice", "ratio * 2 - NDVI")),
    ),
    "harmonics": replace(S2, end="2021-08-15", indices=(), harmonics=1),
    "merged missions": replace(LANDSAT, end="2021-09-01"),
    "embedding": replace(
        S2,
        collection="GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL",
        bands=("A00", "A63"),
        indices=(),
        composite="latest",
        mask_clouds=False,
    ),
}


@pytest.fixture(scope="module")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    return local(tmp_path_factory.mktemp("code"))


@with_connection
def written(connection: Connection, plan: ImageryPlan) -> Any:
    """What the code makes, as an expression."""
    out = Python()
    PredictorCode(subject_of(Project(aoi=AOI, imagery=plan), connection=connection), out).write()
    region = ee.Geometry(AOI.geometry, "EPSG:4326", False)
    names: dict[str, Any] = {"ee": ee, "region": region, "START": plan.start, "END": plan.end}
    exec(out.text(), names)  # noqa: S102 - the code under test
    return to_expression(names["predictors"])


@pytest.mark.parametrize("name", PLANS)
def test_code_of_predictors_gives_the_image_of_the_app(name: str, earth: Connection) -> None:
    plan = PLANS[name]
    grid = Grid.over(AOI, scale_m=max(plan.scale_m, 20.0))
    bands = names_of(plan).all

    expected, valid = pixels.fetch(earth, imagery.predictors(earth, plan, AOI), grid, bands)
    came, came_valid = pixels.fetch(earth, written(earth, plan), grid, bands)

    assert valid.mean() > 0.3
    assert np.array_equal(valid, came_valid)
    np.testing.assert_allclose(came, expected, rtol=2e-6, atol=1e-7)
