"""Layers along the axis of time: a date is a column, so they cut, join and multiply columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ee
import numpy as np

from lib.deploy.native.activations import activated
from lib.deploy.native.dense import bias_of
from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import (
    DIGITS,
    Signal,
    Writing,
    constant,
    joined,
    numbers_of,
    part,
    repeated,
)


@dataclass(frozen=True)
class _Windows:
    """Which dates a layer sees at once.

    Attributes:
        size: Dates in a window.
        stride: Dates between windows.
        dilation: Dates between the dates of a window.
        before: Dates added in front.
        after: Dates added behind.
        count: Number of windows.
    """

    size: int
    stride: int
    dilation: int
    before: int
    after: int
    count: int


@writes("Conv1D")
def write_conv1d(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The dates of each window below one another, times one matrix."""
    signal = _series(layer, inputs[0])
    if layer.groups != 1:
        raise unwritable(layer, f"it works in {layer.groups} groups")
    kernel = numbers_of(layer.kernel)
    size, width, filters = kernel.shape
    windows = _windows(layer, signal, size=size, stride=layer.strides, dilation=layer.dilation_rate)
    image = _with_zeros(signal.written(writing), width, windows, writing)
    stacked = joined(_dates(image, windows, writing), 0, writing)
    writing.hold(size * width * windows.count)
    matrix = kernel.reshape(size * width, filters).T
    seen = signal.after(stacked, size * width, steps=windows.count)
    answer = seen.dense(matrix, bias_of(layer, filters), writing)
    return activated(answer, layer.activation, layer, writing)


@writes("MaxPooling1D")
def write_max_pooling(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The greatest of the dates of each window; repeated ends do not change which that is."""
    signal = _series(layer, inputs[0])
    windows = _windows(layer, signal, size=layer.pool_size, stride=layer.strides)
    image = _with_ends(signal.written(writing), signal.layout.steps, windows, writing)
    writing.note("greater")
    greatest = reduce(lambda a, b: a.max(b), _dates(image, windows, writing))
    return signal.after(greatest, steps=windows.count)


@writes("AveragePooling1D")
def write_average_pooling(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The mean of the dates of each window, those that were added left out: one matrix."""
    signal = _series(layer, inputs[0])
    windows = _windows(layer, signal, size=layer.pool_size, stride=layer.strides)
    date = np.arange(signal.layout.steps)[:, None]
    first = np.arange(windows.count) * windows.stride - windows.before
    seen = ((date >= first) & (date < first + windows.size)).astype(np.float64)
    return _mixed(signal, seen / seen.sum(axis=0), writing)


@writes("GlobalAveragePooling1D")
def write_global_average(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The mean of all dates: one matrix."""
    signal = _series(layer, inputs[0])
    steps = signal.layout.steps
    mean = _mixed(signal, np.full((steps, 1), 1 / steps), writing)
    return mean.after(mean.column, steps=int(layer.keepdims))


@writes("GlobalMaxPooling1D")
def write_global_max(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The greatest of all dates."""
    signal = _series(layer, inputs[0])
    writing.note("reduction")
    greatest = signal.written(writing).arrayReduce(ee.Reducer.max(), [1])
    return signal.after(greatest, steps=int(layer.keepdims))


@writes("Cropping1D")
def write_cropping(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Fewer dates."""
    signal, (before, after) = _series(layer, inputs[0]), layer.cropping
    end = signal.layout.steps - after
    cut = part(signal.written(writing), 1, before, end, writing)
    return signal.after(cut, steps=end - before)


@writes("ZeroPadding1D")
def write_padding(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Dates of zeros around."""
    signal, (before, after) = _series(layer, inputs[0]), layer.padding
    count = before + signal.layout.steps + after
    windows = _Windows(1, 1, 1, before, after, count)
    image = _with_zeros(signal.written(writing), signal.width, windows, writing)
    return signal.after(image, steps=count)


def _series(layer: Any, signal: Signal) -> Signal:
    if not signal.layout.steps:
        raise unwritable(layer, "there is no axis of time where it stands")
    return signal


def _windows(layer: Any, signal: Signal, *, size: Any, stride: Any, dilation: Any = 1) -> _Windows:
    """Windows as TensorFlow lays them for "same", "valid" and "causal"."""
    size, stride, dilation = (int(np.ravel(number)[0]) for number in (size, stride, dilation))
    steps, span = signal.layout.steps, (size - 1) * dilation + 1
    if layer.padding == "valid":
        count, missing = (steps - span) // stride + 1, 0
    else:
        count = -(-steps // stride)
        missing = max((count - 1) * stride + span - steps, 0)
    before = missing // 2
    if layer.padding == "causal":
        missing = before = span - 1
        count = (steps - 1) // stride + 1
    return _Windows(size, stride, dilation, before, missing - before, count)


def _dates(image: ee.Image, windows: _Windows, writing: Writing) -> list[ee.Image]:
    """The first dates of all windows, the second ones and so on, each a column a window."""
    span = (windows.count - 1) * windows.stride + 1
    starts = [place * windows.dilation for place in range(windows.size)]
    return [part(image, 1, at, at + span, writing, step=windows.stride) for at in starts]


def _with_zeros(image: ee.Image, width: int, windows: _Windows, writing: Writing) -> ee.Image:
    sides = [constant(np.zeros((width, count)), 1) for count in (windows.before, windows.after)]
    return _between(sides, image, windows, writing)


def _with_ends(image: ee.Image, steps: int, windows: _Windows, writing: Writing) -> ee.Image:
    counts = {0: windows.before, steps - 1: windows.after}
    sides = [
        repeated(part(image, 1, at, at + 1, writing), 1, max(count, 1), writing)
        for at, count in counts.items()
    ]
    return _between(sides, image, windows, writing)


def _between(
    sides: Sequence[ee.Image], image: ee.Image, windows: _Windows, writing: Writing
) -> ee.Image:
    parts = [sides[0]] * bool(windows.before) + [image] + [sides[-1]] * bool(windows.after)
    return joined(parts, 1, writing)


def _mixed(signal: Signal, matrix: Any, writing: Writing) -> Signal:
    """Each new date as a weighted sum of the old ones; matrix (old, new)."""
    writing.note("matrix on the right")
    image = signal.written(writing).matrixMultiply(constant(matrix, DIGITS))
    return signal.after(image, steps=matrix.shape[1])
