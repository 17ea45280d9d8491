"""TFRecord exports, read again as the guide says: tensors, overlaps, drops and the mixer.

Form: developers.google.com/earth-engine/guides/tfrecord.
"""

import json

import ee
import numpy as np
import pytest

from tests.localearth.batches import finished, outside
from tests.localearth.test_exports import SCENE, TRANSFORM, place, table  # noqa: F401


@pytest.fixture(scope="module")
def tf():
    import tensorflow  # slow import

    return tensorflow


def export(image, **options):
    task = ee.batch.Export.image.toDrive(
        image, "patches", fileFormat="TFRecord", formatOptions=options, **place()
    )
    task.start()
    return finished(task)


def read(tf, home, size, names=("red", "nir"), *, compressed=False):
    """All patches by band, `(patches, rows, columns)`, by the guide's own recipe."""
    folder = outside(home, "drive")
    files = sorted(str(path) for path in folder.glob("patches-*.tfrecord*"))
    shapes = {name: tf.io.FixedLenFeature(size, tf.float32) for name in names}
    records = tf.data.TFRecordDataset(files, compression_type="GZIP" if compressed else "")
    parsed = [tf.io.parse_single_example(record, shapes) for record in records]
    return {name: np.stack([row[name].numpy() for row in parsed]) for name in names}


def test_patches_without_margin_cut_the_image_row_by_row(tf, door, scene, home):
    """The 30 x 20 pixels hold 3 x 2 patches of 8 x 8; the rest is dropped."""
    status = export(ee.Image(SCENE), patchDimensions=[8, 8], compressed=True)
    found = read(tf, home, [8, 8], compressed=True)
    mixer = json.loads(outside(home, "drive", "patches-mixer.json").read_text())

    assert status["state"] == "COMPLETED", status
    expected = scene[1, :16, :24].reshape(2, 8, 3, 8).swapaxes(1, 2).reshape(6, 8, 8)
    np.testing.assert_array_equal(found["nir"], expected)
    assert mixer == {
        "projection": {"crs": "EPSG:32633", "affine": {"doubleMatrix": TRANSFORM}},
        "patchDimensions": [8, 8],
        "patchesPerRow": 3,
        "totalPatches": 6,
    }


def test_patches_with_kernel_overlap_by_half_of_it_on_each_side(tf, door, scene, home):
    export(ee.Image(SCENE), patchDimensions=[10, 10], kernelSize=[4, 4], defaultValue=-5)
    found = read(tf, home, [14, 14])["nir"]

    padded = np.pad(scene[1], 2, constant_values=-5)
    assert found.shape == (6, 14, 14)
    np.testing.assert_array_equal(found[0], padded[:14, :14])
    np.testing.assert_array_equal(found[4], padded[10:24, 10:24])


def test_patches_when_too_much_is_masked_are_dropped_and_there_is_no_mixer(tf, door, scene, home):
    image = ee.Image(SCENE).updateMask(
        ee.Image.pixelCoordinates("EPSG:32633").select("x").gt(500_100)
    )
    export(image, patchDimensions=[10, 10], maskedThreshold=0.5)
    found = read(tf, home, [10, 10])["nir"]

    np.testing.assert_array_equal(found[0], scene[1, :10, 10:20])
    assert len(found) == 4
    assert not outside(home, "drive", "patches-mixer.json").exists()


def test_patches_when_files_are_small_are_spread_over_numbered_files(tf, door, scene, home):
    export(ee.Image(SCENE), patchDimensions=[10, 10], maxFileSize=2000)
    names = sorted(path.name for path in outside(home, "drive").glob("*.tfrecord"))

    assert names == [f"patches-{number:05d}.tfrecord" for number in range(3)]
    assert len(read(tf, home, [10, 10])["red"]) == 6


def test_bands_when_collapsed_become_one_tensor_of_channels(tf, door, scene, home):
    export(ee.Image(SCENE), patchDimensions=[10, 10], collapseBands=True)
    found = read(tf, home, [2, 10, 10], ["red"])["red"]

    np.testing.assert_array_equal(found[0], scene[:, :10, :10])


def test_array_bands_when_given_a_depth_become_channels(tf, door, scene, home):
    image = ee.Image(SCENE).toArray().rename("both")
    export(image, patchDimensions=[10, 10], tensorDepths={"both": 3})
    found = read(tf, home, [3, 10, 10], ["both"])["both"]

    np.testing.assert_array_equal(found[1, :2], scene[:, :10, 10:20])
    assert (found[1, 2] == 0).all()


def test_sequence_data_when_asked_for_is_one_record_for_each_pixel(tf, door, scene, home):
    image = ee.Image(SCENE).select("nir").addBands(ee.Image(SCENE).toArray().rename("both"))
    export(image, patchDimensions=[2, 2], tensorDepths={"both": 2}, sequenceData=True)
    file = str(outside(home, "drive", "patches-00000.tfrecord"))
    records = list(tf.data.TFRecordDataset(file))
    context, steps = tf.io.parse_single_sequence_example(
        records[5],  # the second pixel of the second patch
        context_features={"nir": tf.io.FixedLenFeature([1], tf.float32)},
        sequence_features={"both": tf.io.FixedLenSequenceFeature([1], tf.float32)},
    )

    assert context["nir"].numpy().tolist() == [scene[1, 0, 3]]
    assert steps["both"].numpy().ravel().tolist() == scene[:, 0, 3].tolist()


def test_array_band_without_a_depth_fails_and_says_so(door, scene):
    status = export(ee.Image(SCENE).toArray().rename("both"), patchDimensions=[10, 10])

    assert status["state"] == "FAILED"
    assert "Band 'both' is array-valued" in status["error_message"]


def test_table_when_exported_is_one_compressed_file_of_floats(tf, table, home):  # noqa: F811
    task = ee.batch.Export.table.toDrive(table, "rows", fileFormat="TFRecord")
    task.start()
    assert finished(task)["state"] == "COMPLETED"

    file = str(outside(home, "drive", "rows.tfrecord.gz"))
    records = list(tf.data.TFRecordDataset(file, compression_type="GZIP"))
    shapes = {
        "size": tf.io.FixedLenFeature([1], tf.float32),
        "pair": tf.io.FixedLenFeature([2], tf.float32),
        "name": tf.io.FixedLenFeature([], tf.string),
    }
    rows = [tf.io.parse_single_example(record, shapes) for record in records]

    assert [row["size"].numpy()[0] for row in rows] == [2.5, 7.0]
    assert rows[1]["pair"].numpy().tolist() == [3.0, 4.0]
    assert rows[0]["name"].numpy() == b"b"
