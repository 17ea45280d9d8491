"""The round trip by TFRecord: Local Earth exports, and what goes back is the raster route's map."""

import gzip
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import tensorflow as tf

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError
from lib.deploy.cloud import Cloud
from lib.deploy.geotiff import NODATA
from lib.deploy.raster.plan import RasterPlan
from lib.deploy.raster.rounds import Stopped
from lib.deploy.raster.run import run_raster
from lib.deploy.storage import Bucket
from lib.deploy.tasks import task_of
from lib.deploy.tfrecord import trip
from lib.deploy.tfrecord.classify import classify_patches
from lib.deploy.tfrecord.mixer import Mixer
from lib.deploy.tfrecord.records import Patches
from lib.deploy.tfrecord.trip import (
    fetch_patches,
    patches_in,
    start_patches,
    upload_command,
    upload_patches,
)
from tests.deploy.conftest import GRID, LEGEND, NAMES, predictor_image, shuffled
from tests.deploy.forms import series_image
from tests.deploy.raster.networks import network_of
from tests.deploy.tfrecord.coming_back import Ingesting, on_grid

PATCH = 16
STEPS = 5
# 20 x 24 pixels and those around them are 2 x 2 patches of 16.
TOTAL = 4


@pytest.fixture
def bucket(google, gcs) -> Bucket:
    return Bucket(Cloud.of(google, gcs.url), "meadow", gcs.url)


def exported(google, bucket, predictors, run_dir: Path, tmp_path: Path) -> Patches:
    """Patches of an export that has ended, in a folder here."""
    task = start_patches(
        google, predictors, run_dir, GRID,
        bucket="meadow", name="trip/net", keep=tmp_path / "keep", patch=PATCH,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (task := task_of(google, task.id)).is_done:
        assert time.monotonic() < until, task
        time.sleep(0.02)
    assert (task.state, task.error) == ("SUCCEEDED", "")
    return fetch_patches(bucket, "trip/net", tmp_path / "patches")


@pytest.mark.parametrize("family", ["mlp", "gru", "fcn", "patch_cnn", "unet"])
def test_round_trip_gives_the_class_map_of_the_raster_route(
    family: str,
    google,
    bucket: Bucket,
    save_network: Callable[[Any], Path],
    tmp_path: Path,
) -> None:
    network = network_of(family, side=9 if family == "patch_cnn" else 8)
    run_dir = save_network(shuffled(network, 7) if family == "mlp" else network)
    predictors = series_image(google, STEPS) if family == "gru" else predictor_image(google)
    patches = exported(google, bucket, predictors, run_dir, tmp_path)

    made = classify_patches(
        run_dir, patches, tmp_path / "classes", legend=LEGEND, grid=GRID, keep=tmp_path / "keep"
    )

    expected = run_raster(
        google, predictors, run_dir, GRID, tmp_path / "map.tif",
        legend=LEGEND, keep=tmp_path / "keep2", plan=RasterPlan(block_side=PATCH),
    )  # fmt: skip
    with rasterio.open(expected.path) as file:
        classes = file.read(1)
    came = on_grid(made, GRID)
    assert np.array_equal(came, classes)
    assert len(np.unique(classes)) > 2
    assert (classes == NODATA).any()


@pytest.fixture
def run_dir(save_network: Callable[[Any], Path]) -> Path:
    return save_network(network_of("mlp"))


@pytest.fixture
def patches(google, bucket, run_dir, tmp_path) -> Patches:
    """An export in several files of one patch each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trip, "FILE_BYTES", 5_000)
        return exported(google, bucket, predictor_image(google), run_dir, tmp_path)


def test_export_in_several_files_keeps_their_order_and_pixels_outside_of_the_area_get_no_class(
    patches: Patches, run_dir: Path, tmp_path: Path
) -> None:
    lon, lat = GRID.lonlat([3, 12], [4, 18])
    aoi = Aoi.from_bounds(lon[0], lat[1], lon[1], lat[0])
    options = {"legend": LEGEND, "grid": GRID, "keep": tmp_path / "keep"}

    whole = classify_patches(run_dir, patches, tmp_path / "all", **options)
    part = classify_patches(run_dir, patches, tmp_path / "part", aoi=aoi, **options)

    assert len(patches.files) == TOTAL
    inside = GRID.inside(aoi)
    assert np.array_equal(on_grid(part, GRID), np.where(inside, on_grid(whole, GRID), NODATA))
    assert 0 < inside.sum() < inside.size


def test_classifying_that_was_stopped_goes_on_with_the_file_that_it_was_at(
    patches: Patches, run_dir: Path, tmp_path: Path
) -> None:
    options = {"legend": LEGEND, "grid": GRID, "keep": tmp_path / "keep"}
    whole = classify_patches(run_dir, patches, tmp_path / "whole", **options)
    told: list[str] = []

    with pytest.raises(Stopped, match=r"stopped after 2 of 4 patches"):
        classify_patches(
            run_dir, patches, tmp_path / "out", should_stop=lambda: len(told) == 2,
            on_progress=lambda share, words, left: told.append(words), **options,
        )  # fmt: skip
    told.clear()
    again = classify_patches(
        run_dir, patches, tmp_path / "out",
        on_progress=lambda share, words, left: told.append(words), **options,
    )  # fmt: skip

    assert told == ["Patch 3 of 4", "Patch 4 of 4", "All patches are classified"]
    assert [path.read_bytes() for path in again.files] == [
        path.read_bytes() for path in whole.files
    ]


def test_export_of_which_a_file_is_missing_is_refused(
    patches: Patches, run_dir: Path, tmp_path: Path
) -> None:
    fewer = replace(patches, files=patches.files[:-1])

    with pytest.raises(DeploymentError, match="hold 3 patches, and their mixer file tells of 4"):
        classify_patches(
            run_dir, fewer, tmp_path / "out", legend=LEGEND, grid=GRID, keep=tmp_path / "keep"
        )


def test_file_that_is_cut_off_or_of_other_bands_is_told_by_its_name(
    patches: Patches, run_dir: Path, tmp_path: Path
) -> None:
    options = {"legend": LEGEND, "grid": GRID, "keep": tmp_path / "keep"}
    first = patches.files[0]
    content = gzip.decompress(first.read_bytes())
    feature = {"other": tf.train.Feature(float_list=tf.train.FloatList(value=[1.0]))}
    other = tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()

    first.write_bytes(gzip.compress(content[: len(content) // 2]))
    with pytest.raises(DeploymentError, match=f"{first.name} holds no whole patches of 16 x 16"):
        classify_patches(run_dir, patches, tmp_path / "out", **options)
    with tf.io.TFRecordWriter(str(first), "GZIP") as file:
        file.write(other)
    with pytest.raises(DeploymentError, match=f"{first.name} .* the bands {NAMES[0]}"):
        classify_patches(run_dir, patches, tmp_path / "out", **options)
    assert list((tmp_path / "out").glob("net*")) == []


@pytest.mark.parametrize(
    "text", ["{}", "no json", '{"patchDimensions": [8, 8], "patchesPerRow": 0, "totalPatches": 4}']
)
def test_mixer_file_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "a-mixer.json").write_text(text)

    with pytest.raises(DeploymentError, match=r"a-mixer\.json is no mixer file"):
        Mixer.read(tmp_path / "a-mixer.json")


def test_folder_without_a_mixer_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a-00000.tfrecord.gz").write_bytes(b"")

    with pytest.raises(DeploymentError, match="1 files of records and 0 mixer files"):
        patches_in(tmp_path)


def test_classes_go_up_in_their_order_with_the_mixer_file_last(
    google,
    gcs,
    bucket: Bucket,
    patches: Patches,
    run_dir: Path,
    tmp_path: Path,
) -> None:
    made = classify_patches(
        run_dir, patches, tmp_path / "out", legend=LEGEND, grid=GRID, keep=tmp_path / "keep"
    )
    taking = Ingesting(google.door)

    task = upload_patches(
        replace(google, door=taking),
        made,
        bucket,
        asset="projects/local/assets/classes",
        folder="loam/net",
    )

    uris = [f"gs://meadow/loam/net/{path.name}" for path in (*made.files, made.mixer)]
    assert uris[-1].endswith("-mixer.json")
    assert uris[:-1] == sorted(uris[:-1])
    assert set(uris) <= {f"gs://{name}" for name in gcs.objects()}
    manifest = taking.orders[0]["imageManifest"]
    assert [source["uris"] for source in manifest["tilesets"][0]["sources"]] == [uris]
    assert manifest["missingData"] == {"values": [NODATA]}
    assert manifest["pyramidingPolicy"] == "MODE"
    assert "bands" not in manifest
    assert (task.id, task.kind) == ("ABC", "INGEST_IMAGE")
    assert upload_command("projects/p/assets/m", ["gs://b/a.tfrecord", "gs://b/m.json"]) == (
        "earthengine upload image --asset_id=projects/p/assets/m --pyramiding_policy=mode "
        "--nodata_value=255 gs://b/a.tfrecord gs://b/m.json"
    )
