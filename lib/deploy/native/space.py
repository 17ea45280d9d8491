"""Convolutions over rows and columns: the neighbours as bands, then one matrix.

A network that looks at neighbours is written for the inside of a map: where Keras adds zeros
around its patch, the expression sees the pixels that lie there. So both agree at the centre of a
patch that no added zero reaches; others are refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ee
import numpy as np

from lib.deploy.native.activations import activated
from lib.deploy.native.dense import bias_of
from lib.deploy.native.neighbours import Offsets
from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import Signal, Writing, as_bands, as_column, numbers_of, value_names

Tap = tuple[int, int]

_KERNELS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")


@writes("Conv2D")
def write_conv2d(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """All neighbours below one another, times one matrix."""
    if layer.groups != 1:
        raise unwritable(layer, f"it works in {layer.groups} groups")
    kernel = numbers_of(layer.kernel)
    around = _around(layer, inputs[0], writing)
    matrix = kernel.reshape(-1, kernel.shape[-1]).T
    answer = around.dense(matrix, bias_of(layer, len(matrix)), writing)
    return activated(answer, layer.activation, layer, writing)


@writes("DepthwiseConv2D")
def write_depthwise(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Each channel by itself: a matrix that is mostly zeros."""
    matrix = _apart(numbers_of(layer.kernel))
    around = _around(layer, inputs[0], writing)
    answer = around.dense(matrix, bias_of(layer, len(matrix)), writing)
    return activated(answer, layer.activation, layer, writing)


@writes("SeparableConv2D")
def write_separable(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Each channel by itself, then all of them at each pixel."""
    first = _apart(numbers_of(layer.depthwise_kernel))
    second = numbers_of(layer.pointwise_kernel)[0, 0].T
    around = _around(layer, inputs[0], writing)
    apart = around.dense(first, np.zeros(len(first)), writing)
    answer = apart.dense(second, bias_of(layer, len(second)), writing)
    return activated(answer, layer.activation, layer, writing)


@writes("Cropping2D")
def write_cropping(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """A smaller patch with the same centre; no pixel of it changes."""
    if any(before != after for before, after in layer.cropping):
        raise unwritable(layer, "it moves the centre")
    pairs = zip(_patch(layer, inputs[0]).layout.sides, layer.cropping, strict=True)
    sides = tuple(side and side - before - after for side, (before, after) in pairs)
    return inputs[0].after(inputs[0].written(writing), sides=sides)


@writes("GlobalAveragePooling2D", "GlobalMaxPooling2D")
def write_global_pooling(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Nothing, where the patch is one pixel by now."""
    if _patch(layer, inputs[0]).layout.sides != (1, 1):
        raise unwritable(layer, "it pools across pixels")
    sides = (1, 1) if layer.keepdims else ()
    return inputs[0].after(inputs[0].written(writing), sides=sides)


def reach_of(network: Any) -> int:
    """How far a network looks at most, in pixels; more than it does where branches are joined."""
    kernels = [layer for layer in network.layers if type(layer).__name__ in _KERNELS]
    return sum(
        max(
            size // 2 * wide
            for size, wide in zip(_pair(layer.kernel_size), _pair(layer.dilation_rate), strict=True)
        )
        for layer in kernels
    )


def _around(layer: Any, signal: Signal, writing: Writing) -> Signal:
    """The signal's neighbours under a kernel below one another, row by row."""
    layout = _patch(layer, signal).layout
    strides, sizes, dilation = (
        _pair(getattr(layer, name)) for name in ("strides", "kernel_size", "dilation_rate")
    )
    if strides != (1, 1) or any(size % 2 == 0 for size in sizes):
        raise unwritable(layer, f"its kernel is {sizes} and its stride {strides}")
    if sizes == (1, 1):
        return signal
    halves = [size // 2 * wide for size, wide in zip(sizes, dilation, strict=True)]
    reach = layout.reach + max(halves)
    if layout.half is not None and reach > layout.half:
        raise unwritable(
            layer,
            f"up to it the network looks {reach} pixels far, and its patch has {layout.half} on "
            "each side of the centre, so it has learned what lies beyond as zeros",
        )
    taps = [
        (down, right)
        for down in range(-halves[0], halves[0] + 1, dilation[0])
        for right in range(-halves[1], halves[1] + 1, dilation[1])
    ]
    shrunk = [2 * half * (layer.padding == "valid") for half in halves]
    sides = tuple(side and side - less for side, less in zip(layout.sides, shrunk, strict=True))
    stacked = _stacked(signal, taps, writing)
    wide = signal.after(stacked, signal.width * len(taps))
    return replace(wide, layout=replace(layout, reach=reach, sides=sides))


def _stacked(signal: Signal, taps: Sequence[Tap], writing: Writing) -> ee.Image:
    writing.note("neighbours", "column")
    writing.hold(signal.width * len(taps))
    names = value_names(signal.width)
    offsets = writing.offsets or Offsets((0, 1), (1, 0))
    bands = as_bands(signal.written(writing), names, writing)
    near = bands.neighborhoodToBands(_kernel(taps))
    picked = [f"{name}{offsets.suffix(*tap)}" for tap in taps for name in names]
    return as_column(near.select(picked))


def _kernel(taps: Sequence[Tap]) -> ee.Kernel:
    """A kernel whose cells that are not 0 are the taps, which lie evenly around the centre."""
    down, right = (max(abs(tap[axis]) for tap in taps) for axis in (0, 1))
    weights = np.zeros((2 * down + 1, 2 * right + 1), int)
    for tap in taps:
        weights[tap[0] + down, tap[1] + right] = 1
    kernel: ee.Kernel = ee.Kernel.fixed(2 * right + 1, 2 * down + 1, weights.tolist())
    return kernel


def _patch(layer: Any, signal: Signal) -> Signal:
    if not signal.layout.sides:
        raise unwritable(layer, "there are no rows and columns where it stands")
    return signal


def _apart(kernel: Any) -> Any:
    """A kernel (rows, columns, channels, multiplier) as a matrix over stacked neighbours."""
    rows, columns, channels, multiplier = kernel.shape
    matrix = np.zeros((channels, multiplier, rows * columns, channels))
    for channel in range(channels):
        matrix[channel, :, :, channel] = kernel[:, :, channel].reshape(-1, multiplier).T
    return matrix.reshape(channels * multiplier, -1)


def _pair(number: Any) -> tuple[int, int]:
    first, *_, last = np.ravel(number).tolist() * 2
    return (int(first), int(last)) if np.size(number) > 1 else (int(first), int(first))
