"""Dense layers: one matrix product each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.deploy.native.activations import activated
from lib.deploy.native.registry import unwritable, writer_for, writes
from lib.deploy.native.signal import Numbers, Signal, Writing, numbers_of

_EACH_DATE = ("Activation", "BatchNormalization", "Dense", "Dropout", "LeakyReLU", "ReLU")


@writes("Dense")
def write_dense(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """`activation(W x + b)` of each date or pixel; Keras keeps the transpose of W."""
    matrix = numbers_of(layer.kernel).T
    return activated(
        inputs[0].dense(matrix, bias_of(layer, len(matrix)), writing),
        layer.activation,
        layer,
        writing,
    )


@writes("TimeDistributed")
def write_time_distributed(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """A layer at each date, which those that do not mix dates are anyhow."""
    inner = layer.layer
    if type(inner).__name__ not in _EACH_DATE or not inputs[0].layout.steps:
        raise unwritable(layer, f"it holds a layer {type(inner).__name__}")
    return writer_for(inner)(inner, inputs, writing)


def bias_of(layer: Any, count: int) -> Numbers:
    """The bias of a layer, zeros where it has none."""
    return numbers_of(layer.bias) if layer.use_bias else np.zeros(count)
