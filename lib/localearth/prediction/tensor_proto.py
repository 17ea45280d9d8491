"""TensorFlow's TensorProto as bytes, without TensorFlow.

The wire format of protocol buffers is a row of fields, each a key (number and kind) and a value.
Numbers of fields and types are those of `tensorflow/core/framework/tensor.proto`, `types.proto`.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError

_TYPE, _SHAPE, _CONTENT, _STRINGS = 1, 2, 4, 8  # fields of TensorProto
_DIM, _SIZE = 2, 1  # of TensorShapeProto and of its Dim
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # kinds of fields
_STRING = 7
MAX_ELEMENTS = 2**27

_DTYPES = {
    1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8",
    10: "?", 17: "<u2", 19: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
_NUMBERS = {np.dtype(name): number for number, name in _DTYPES.items()}
# Fields that list values one by one; integers of up to 32 bits share one.
_LISTS = {1: 5, 2: 6, 3: 7, 4: 7, 5: 7, 6: 7, 17: 7, 9: 10, 10: 11, 19: 13, 22: 16, 23: 17}


def encode(array: NDArray[Any]) -> bytes:
    """Write an array of numbers, or of texts, as a TensorProto.

    Raises:
        EarthError: TensorFlow has no such type.
    """
    if array.dtype.kind in "OU":
        texts = [str(text).encode() for text in array.ravel()]
        values = b"".join(_field(_STRINGS, text) for text in texts)
        return _head(_STRING, array.shape) + values
    number = _NUMBERS.get(array.dtype.newbyteorder("<"))
    if number is None:
        raise EarthError(f"A value of type {array.dtype} cannot be converted to a tensor.")
    content = np.ascontiguousarray(array, _DTYPES[number]).tobytes()
    return _head(number, array.shape) + (_field(_CONTENT, content) if content else b"")


def decode(data: bytes) -> NDArray[Any]:
    """Read a TensorProto; texts become an array of bytes objects.

    Raises:
        EarthError: It is cut off, too large, or of a type that is not numbers or texts.
    """
    try:
        fields = list(_fields(data))
        number = next((int(value) for field, value in fields if field == _TYPE), 0)
        shape = [size for field, value in fields if field == _SHAPE for size in _sizes(value)]
        count = _count(shape)
        values = _texts(fields) if number == _STRING else _numbers(fields, number)
        if len(values) != count:
            values = _extended(values, count)
        return values.reshape(shape)
    except (IndexError, KeyError, TypeError, ValueError, struct.error):
        raise EarthError("The endpoint answered with a malformed TensorProto.") from None


def _head(number: int, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(
        _field(_DIM, _key(_SIZE, _VARINT) + _varint(size) if size else b"") for size in shape
    )
    return _key(_TYPE, _VARINT) + _varint(number) + _field(_SHAPE, dims)


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _field(field: int, content: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        part = data[at]
        at += 1
        value |= (part & 0x7F) << shift
        if part < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers of the fields of a message, each with an int or with bytes."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        field, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _read_varint(data, at)
            yield field, value
            continue
        if kind == _BYTES:
            length, at = _read_varint(data, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}[kind]
        if at + length > len(data):
            raise ValueError
        yield field, data[at : at + length]
        at += length


def _sizes(shape: bytes) -> list[int]:
    """Lengths of the axes; one that is left out is 0, as all numbers of the format are."""
    dims = [value for field, value in _fields(shape) if field == _DIM]
    return [next((int(v) for field, v in _fields(dim) if field == _SIZE), 0) for dim in dims]


def _count(shape: list[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    if count > MAX_ELEMENTS:
        raise ValueError
    return count


def _texts(fields: list[tuple[int, Any]]) -> NDArray[Any]:
    found = [value for field, value in fields if field == _STRINGS]
    result = np.empty(len(found), object)
    result[:] = found
    return result


def _numbers(fields: list[tuple[int, Any]], number: int) -> NDArray[Any]:
    dtype = np.dtype(_DTYPES[number])
    content = b"".join(value for field, value in fields if field == _CONTENT)
    if content:
        return np.frombuffer(content, dtype)
    listed = [value for field, value in fields if field == _LISTS[number]]
    if dtype.kind == "f" and dtype.itemsize > 2:
        return np.frombuffer(b"".join(listed), dtype)
    return _integers([whole for value in listed for whole in _whole(value)], dtype)


def _whole(value: Any) -> list[int]:
    """One integer, or a packed row of them."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        whole, at = _read_varint(value, at)
        found.append(whole)
    return found


def _integers(values: list[int], dtype: np.dtype[Any]) -> NDArray[Any]:
    wide = np.array(values, np.uint64)
    if dtype == np.float16:
        return wide.astype(np.uint16).view(np.float16)
    return wide.view(np.int64).astype(dtype) if dtype.kind != "u" else wide.astype(dtype)


def _extended(values: NDArray[Any], count: int) -> NDArray[Any]:
    """The last value stands for all that are left out; none at all means zeros."""
    if len(values) > count:
        raise ValueError
    if not len(values):
        return np.zeros(count, values.dtype)
    return np.concatenate([values, np.repeat(values[-1:], count - len(values))])
