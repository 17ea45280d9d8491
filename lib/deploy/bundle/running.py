"""Runs a network in each format, to compare it with Keras."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.deploy.bundle.formats import find_format
from lib.deploy.bundle.writing import OUTPUT
from lib.deploy.lite import LiteNetwork
from lib.deploy.raster.layout import MASK, Layout
from lib.models.artifact import load_network

_BATCH = 512

Floats = NDArray[np.float32]
Run = Callable[[dict[str, Floats]], Floats]


def open_format(folder: Path, name: str, layout: Layout) -> Run:
    """Open what was written in a format.

    Args:
        folder: Where it is.
        name: Of the format.
        layout: What the network reads.

    Returns:
        A function of the inputs by name, all with the samples first, to `(samples, ..., classes)`.
    """
    path = folder / find_format(name).file
    opened = {"keras": _keras, "savedmodel": _saved_model, "onnx": _onnx}.get(name, _lite)
    return opened(path, layout)


def named_inputs(layout: Layout, x: Floats, valid: NDArray[np.bool_] | None) -> dict[str, Floats]:
    """Give samples as a network's inputs by name: the mask as numbers with one channel."""
    seen = np.ones(x.shape[:-1], bool) if valid is None else valid
    flags = seen[..., None].astype(np.float32)
    return {name: flags if name == MASK else x for name in layout.inputs}


def answer(run: Run, inputs: dict[str, Floats]) -> Floats:
    """Run over any number of samples, a batch at a time."""
    count = len(next(iter(inputs.values())))
    parts = [
        run({name: values[first : first + _BATCH] for name, values in inputs.items()})
        for first in range(0, count, _BATCH)
    ]
    return np.concatenate(parts)


def _keras(path: Path, layout: Layout) -> Run:
    network = load_network(path)

    def run(inputs: dict[str, Floats]) -> Floats:
        ordered = [inputs[name] for name in layout.inputs]
        return np.asarray(network(ordered if len(ordered) > 1 else ordered[0], training=False))

    return run


def _saved_model(path: Path, layout: Layout) -> Run:  # noqa: ARG001 - as the others
    import tensorflow as tf  # slow import

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(inputs: dict[str, Floats]) -> Floats:
        tensors = {name: tf.constant(values) for name, values in inputs.items()}
        return np.asarray(serve(**tensors)[OUTPUT])

    # Its variables live as long as what was loaded.
    run.keeps = loaded  # type: ignore[attr-defined]
    return run


def _lite(path: Path, layout: Layout) -> Run:
    network = LiteNetwork(path.read_bytes(), layout.inputs, batch=_BATCH, count=1)

    def run(inputs: dict[str, Floats]) -> Floats:
        return network(*(inputs[name] for name in layout.inputs))

    return run


def _onnx(path: Path, layout: Layout) -> Run:  # noqa: ARG001 - as the others
    import onnxruntime  # slow import

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(inputs: dict[str, Floats]) -> Floats:
        answered: Floats = np.asarray(session.run(None, inputs)[0], np.float32)
        return answered

    return run
