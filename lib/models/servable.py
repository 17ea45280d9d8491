"""A SavedModel as a function of JSON, in the forms of TensorFlow Serving."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import ModelError
from lib.models.runtime import prepare

SIGNATURE = "serving_default"
_BINARY = "_bytes"  # TensorFlow Serving answers outputs of such names as {"b64": …}


class RequestError(Exception):
    """A request that cannot be answered, with its HTTP status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Input:
    """One input of a signature.

    Attributes:
        dtype: NumPy type; object where inputs are texts.
        shape: With the batch first; None where an axis is free.
    """

    dtype: np.dtype[Any]
    shape: tuple[int | None, ...] | None


class Servable:
    """A SavedModel as a function of JSON instances.

    Args:
        directory: Of the SavedModel.
        name: Of the model in addresses; empty for that of the folder.

    Raises:
        ModelError: There is no SavedModel, or it lacks the signature `SIGNATURE`.
    """

    def __init__(self, directory: Path, *, name: str = "") -> None:
        self.name = name or directory.resolve().name
        self._loaded = _loaded(directory)  # the variables live as long as what was loaded
        self._signatures = {
            key: _Signature(function) for key, function in self._loaded.signatures.items()
        }

    def predict(self, body: bytes) -> list[Any]:
        """Answer a request's instances with one prediction each.

        Args:
            body: `{"instances": [...]}`, and perhaps "signature_name"; an instance is an object
                of named inputs, or the input itself where there is only one.

        Raises:
            RequestError: The body has another form, or the model refuses it.
        """
        parsed = _object(body)
        name = parsed.get("signature_name", SIGNATURE)
        if not isinstance(name, str) or name not in self._signatures:
            raise RequestError(
                f"There is no signature {name!r}; there are {sorted(self._signatures)}."
            )
        return self._signatures[name].predict(_instances(parsed))


class _Signature:
    """One signature of a SavedModel as a function of instances."""

    def __init__(self, function: Any) -> None:
        self._function = function
        _, named = function.structured_input_signature
        self.inputs = {key: _input_of(spec) for key, spec in named.items()}

    def predict(self, instances: list[Any]) -> list[Any]:
        columns = self._columns(instances)
        arrays = {key: _array(key, columns[key], kind) for key, kind in self.inputs.items()}
        found = {key: value.numpy() for key, value in self._run(arrays).items()}
        for key, value in found.items():
            if not value.ndim or len(value) != len(instances):
                raise RequestError(f"Output {key} has no row for each instance.", status=500)
        listed = {key: _plain(key, value) for key, value in found.items()}
        if len(listed) == 1:
            return list(*listed.values())
        return [
            {key: rows[position] for key, rows in listed.items()}
            for position in range(len(instances))
        ]

    def _columns(self, instances: list[Any]) -> dict[str, list[Any]]:
        first = instances[0]
        if not (isinstance(first, dict) and set(first) != {"b64"}):
            if len(self.inputs) != 1:
                raise RequestError(f"Instances must name the inputs {sorted(self.inputs)}.")
            return {next(iter(self.inputs)): instances}
        for instance in instances:
            if not isinstance(instance, dict) or set(instance) != set(self.inputs):
                came = sorted(instance) if isinstance(instance, dict) else "no names"
                raise RequestError(
                    f"Every instance must have the inputs {sorted(self.inputs)}; came {came}."
                )
        return {key: [instance[key] for instance in instances] for key in self.inputs}

    def _run(self, arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, Any]:
        import tensorflow as tf  # slow import

        try:
            tensors = {key: tf.constant(array) for key, array in arrays.items()}
            answer: Mapping[str, Any] = self._function(**tensors)
        except (tf.errors.OpError, ValueError, TypeError) as error:
            raise RequestError(str(error).splitlines()[0]) from None
        return answer


def _loaded(directory: Path) -> Any:
    if not (directory / "saved_model.pb").is_file():
        raise ModelError(
            f"There is no SavedModel in {directory}.",
            hint="Name the folder that holds saved_model.pb.",
        )
    prepare()
    import tensorflow as tf  # slow import

    try:
        loaded = tf.saved_model.load(str(directory))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise ModelError(f"The SavedModel in {directory} cannot be read: {error}") from None
    if SIGNATURE not in loaded.signatures:
        raise ModelError(
            f"The SavedModel in {directory} has no signature {SIGNATURE}; it has "
            f"{', '.join(loaded.signatures) or 'none'}."
        )
    return loaded


def _input_of(spec: Any) -> Input:
    shape = None if spec.shape.rank is None else tuple(spec.shape.as_list())
    return Input(np.dtype(spec.dtype.as_numpy_dtype), shape)


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError("The body is not JSON.") from None
    return parsed if isinstance(parsed, dict) else {}


def _instances(parsed: Mapping[str, Any]) -> list[Any]:
    instances = parsed.get("instances")
    if not isinstance(instances, list) or not instances:
        raise RequestError("The body must be an object with a list 'instances'.")
    return instances


def _array(name: str, values: list[Any], kind: Input) -> NDArray[Any]:
    found = _texts(name, values) if kind.dtype == object else _numbers(name, values, kind.dtype)
    wanted = kind.shape
    if wanted is not None and not _fits(found.shape, wanted):
        raise RequestError(
            f"Input {name} has the shape {list(found.shape)}; {list(wanted)} is wanted, where "
            "None is any length."
        )
    return found


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        length in (None, found) for found, length in zip(shape, wanted, strict=True)
    )


def _numbers(name: str, values: list[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        found = np.array(values)
        if found.dtype.kind not in "fiub":
            raise ValueError
        return found.astype(dtype)
    except (ValueError, OverflowError):
        raise RequestError(
            f"Input {name} must be numbers of one shape in every instance."
        ) from None


def _texts(name: str, values: list[Any]) -> NDArray[Any]:
    shape = np.shape(np.array(values, object))
    flat = np.empty(shape, object)
    for at in np.ndindex(*shape):
        value: Any = values
        for step in at:
            value = value[step]
        flat[at] = _text(name, value)
    return flat


def _text(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    coded = value.get("b64") if isinstance(value, dict) else None
    if not isinstance(coded, str):
        raise RequestError(f'Input {name} must be texts, or bytes as {{"b64": "…"}}.')
    plain = coded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(f"Input {name} holds malformed base64.") from None


def _plain(name: str, value: NDArray[Any]) -> list[Any]:
    if value.dtype != object:
        listed: list[Any] = value.tolist()
        return listed
    if value.ndim > 1:
        return [_plain(name, row) for row in value]
    return [_bytes(name, item) for item in value]


def _bytes(name: str, value: bytes) -> Any:
    try:
        if not name.endswith(_BINARY):
            return value.decode()
    except UnicodeDecodeError:
        pass
    return {"b64": base64.b64encode(value).decode()}
