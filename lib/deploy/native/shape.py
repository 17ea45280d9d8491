"""Layers that change nothing when a network is used, and those that join signals."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import ee
import numpy as np

from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import Signal, Writing, start


@writes(
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "InputLayer",
)
def write_identity(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:  # noqa: ARG001
    """Nothing: these act in training only."""
    return inputs[0]


@writes("Flatten")
def write_flatten(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:  # noqa: ARG001
    """Nothing either, as a pixel's values are one column already."""
    if len(layer.input.shape) != 2:
        raise unwritable(layer, f"its input has the shape {tuple(layer.input.shape)}")
    return inputs[0]


@writes("Concatenate")
def write_concatenate(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:  # noqa: ARG001
    """Columns below one another."""
    writing.note("concatenation")
    columns = [signal.written(writing) for signal in inputs]
    joined = reduce(lambda above, below: above.arrayCat(below, 0), columns)
    return start(joined, sum(signal.width for signal in inputs))


@writes("Add")
def write_add(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:  # noqa: ARG001
    """Sum, value by value."""
    writing.note("sum")
    return _joined(inputs, writing, lambda a, b: a.add(b))


@writes("Average")
def write_average(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Mean, value by value."""
    total = write_add(layer, inputs, writing)
    share = np.full(total.width, 1 / len(inputs))
    return total.affine(share, np.zeros(total.width), writing)


@writes("Multiply")
def write_multiply(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:  # noqa: ARG001
    """Product, value by value."""
    writing.note("product")
    return _joined(inputs, writing, lambda a, b: a.multiply(b))


def _joined(
    inputs: Sequence[Signal], writing: Writing, join: Callable[[ee.Image, ee.Image], ee.Image]
) -> Signal:
    columns = [signal.written(writing) for signal in inputs]
    return start(reduce(join, columns), inputs[0].width)
