"""TFRecord files of tf.train.Example, without TensorFlow: the web process reads them too.

The messages are those of tensorflow/core/example/{example,feature}.proto, built at run time, so
that protobuf does the wire format; the frame of a record is that of
tensorflow.org/tutorials/load_data/tfrecord.
"""

import functools
import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import google_crc32c
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from lib.core.errors import SampleError

MAX_BYTES = 8 * 2**30
_MASK_DELTA = 0xA282EAD8  # tensorflow/tsl/lib/hash/crc32c.h
_PACKAGE = "loam.tensorflow"
_Field = descriptor_pb2.FieldDescriptorProto
_ONE, _MANY = _Field.LABEL_OPTIONAL, _Field.LABEL_REPEATED


def records_of(name: str, source: IO[bytes]) -> Iterator[bytes]:
    """Read the records of a file, which may be a GZIP file.

    Args:
        name: Of the file, for messages.
        source: The file from its beginning.

    Raises:
        SampleError: It is no TFRecord, damaged, or cut off.
    """
    packed = source.read(2) == b"\x1f\x8b"
    source.seek(0)
    file: Any = gzip.GzipFile(fileobj=source) if packed else source
    total = 0
    try:
        while head := file.read(12):
            (length,) = struct.unpack("<Q", _checked(name, head[:8], head[8:]))
            total += length
            if total > MAX_BYTES:
                raise _error(name, f"holds more than {MAX_BYTES // 2**30} GB")
            body = file.read(length + 4)
            if len(body) < length + 4:
                raise _error(name, "is cut off")
            yield _checked(name, body[:-4], body[-4:])
    except (OSError, EOFError, struct.error, zlib.error, OverflowError, MemoryError):
        raise _error(name, "is damaged") from None


def read_example(name: str, data: bytes) -> dict[str, Any]:
    """Read a tf.train.Example, or a SequenceExample whose steps become rows of arrays.

    Args:
        name: Of the file, for messages.
        data: A record.

    Returns:
        Numbers, text, arrays (values,) and (steps, values) by feature, sorted by name; None where
        it is empty.
    """
    try:
        found = _message().FromString(data)
    except DecodeError:
        raise _error(name, "holds records that are no tf.train.Example") from None
    # A protocol buffer's map has no order; names give the same one every time.
    plain = {key: _value(feature) for key, feature in sorted(found.features.feature.items())}
    for key, steps in sorted(found.feature_lists.feature_list.items()):
        plain[key] = np.array([_value(step) for step in steps.feature])
    return plain


def write_example(features: Mapping[str, Any]) -> bytes:
    """Write a tf.train.Example: text as bytes, whole numbers as int64, else float32."""
    example = _message()()
    for name, value in features.items():
        feature = example.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode())
        elif np.asarray(value).dtype.kind in "iub":
            feature.int64_list.value.extend(np.ravel(value).tolist())
        else:
            feature.float_list.value.extend(np.ravel(value).tolist())
    data: bytes = example.SerializeToString(deterministic=True)
    return data


def write_records(path: Path, records: Iterable[bytes]) -> None:
    """Write a GZIP file of records; the same records give the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for data in records:
            length = struct.pack("<Q", len(data))
            file.write(length + _masked(length) + data + _masked(data))


def _checked(name: str, data: bytes, checksum: bytes) -> bytes:
    if _masked(data) != checksum:
        raise _error(name, "is damaged or no TFRecord: a checksum is wrong")
    return data


def _masked(data: bytes) -> bytes:
    plain = google_crc32c.value(data)
    rotated = (plain >> 15 | plain << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + _MASK_DELTA) & 0xFFFFFFFF)


def _value(feature: Any) -> Any:
    kind = feature.WhichOneof("kind")
    values = getattr(feature, kind).value if kind else ()
    if not values:
        return None
    if kind == "bytes_list":
        return values[0].decode("utf-8", errors="replace")
    if len(values) == 1:
        return values[0]
    return np.array(values, np.float32 if kind == "float_list" else np.int64)


@functools.cache
def _message() -> Any:
    """The message class of an Example that may also have the lists of a SequenceExample."""
    file = descriptor_pb2.FileDescriptorProto(
        name="loam_example.proto", package=_PACKAGE, syntax="proto3"
    )
    _add(file, "BytesList", ("value", 1, _Field.TYPE_BYTES, _MANY))
    _add(file, "FloatList", ("value", 1, _Field.TYPE_FLOAT, _MANY))
    _add(file, "Int64List", ("value", 1, _Field.TYPE_INT64, _MANY))
    kinds = ("bytes_list", "BytesList"), ("float_list", "FloatList"), ("int64_list", "Int64List")
    feature = _add(file, "Feature", *((name, k, of, _ONE) for k, (name, of) in enumerate(kinds, 1)))
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    _add(file, "FeatureList", ("feature", 1, "Feature", _MANY))
    _add_map(file, "Features", "feature", "Feature")
    _add_map(file, "FeatureLists", "feature_list", "FeatureList")
    _add(file, "Example", ("features", 1, "Features", _ONE),
         ("feature_lists", 2, "FeatureLists", _ONE))  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Example"))


def _add(file: Any, name: str, *fields: tuple[str, int, int | str, int]) -> Any:
    """Add a message; a type that is text is that of another message."""
    message = file.message_type.add(name=name)
    _fill(message, fields)
    return message


def _fill(message: Any, fields: Iterable[tuple[str, int, int | str, int]]) -> None:
    for name, number, kind, label in fields:
        field = message.field.add(name=name, number=number, label=label)
        if isinstance(kind, str):
            field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
        else:
            field.type = kind


def _add_map(file: Any, name: str, field: str, of: str) -> None:
    """Add a message with one map from text; the wire has it as repeated entries."""
    entry = "".join(part.capitalize() for part in field.split("_")) + "Entry"
    message = _add(file, name, (field, 1, f"{name}.{entry}", _MANY))
    nested = message.nested_type.add(name=entry)
    nested.options.map_entry = True
    _fill(nested, (("key", 1, _Field.TYPE_STRING, _ONE), ("value", 2, of, _ONE)))


def _error(name: str, what: str) -> SampleError:
    return SampleError(f"“{name}” {what}.", hint="Export it again.", field="upload")
