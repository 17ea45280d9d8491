"""TFRecord files: checksums of their definition, and what TensorFlow's own reader makes of them."""

import google_crc32c
import numpy as np
import pytest

from lib.localearth import tfrecord
from lib.localearth.crc32c import crc32c, masked_crc32c

# RFC 3720 (iSCSI), appendix B.4.
RFC = {
    "zeros": (bytes(32), 0x8A9136AA),
    "ones": (b"\xff" * 32, 0x62A8AB43),
    "ascending": (bytes(range(32)), 0x46DD794E),
    "descending": (bytes(range(31, -1, -1)), 0x113FDB5C),
}


@pytest.mark.parametrize(("data", "expected"), RFC.values(), ids=RFC)
def test_crc32c_of_the_rfc_is_that_of_the_rfc(data, expected):
    assert crc32c(data) == expected


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 65_537, 300_001])
def test_crc32c_of_any_length_is_that_of_googles_library(size):
    data = np.random.default_rng(size).bytes(size)

    assert crc32c(data) == google_crc32c.value(data)


def test_masked_crc32c_is_rotated_and_moved():
    """tsl/lib/hash/crc32c.h: rotate right by 15 bits and add 0xa282ead8."""
    plain = 0x8A9136AA
    rotated = (plain >> 15) | ((plain << 17) & 0xFFFFFFFF)

    assert masked_crc32c(bytes(32)) == (rotated + 0xA282EAD8) % 2**32


@pytest.fixture(scope="module")
def tf():
    import tensorflow  # slow import

    return tensorflow


@pytest.mark.parametrize("compress", [False, True])
def test_examples_when_read_by_tensorflow_are_those_written(compress, tf, tmp_path):
    path = tmp_path / "a.tfrecord"
    pixels = np.arange(300 * 300, dtype=np.float32) / 7
    records = [
        tfrecord.example({"B4": pixels, "n": number, "name": "Wiese ß"}) for number in range(3)
    ]

    tfrecord.write_records(path, records, compress=compress)
    read = tf.data.TFRecordDataset(str(path), compression_type="GZIP" if compress else "")
    rows = [tf.train.Example.FromString(row.numpy()) for row in read]

    assert [row.features.feature["n"].float_list.value[0] for row in rows] == [0, 1, 2]
    np.testing.assert_array_equal(rows[2].features.feature["B4"].float_list.value, pixels)
    assert rows[0].features.feature["name"].bytes_list.value[0].decode() == "Wiese ß"


def test_sequence_example_when_parsed_by_tensorflow_has_context_and_steps(tf):
    data = tfrecord.sequence_example({"slope": 0.5}, {"ndvi": [[1.0], [2.0], [3.5]]})

    context, steps = tf.io.parse_single_sequence_example(
        data,
        context_features={"slope": tf.io.FixedLenFeature([], tf.float32)},
        sequence_features={"ndvi": tf.io.FixedLenSequenceFeature([], tf.float32)},
    )

    assert context["slope"].numpy() == 0.5
    assert steps["ndvi"].numpy().tolist() == [1.0, 2.0, 3.5]


def test_file_when_written_twice_has_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        tfrecord.write_records(tmp_path / name, [tfrecord.example({"x": 1})], compress=True)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
