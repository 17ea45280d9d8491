"""Layers that make one signal of several."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import ee
import numpy as np

from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import Layout, Signal, Writing, joined, repeated


@writes("Concatenate")
def write_concatenate(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Channels below one another, or dates beside one another."""
    layout = _common(inputs)
    images = [signal.written(writing) for signal in inputs]
    if layer.axis in (-1, layout.rank):
        width = sum(signal.width for signal in inputs)
        return replace(inputs[0].after(joined(images, 0, writing), width), layout=layout)
    if not layout.steps:
        raise unwritable(layer, f"it works along the axis {layer.axis}")
    steps = sum(signal.layout.steps for signal in inputs)
    return inputs[0].after(joined(images, 1, writing), steps=steps)


@writes("Add")
def write_add(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Sum, value by value."""
    writing.note("sum")
    return _paired(layer, inputs, writing, lambda a, b: a.add(b))


@writes("Subtract")
def write_subtract(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Difference, value by value."""
    writing.note("difference")
    return _paired(layer, inputs, writing, lambda a, b: a.subtract(b))


@writes("Average")
def write_average(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Mean, value by value."""
    total = write_add(layer, inputs, writing)
    share = np.full(total.width, 1 / len(inputs))
    return total.affine(share, np.zeros(total.width), writing)


@writes("Multiply")
def write_multiply(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Product, value by value; a mask of one channel serves all."""
    writing.note("product")
    return _paired(layer, inputs, writing, lambda a, b: a.multiply(b))


def _paired(
    layer: Any,
    inputs: Sequence[Signal],
    writing: Writing,
    join: Callable[[ee.Image, ee.Image], ee.Image],
) -> Signal:
    width = max(signal.width for signal in inputs)
    if {signal.width for signal in inputs} - {1, width} or len(
        {signal.layout.steps for signal in inputs}
    ) > 1:
        raise unwritable(layer, "its inputs have different shapes")
    images = [
        repeated(signal.written(writing), 0, width // signal.width, writing) for signal in inputs
    ]
    return replace(inputs[0].after(reduce(join, images), width), layout=_common(inputs))


def _common(inputs: Sequence[Signal]) -> Layout:
    """The layout of the first, which has looked as far as any of them."""
    return replace(inputs[0].layout, reach=max(signal.layout.reach for signal in inputs))
