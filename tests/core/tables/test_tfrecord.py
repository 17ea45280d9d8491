"""TFRecord without TensorFlow: what others wrote is read, what is damaged is refused."""

import gzip
import io
import struct

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.tables.reading import read_table
from lib.core.tables.tfrecord import read_example, records_of, write_example, write_records

# A tf.train.Example with the float a = 0.5, the whole number b = -3 and the text c = "x", as
# TensorFlow 2.21 writes it (deterministic).
BY_TENSORFLOW = bytes.fromhex(
    "0a300a0d0a0161120812060a040000003f0a130a0162120e1a0c0a0afdffffffffffffffff01"
    "0a0a0a016312050a030a0178"
)
# tf.io.TFRecordWriter, with the one record b"loam".
RECORD_BY_TENSORFLOW = bytes.fromhex("0400000000000000424552046c6f616d7c28c2c4")
# A tf.train.SequenceExample with a = 0.5 and the steps s = 1, 2.
SEQUENCE_BY_TENSORFLOW = bytes.fromhex(
    "0a0f0a0d0a0161120812060a040000003f121b0a190a017312140a0812060a040000803f0a0812060a0400000040"
)


def packed(*records, compress=True, tmp_path):
    path = tmp_path / "x.tfrecord.gz"
    write_records(path, records)
    data = path.read_bytes()
    return data if compress else gzip.decompress(data)


def test_example_when_written_and_read_keeps_numbers_text_and_lists():
    features = {
        "float": 0.1,
        "whole": -(2**40),
        "text": "Bäume",
        "list": np.array([1.5, np.inf], np.float32),
        "many": np.array([1, 2], np.int64),
    }

    found = read_example("x", write_example(features))

    assert found["float"] == np.float32(0.1)
    assert found["whole"] == -(2**40)
    assert found["text"] == "Bäume"
    assert found["list"].tolist() == [1.5, np.inf]
    assert found["list"].dtype == np.float32
    assert found["many"].tolist() == [1, 2]


def test_example_when_tensorflow_wrote_it_is_read_and_written_alike():
    features = {"a": 0.5, "b": -3, "c": "x"}

    assert read_example("x", BY_TENSORFLOW) == features
    assert write_example(features) == BY_TENSORFLOW


def test_sequence_example_when_read_gives_its_steps_as_a_list():
    found = read_example("x", SEQUENCE_BY_TENSORFLOW)

    assert found["a"] == 0.5
    assert found["s"].tolist() == [1.0, 2.0]


def test_record_when_tensorflow_wrote_it_is_read_and_written_alike(tmp_path):
    assert list(records_of("x", io.BytesIO(RECORD_BY_TENSORFLOW))) == [b"loam"]
    assert packed(b"loam", compress=False, tmp_path=tmp_path) == RECORD_BY_TENSORFLOW


@pytest.mark.parametrize("compress", [True, False], ids=["gzip", "plain"])
def test_table_when_it_is_tfrecord_has_a_row_a_record(compress, tmp_path):
    rows = [write_example({"B4": 0.5, "class": 3}), write_example({"B4": 0.25, "class": 1})]
    data = packed(*rows, compress=compress, tmp_path=tmp_path)

    frame = read_table({"x.tfrecord.gz": data})

    assert frame["B4"].tolist() == [0.5, 0.25]
    assert frame["class"].tolist() == [3, 1]


def damaged(data, tmp_path):
    broken = bytearray(packed(data, compress=False, tmp_path=tmp_path))
    broken[14] ^= 1
    return bytes(broken)


REFUSED = {
    "flipped": (damaged, "checksum is wrong"),
    "cut": (lambda d, t: packed(d, compress=False, tmp_path=t)[:-6], "is cut off"),
    "cut gzip": (lambda d, t: packed(d, tmp_path=t)[:-12], "is damaged"),
    "words": (lambda d, t: b"a,b\n1,2\n3,4\n", "damaged or no TFRecord"),
    "short": (lambda d, t: b"abc", "is damaged"),
    "huge": (lambda d, t: struct.pack("<Q", 2**62) + bytes(8), "checksum is wrong"),
    "nothing": (lambda d, t: b"", "has no records"),
    "no example": (lambda d, t: packed(b"\xff\xff", tmp_path=t), "no tf.train.Example"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_table_when_a_tfrecord_is_broken_is_refused_with_its_reason(case, tmp_path):
    make, reason = REFUSED[case]

    with pytest.raises(SampleError, match=reason):
        read_table({"x.tfrecord": make(write_example({"a": 1.0}), tmp_path)})
