"""Layers that scale: folded into the next or the last matrix wherever there is one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import DIGITS, Numbers, Signal, Writing, constant, numbers_of


@writes("Normalization")
def write_normalization(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """`(x - mean) / max(sqrt(variance), epsilon)`, or its inverse."""
    from keras import backend  # slow import

    mean, variance = _numbers(layer.mean), _numbers(layer.variance)
    spread = np.maximum(np.sqrt(variance), backend.epsilon())
    width = inputs[0].width
    if mean.size not in (1, width):
        raise unwritable(layer, "it scales each date or pixel by itself")
    mean, spread = np.broadcast_to(mean, width), np.broadcast_to(spread, width)
    if layer.invert:
        return inputs[0].affine(spread, mean, writing)
    return inputs[0].affine(1 / spread, -mean / spread, writing)


@writes("Rescaling")
def write_rescaling(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """`x * scale + offset`."""
    width = inputs[0].width
    scale = np.broadcast_to(np.asarray(layer.scale, np.float64), width)
    offset = np.broadcast_to(np.asarray(layer.offset, np.float64), width)
    return inputs[0].affine(scale, offset, writing)


@writes("BatchNormalization")
def write_batch_normalization(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Scaling with the moving mean and variance, as when a network is used."""
    if layer.axis not in (-1, inputs[0].layout.rank):
        raise unwritable(layer, f"it works along the axis {layer.axis}")
    scale = 1 / np.sqrt(_numbers(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale = scale * _numbers(layer.gamma)
    shift = -_numbers(layer.moving_mean) * scale
    if layer.center:
        shift = shift + _numbers(layer.beta)
    return inputs[0].affine(scale, shift, writing)


@writes("LayerNormalization")
def write_layer_normalization(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Scaling of each column by its own mean and variance, both as products with matrices."""
    width = inputs[0].width
    if list(np.ravel(layer.axis)) not in ([-1], [inputs[0].layout.rank]):
        raise unwritable(layer, f"it works along the axes {layer.axis}")
    if getattr(layer, "rms_scaling", False):
        raise unwritable(layer, "it scales by the root mean square")
    mean = np.full((width, width), 1 / width)
    centred = inputs[0].dense(np.eye(width) - mean, np.zeros(width), writing).written(writing)
    writing.note("product", "matrix", "square root", "quotient")
    variance = constant(mean, DIGITS).matrixMultiply(centred.multiply(centred))
    scaled = inputs[0].after(centred.divide(variance.add(float(layer.epsilon)).sqrt()))
    gamma = _numbers(layer.gamma) if layer.scale else np.ones(width)
    beta = _numbers(layer.beta) if layer.center else np.zeros(width)
    return scaled.affine(gamma, beta, writing)


def _numbers(variable: Any) -> Numbers:
    return numbers_of(variable).reshape(-1)
