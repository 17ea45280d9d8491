"""Finished maps become assets: as files on Local Earth, else through a bucket.

The stand-in for Cloud Storage keeps its objects where Local Earth looks for those of buckets.
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from lib.core.errors import NotFoundError, PlanError, ServiceError
from lib.deploy import storage
from lib.deploy.cog import RawMap, write_cog
from lib.deploy.geotiff import NODATA, colour_table
from lib.deploy.ingest import MapAsset, map_to_asset
from lib.deploy.raster.run import RasterResult
from lib.deploy.tasks import task_of
from lib.earthengine.access import with_connection
from lib.earthengine.assets import asset_facts
from lib.earthengine.connection import Connection
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch
from tests.deploy.conftest import GRID, LEGEND


@pytest.fixture
def result(tmp_path: Path) -> RasterResult:
    """A finished map of four classes with a corner that has none."""
    values = (np.arange(GRID.size).reshape(GRID.shape) % 4 * 10 + 10).astype(np.uint8)
    values[:3, :4] = NODATA
    raw = tmp_path / "map.raw"
    values.tofile(raw)
    tags = {"SOFTWARE": "Loam", "MODEL": "mlp"}
    told = RawMap(raw, GRID, ["class"], NODATA, 1.0, colour_table(LEGEND), tags)
    write_cog(told, tmp_path / "map.tif", overviews="mode", level=6)
    return RasterResult(
        path=tmp_path / "map.tif", probabilities=None, pixels=GRID.size - 12, masked_pixels=12,
        area_ha=(1.0, 1.0, 1.0, 1.0), seconds=1.0, blocks=1, resumed_blocks=0, failed_blocks=(),
        engine="LiteRT", simulated=False,
    )  # fmt: skip


@with_connection
def pixels_of(connection: Connection, asset: str):
    import ee

    image = to_expression(ee.Image(asset))
    return fetch(connection, image, GRID, ["class"], dtype=np.uint8)


def ended(connection: Connection, made: MapAsset) -> None:
    assert made.task is not None
    until = time.monotonic() + 60
    while not (task := task_of(connection, made.task.id)).is_done:
        assert time.monotonic() < until, task
        time.sleep(0.02)
    assert (task.state, task.kind, task.error) == ("SUCCEEDED", "INGEST_IMAGE", "")


def test_map_goes_through_a_bucket_and_the_asset_has_its_pixels(google, gcs, result, monkeypatch):
    monkeypatch.setattr(storage, "_SMALL_BYTES", 500)
    monkeypatch.setattr(storage, "_PIECE_BYTES", 512)
    told = []

    made = map_to_asset(
        google, result.path, name="class_map", bucket="gs://meadow", storage_api=gcs.url,
        on_progress=lambda share, words: told.append((share, words)),
    )  # fmt: skip
    ended(google, made)

    assert made.asset == "projects/local/assets/class_map"
    assert made.uri == "gs://meadow/loam/maps/class_map.tif"
    assert len(told) > 2
    assert told[-1] == (1.0, "Uploading map.tif")
    facts = asset_facts(google, made.asset)
    assert (facts.bands, facts.transform, facts.shape) == (("class",), GRID.transform, GRID.shape)
    values, valid = pixels_of(google, made.asset)
    with rasterio.open(result.path) as file:
        expected = file.read(1)
    assert np.array_equal(valid, expected != NODATA)
    assert np.array_equal(values[valid][:, 0], expected[valid])


def test_map_on_local_earth_is_an_asset_at_once(earth, result):
    made = map_to_asset(earth, result.path, name="class_map")

    assert (made.uri, made.task) == ("", None)
    assert asset_facts(earth, made.asset).shape == GRID.shape


def test_bucket_that_is_not_there_is_told_before_anything_goes_up(google, gcs, result):
    with pytest.raises(NotFoundError, match="no bucket “wood”"):
        map_to_asset(google, result.path, name="m", bucket="wood", storage_api=gcs.url)

    assert gcs.objects() == []


def test_map_without_a_bucket_says_how_to_make_one(google, gcs, result):
    with pytest.raises(PlanError, match="No Cloud Storage bucket is given"):
        map_to_asset(google, result.path, name="m", storage_api=gcs.url)


def test_connection_that_takes_nothing_is_told(google, result):
    none = replace(google, can=replace(google.can, buckets=False))

    with pytest.raises(ServiceError, match="takes no files and reaches no bucket"):
        map_to_asset(none, result.path, name="m", bucket="meadow")


def test_name_that_is_none_is_refused(earth, result):
    with pytest.raises(PlanError, match="“a/b c” cannot name an asset"):
        map_to_asset(earth, result.path, name="a/b c")
