"""A network as a TFLite file, and LiteRT, which runs it without TensorFlow.

Measured on two cores: a small MLP maps 9.9 million pixels a second with one interpreter of one
thread per core, against 6.0 as a graph of TensorFlow, in a process of 35 MB against 490.
"""

import os
import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import DeploymentError
from lib.models.networks import assign_weights

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
_RECURRENT_KEY = "unroll"

Floats = NDArray[np.float32]


def lite_bytes(network: Any, *, numbers: str = FLOAT32) -> bytes:
    """Write a network as a TFLite file of built-in operations.

    Recurrent layers are unrolled: as loops they need operations that no interpreter here has.
    Quantising in int8 may end the process of a network that cannot be quantised; do it in one of
    its own.

    Args:
        network: A Keras network; the names of its inputs become those of the file.
        numbers: "float32", "float16" (half the size) or "int8" (weights in eight bits by their
            range, computing in float: a quarter of the size).

    Raises:
        DeploymentError: TensorFlow cannot convert it; the message has its reason.
    """
    import tensorflow as tf  # slow import

    twin = unrolled(network)
    # Not `from_concrete_functions([f], twin)`, which writes a file that answers NaN.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([_graph_of(twin)])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if numbers != FLOAT32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if numbers == FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    try:
        return bytes(converter.convert())
    except Exception as error:
        raise DeploymentError(
            f"TensorFlow cannot write this network as TFLite: {_first_line(error)}",
            hint="Take the SavedModel or the Keras file instead.",
        ) from error


def unrolled(network: Any) -> Any:
    """Give a network with each recurrent layer written out date by date; itself if it has none."""
    import keras  # slow import

    config = network.get_config()
    if not _unroll(config):
        return network
    twin = type(network).from_config(config)
    if not isinstance(twin, keras.Model) or not twin.built:
        raise DeploymentError("A network of this kind cannot be written out date by date.")
    assign_weights(twin, [weight.numpy() for weight in network.weights])
    return twin


def _unroll(config: Any) -> bool:
    """Ask for unrolling wherever a layer can; tells whether one can."""
    parts = config.values() if isinstance(config, dict) else config
    if not isinstance(config, dict | list | tuple):
        return False
    found = [_unroll(part) for part in parts]
    if isinstance(config, dict) and _RECURRENT_KEY in config:
        config[_RECURRENT_KEY] = True
        return True
    return any(found)


def _graph_of(network: Any) -> Any:
    import tensorflow as tf  # slow import

    names = input_names(network)
    signature = [
        tf.TensorSpec(tensor.shape, tf.float32, name=name)
        for tensor, name in zip(network.inputs, names, strict=True)
    ]

    @tf.function(input_signature=signature, jit_compile=False)  # type: ignore[untyped-decorator]
    def run(*inputs: Any) -> Any:
        return network(list(inputs) if len(inputs) > 1 else inputs[0], training=False)

    return run.get_concrete_function()


def input_names(network: Any) -> list[str]:
    """Names of a network's inputs in its order; the first input of several may be a mask."""
    return [str(tensor.name) for tensor in network.inputs]


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


class LiteNetwork:
    """Runs a TFLite file over any number of samples, from many threads at once.

    Args:
        content: The file.
        names: Names of its inputs, in the order in which `__call__` takes them.
        batch: Samples in one call of an interpreter.
        count: Interpreters of one thread each; None for one a core. An interpreter serves one
            caller at a time, so that this is also how many calls run at once.
    """

    def __init__(
        self, content: bytes, names: Sequence[str], *, batch: int, count: int | None = None
    ) -> None:
        self._content = content
        self._names = list(names)
        self._batch = batch
        self.threads = count or os.cpu_count() or 1
        self._free: queue.LifoQueue[_Interpreter] = queue.LifoQueue()
        for _ in range(self.threads):
            self._free.put(_Interpreter(content, self._names))

    def __call__(self, *inputs: Floats) -> Floats:
        """Give the network's answer, first axis samples, for inputs of equal length."""
        with self._borrowed() as interpreter:
            return interpreter.run(inputs, self._batch)

    @contextmanager
    def _borrowed(self) -> Iterator["_Interpreter"]:
        interpreter = self._free.get()
        try:
            yield interpreter
        finally:
            self._free.put(interpreter)


class _Interpreter:
    """One interpreter and the shapes that it has memory for."""

    def __init__(self, content: bytes, names: Sequence[str]) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._lite = Interpreter(model_content=content, num_threads=1)
        found = {
            _bare(detail["name"]): detail["index"] for detail in self._lite.get_input_details()
        }
        missing = [name for name in names if name not in found]
        if missing:
            raise DeploymentError(
                f"The TFLite file has no input “{missing[0]}”; it has {', '.join(found)}."
            )
        self._places = [found[name] for name in names]
        self._shapes: list[tuple[int, ...]] = []

    def run(self, inputs: Sequence[Floats], batch: int) -> Floats:
        count = len(inputs[0])
        step = min(batch, count)
        answers = [
            self._once([_filled(one[first : first + step], step) for one in inputs])[
                : count - first
            ]
            for first in range(0, count, step)
        ]
        return np.concatenate(answers) if len(answers) > 1 else answers[0]

    def _once(self, inputs: list[Floats]) -> Floats:
        shapes = [one.shape for one in inputs]
        if shapes != self._shapes:
            for place, shape in zip(self._places, shapes, strict=True):
                self._lite.resize_tensor_input(place, shape)
            self._lite.allocate_tensors()
            self._shapes = shapes
        for place, one in zip(self._places, inputs, strict=True):
            self._lite.set_tensor(place, one)
        self._lite.invoke()
        answer: Floats = self._lite.get_tensor(self._lite.get_output_details()[0]["index"])
        return answer


def _filled(values: Floats, count: int) -> Floats:
    """Values as the interpreter takes them, with zeros behind up to a count."""
    if len(values) == count:
        return np.ascontiguousarray(values, np.float32)
    filled = np.zeros((count, *values.shape[1:]), np.float32)
    filled[: len(values)] = values
    return filled


def _bare(name: str) -> str:
    """The name of an input without what the converter adds."""
    return name.partition(":")[0].removeprefix("serving_default_")
