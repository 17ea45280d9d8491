"""TFRecord files of tf.train.Example and tf.train.SequenceExample, written without TensorFlow.

Formats: tensorflow/core/example/example.proto and tensorflow.org/tutorials/load_data/tfrecord.
"""

import gzip
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.crc32c import masked_crc32c

Value = NDArray[Any] | Sequence[float] | float | str
_BYTES_LIST, _FLOAT_LIST = 1, 2


def example(features: Mapping[str, Value]) -> bytes:
    """A tf.train.Example: numbers become lists of floats, text a list of bytes."""
    return _field(1, _features(features))


def sequence_example(
    context: Mapping[str, Value], sequences: Mapping[str, Sequence[Value]]
) -> bytes:
    """A tf.train.SequenceExample: plain features, and lists of features over steps."""
    lists = b"".join(
        _field(1, _entry(name, b"".join(_field(1, _feature(step)) for step in steps)))
        for name, steps in sequences.items()
    )
    return _field(1, _features(context)) + _field(2, lists)


def _features(features: Mapping[str, Value]) -> bytes:
    return b"".join(_field(1, _entry(name, _feature(value))) for name, value in features.items())


def _entry(name: str, value: bytes) -> bytes:
    """An entry of a protocol buffer's map."""
    return _field(1, name.encode()) + _field(2, value)


def _feature(value: Value) -> bytes:
    if isinstance(value, str):
        return _field(_BYTES_LIST, _field(1, value.encode()))
    packed = np.asarray(value, "<f4").tobytes()
    return _field(_FLOAT_LIST, _field(1, packed))


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def record(data: bytes) -> bytes:
    """A record: length and data, each with its checksum."""
    length = struct.pack("<Q", len(data))
    checks = [struct.pack("<I", masked_crc32c(part)) for part in (length, data)]
    return length + checks[0] + data + checks[1]


class RecordFile:
    """Writes records to a file, compressed where wanted.

    Args:
        path: Of the file.
        compress: Whether it shall be a GZIP file.
    """

    def __init__(self, path: Path, *, compress: bool) -> None:
        """Open the file."""
        # Without a name and a time in its header the same records give the same bytes.
        self._raw = path.open("wb")
        self._file: IO[bytes] | gzip.GzipFile = (
            gzip.GzipFile("", "wb", 6, self._raw, mtime=0) if compress else self._raw
        )
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append a record."""
        written = record(data)
        self._file.write(written)
        self.size += len(written)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
        self._raw.close()


def write_records(path: Path, records: Iterable[bytes], *, compress: bool) -> None:
    """Write a whole file of records."""
    file = RecordFile(path, compress=compress)
    try:
        for data in records:
            file.write(data)
    finally:
        file.close()
