"""Our TensorProto against TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from lib.localearth.errors import EarthError
from lib.localearth.prediction import tensor_proto

ARRAYS = {
    "float32": np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4),
    "float64": np.array([[1.5], [-2.25]]),
    "float16": np.array([0.5, 2], np.float16),
    "int8": np.array([-3, 4], np.int8),
    "uint8": np.arange(300, dtype=np.uint8).reshape(20, 15),
    "int16": np.array([-300], np.int16),
    "uint16": np.array([60000], np.uint16),
    "int32": np.array([[-70000, 70000]], np.int32),
    "uint32": np.array([4_000_000_000], np.uint32),
    "int64": np.array([-(2**40), 2**40]),
    "bool": np.array([True, False]),
    "scalar": np.array(2.5, np.float32),
    "no elements": np.zeros((0, 3), np.float32),
}
each_array = pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())


@each_array
def test_encode_when_tensorflow_serializes_the_same_array_gives_the_same_bytes(array):
    assert tensor_proto.encode(array) == tf.io.serialize_tensor(array).numpy()


@each_array
def test_decode_when_tensorflow_lists_values_one_by_one_gives_the_array(array):
    """`make_tensor_proto` of a list writes float_val, int_val and their like."""
    listed = tf.make_tensor_proto(array.tolist(), dtype=array.dtype, shape=array.shape)

    found = tensor_proto.decode(listed.SerializeToString())

    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


def test_decode_when_repeated_values_are_left_out_repeats_the_last():
    """`tensor.proto`: fewer values than elements mean that the last one is repeated."""
    listed = tensor_pb2.TensorProto(dtype=1, float_val=[1, 7])
    listed.tensor_shape.dim.add(size=4)

    np.testing.assert_array_equal(tensor_proto.decode(listed.SerializeToString()), [1, 7, 7, 7])


def test_texts_when_encoded_are_read_by_tensorflow_and_back():
    texts = np.array(["oak", "Fläche"], object)

    data = tensor_proto.encode(texts)

    assert tf.io.parse_tensor(data, tf.string).numpy().tolist() == [b"oak", "Fläche".encode()]
    assert tensor_proto.decode(data).tolist() == [b"oak", "Fläche".encode()]


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",
        b"\x08\x01\x22\xff",
        b"\xff" * 20,
        b"\x08\x63\x12\x00",
        b"\x08\x01\x12\x09\x12\x07\x08" + b"\xff" * 5 + b"\x7f",
    ],
    ids=["cut key", "cut content", "endless number", "unknown type", "far too many elements"],
)
def test_decode_when_bytes_are_malformed_refuses_them(data):
    with pytest.raises(EarthError, match="malformed TensorProto"):
        tensor_proto.decode(data)
