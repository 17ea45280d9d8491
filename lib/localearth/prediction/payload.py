"""Payload formats: how inputs become JSON instances, and predictions arrays again.

developers.google.com/earth-engine/guides/ee-vertex-payload-formats
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError, NotImplementedHere
from lib.localearth.prediction import tensor_proto

Arrays = Mapping[str, NDArray[Any]]
DEFAULT = "SERIALIZED_TF_TENSORS"
_GRPC = ("GRPC_TF_TENSORS", "GRPC_SERIALIZED_TF_TENSORS", "GRPC_TF_EXAMPLES")


@dataclass(frozen=True)
class PayloadFormat:
    """One format.

    Attributes:
        instance: Writes named inputs as one JSON instance.
        value: Reads one output of a prediction.
    """

    instance: Callable[[Arrays], str]
    value: Callable[[Any], NDArray[Any]]


def format_named(name: str) -> PayloadFormat:
    """A payload format by name.

    Raises:
        NotImplementedHere: It needs gRPC.
        EarthError: There is none of that name.
    """
    if name in _GRPC:
        raise NotImplementedHere(
            f"Local Earth does not send the payload format {name}, which needs gRPC. "
            f"It sends {', '.join(_FORMATS)}."
        )
    if name not in _FORMATS:
        raise EarthError(
            f"Unknown payload format '{name}'. Expected one of: {[*_FORMATS, *_GRPC]}."
        )
    return _FORMATS[name]


def outputs(prediction: Any, names: tuple[str, ...], read: Callable[[Any], Any]) -> dict[str, Any]:
    """Read the named outputs of a prediction; an only one need not be named.

    Raises:
        EarthError: One is missing.
    """
    named = isinstance(prediction, dict) and "b64" not in prediction
    if not named and len(names) == 1:
        return {names[0]: read(prediction)}
    if not named:
        raise EarthError(f"The prediction must name its outputs {list(names)}; it names none.")
    missing = [name for name in names if name not in prediction]
    if missing and len(names) == len(prediction) == 1:
        return {names[0]: read(*prediction.values())}
    if missing:
        raise EarthError(
            f"The prediction has no output '{missing[0]}'. Outputs: {sorted(prediction)}."
        )
    return {name: read(prediction[name]) for name in names}


def _serialized(inputs: Arrays) -> str:
    """One web-safe base64 text a name, which is what TensorFlow's decode_base64 reads."""
    encoded = {
        name: base64.urlsafe_b64encode(tensor_proto.encode(array)).decode().rstrip("=")
        for name, array in inputs.items()
    }
    return json.dumps(encoded)


def _deserialized(value: Any) -> NDArray[Any]:
    text = value.get("b64") if isinstance(value, dict) else value
    while isinstance(text, list) and len(text) == 1:
        (text,) = text
    if not isinstance(text, str):
        raise EarthError("The endpoint must answer with serialized tensors as base64 texts.")
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise EarthError("The endpoint answered with malformed base64.") from None
    return tensor_proto.decode(data)


def _raw(inputs: Arrays) -> str:
    """Nested lists by name, every number as a text."""
    return json.dumps({name: array.astype(str).tolist() for name, array in inputs.items()})


def _nested(inputs: Arrays) -> str:
    """Nested lists of numbers without names."""
    arrays = list(inputs.values())
    if len(arrays) == 1:
        return json.dumps(arrays[0].tolist())
    if choice("nd_arrays_of_bands") == "list":
        return json.dumps([array.tolist() for array in arrays])
    try:
        return json.dumps(np.concatenate(arrays, axis=-1).tolist())
    except ValueError:
        raise EarthError(
            "ND_ARRAYS needs inputs of one shape, which are joined along their last axis. "
            f"Shapes: {[list(array.shape) for array in arrays]}."
        ) from None


def _numbers(value: Any) -> NDArray[Any]:
    try:
        found = np.asarray(value)
        return found.astype(np.float64) if found.dtype.kind in "USO" else found
    except (TypeError, ValueError):
        raise EarthError("The endpoint must answer with numbers in nested lists.") from None


_FORMATS = {
    DEFAULT: PayloadFormat(_serialized, _deserialized),
    "RAW_JSON": PayloadFormat(_raw, _numbers),
    "ND_ARRAYS": PayloadFormat(_nested, _numbers),
}
