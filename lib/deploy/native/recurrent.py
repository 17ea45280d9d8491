"""Recurrent layers, unrolled: each date is a few products with the state of the one before.

What they make of the inputs is one product for all dates; the gates of a date are one product
with the state, whose rows are parted afterwards. States begin at 0.
"""

from collections.abc import Callable, Sequence
from typing import Any

import ee
import numpy as np

from lib.deploy.native.activations import activated
from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import (
    DIGITS,
    Numbers,
    Signal,
    Writing,
    constant,
    joined,
    numbers_of,
    part,
)

Memory = tuple[ee.Image, ...]
Step = Callable[[ee.Image, Memory], Memory]


@writes("LSTM", "GRU", "SimpleRNN")
def write_recurrent(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The state after the last date that is read, or after each."""
    return _answer(layer, inputs[0], writing)


@writes("Bidirectional")
def write_bidirectional(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Both directions of reading, merged."""
    there = _answer(layer.forward_layer, inputs[0], writing)
    back = _answer(layer.backward_layer, inputs[0], writing, turned=True)
    first, second = there.written(writing), back.written(writing)
    if layer.merge_mode == "concat":
        return there.after(joined([first, second], 0, writing), there.width + back.width)
    if layer.merge_mode == "mul":
        writing.note("product")
        return there.after(first.multiply(second))
    if layer.merge_mode not in ("sum", "ave"):
        raise unwritable(layer, f"it merges by “{layer.merge_mode}”")
    writing.note("sum")
    total = there.after(first.add(second))
    share = 0.5 if layer.merge_mode == "ave" else 1.0
    return total.affine(np.full(there.width, share), np.zeros(there.width), writing)


def _answer(layer: Any, signal: Signal, writing: Writing, *, turned: bool = False) -> Signal:
    """The states in the order in which they were read, or turned around; or the last one."""
    states = _states(layer, signal, writing)
    if not layer.return_sequences:
        return signal.after(states[-1], layer.units, steps=0)
    return signal.after(joined(states[::-1] if turned else states, 1, writing), layer.units)


def _states(layer: Any, signal: Signal, writing: Writing) -> list[ee.Image]:
    if layer.return_state or not signal.layout.steps:
        raise unwritable(layer, "it gives its state away, or there is no axis of time")
    writing.recurrent = True
    # Whatever the layer, a date keeps its state, its gates and what they are made of.
    writing.hold(3 * layer.cell.kernel.shape[1] + signal.width * signal.layout.steps)
    entering, step = _CELLS[type(layer).__name__](layer, signal, writing)
    dates = range(signal.layout.steps)
    memory: Memory = ()
    states = []
    for date in reversed(dates) if layer.go_backwards else dates:
        memory = step(part(entering, 1, date, date + 1, writing), memory)
        states.append(memory[0])
    return states


def _lstm(layer: Any, signal: Signal, writing: Writing) -> tuple[ee.Image, Step]:
    """Gates: input, forget, candidate, output; here the candidate comes last."""
    units, cell = layer.units, layer.cell
    order = np.r_[0 : 2 * units, 3 * units : 4 * units, 2 * units : 3 * units]
    entering = _entering(signal, cell, order, _bias(cell, 4 * units)[order], writing)
    again = constant(numbers_of(cell.recurrent_kernel).T[order], DIGITS)

    def step(date: ee.Image, memory: Memory) -> Memory:
        sums = _product(again, memory[0], writing).add(date) if memory else date
        gates = _through(
            cell.recurrent_activation, _rows(sums, 0, 3 * units, writing), layer, writing
        )
        candidate = _through(
            cell.activation, _rows(sums, 3 * units, 4 * units, writing), layer, writing
        )
        kept = _rows(gates, 0, units, writing).multiply(candidate)
        if memory:
            kept = _rows(gates, units, 2 * units, writing).multiply(memory[1]).add(kept)
        out = _rows(gates, 2 * units, 3 * units, writing)
        return out.multiply(_through(cell.activation, kept, layer, writing)), kept

    writing.note("product", "sum")
    return entering, step


def _gru(layer: Any, signal: Signal, writing: Writing) -> tuple[ee.Image, Step]:
    """Gates: update, reset; then the candidate, which the reset acts on before or after."""
    units, cell = layer.units, layer.cell
    bias = _bias(cell, 3 * units)
    late = bias[1, 2 * units :] if bias.ndim == 2 else np.zeros(units)
    if bias.ndim == 2:
        bias = bias[0] + np.r_[bias[1, : 2 * units], np.zeros(units)]
    entering = _entering(signal, cell, np.arange(3 * units), bias, writing)
    matrix = numbers_of(cell.recurrent_kernel).T
    for_gates = constant(matrix[: 2 * units], DIGITS)
    for_candidate = constant(matrix[2 * units :], DIGITS)
    shift = constant(late[:, None], DIGITS)

    def recalled(reset: ee.Image, memory: Memory) -> ee.Image | None:
        """What the candidate gets of the state; None where that is nothing."""
        if not cell.reset_after:
            return _product(for_candidate, reset.multiply(memory[0]), writing) if memory else None
        if not memory:
            return reset.multiply(shift) if late.any() else None
        again = _product(for_candidate, memory[0], writing)
        return reset.multiply(again.add(shift) if late.any() else again)

    def step(date: ee.Image, memory: Memory) -> Memory:
        sums = _rows(date, 0, 2 * units, writing)
        if memory:
            sums = _product(for_gates, memory[0], writing).add(sums)
        gates = _through(cell.recurrent_activation, sums, layer, writing)
        candidate = _rows(date, 2 * units, 3 * units, writing)
        more = recalled(_rows(gates, units, 2 * units, writing), memory)
        new = _through(cell.activation, candidate.add(more) if more else candidate, layer, writing)
        update = _rows(gates, 0, units, writing)
        if not memory:
            return (new.subtract(update.multiply(new)),)
        return (new.add(update.multiply(memory[0].subtract(new))),)

    writing.note("product", "sum", "difference")
    return entering, step


def _simple(layer: Any, signal: Signal, writing: Writing) -> tuple[ee.Image, Step]:
    cell = layer.cell
    order = np.arange(layer.units)
    entering = _entering(signal, cell, order, _bias(cell, layer.units), writing)
    again = constant(numbers_of(cell.recurrent_kernel).T, DIGITS)

    def step(date: ee.Image, memory: Memory) -> Memory:
        sums = _product(again, memory[0], writing).add(date) if memory else date
        return (_through(cell.activation, sums, layer, writing),)

    writing.note("sum")
    return entering, step


_CELLS = {"LSTM": _lstm, "GRU": _gru, "SimpleRNN": _simple}


def _entering(signal: Signal, cell: Any, order: Any, bias: Numbers, writing: Writing) -> ee.Image:
    """What the gates get of the inputs, of all dates at once."""
    matrix = numbers_of(cell.kernel).T[order]
    return signal.dense(matrix, bias, writing).written(writing)


def _bias(cell: Any, count: int) -> Numbers:
    return numbers_of(cell.bias) if cell.use_bias else np.zeros(count)


def _rows(image: ee.Image, first: int, end: int, writing: Writing) -> ee.Image:
    return part(image, 0, first, end, writing)


def _product(matrix: ee.Image, state: ee.Image, writing: Writing) -> ee.Image:
    writing.note("matrix")
    found: ee.Image = matrix.matrixMultiply(state)
    return found


def _through(function: Any, image: ee.Image, layer: Any, writing: Writing) -> ee.Image:
    """An activation of any number of rows."""
    return activated(Signal(image, 0), function, layer, writing).written(writing)
