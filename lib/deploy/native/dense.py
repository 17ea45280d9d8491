"""Dense layers: one matrix product each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.deploy.native.activations import activated
from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import Signal, Writing, numbers_of


@writes("Dense")
def write_dense(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """`activation(W x + b)`; Keras keeps the transpose of W."""
    if len(layer.input.shape) != 2:
        raise unwritable(layer, f"its input has the shape {tuple(layer.input.shape)}")
    matrix = numbers_of(layer.kernel).T
    bias = numbers_of(layer.bias) if layer.use_bias else np.zeros(len(matrix))
    return activated(inputs[0].dense(matrix, bias, writing), layer.activation, layer, writing)
