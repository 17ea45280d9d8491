"""Layers that change nothing when a network is used, and those that order numbers anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import Signal, Writing, part, repeated, reshaped, transposed


@dataclass(frozen=True)
class GetItem:
    """`x[key]` in a functional model.

    Attributes:
        name: Name of the operation.
        key: What stands in the brackets, the batch first.
    """

    name: str
    key: tuple[Any, ...]


@writes(
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout1D",
    "SpatialDropout2D",
)
def write_identity(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:  # noqa: ARG001
    """Nothing: these act in training only."""
    return inputs[0]


@writes("Flatten")
def write_flatten(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Dates below one another; nothing where a pixel's values are one column already."""
    return flat(layer, inputs[0], writing)


@writes("Reshape")
def write_reshape(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Channels and dates in another order, rows first as in Keras."""
    column = flat(layer, inputs[0], writing)
    shape = _completed(layer.target_shape, column.width)
    if len(shape) == 1:
        return column
    if len(shape) != 2:
        raise unwritable(layer, f"it makes the shape {shape}")
    rows = reshaped(column.written(writing), shape, writing)
    return column.after(transposed(rows, writing), shape[1], steps=shape[0])


@writes("Permute")
def write_permute(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Dates as channels and channels as dates."""
    signal = inputs[0]
    if tuple(layer.dims) == tuple(range(1, signal.layout.rank + 1)):
        return signal
    if not signal.layout.steps:
        raise unwritable(layer, f"it orders the axes {tuple(layer.dims)}")
    turned = transposed(signal.written(writing), writing)
    return signal.after(turned, signal.layout.steps, steps=signal.width)


@writes("RepeatVector")
def write_repeat_vector(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """The same values at each date."""
    longer = repeated(inputs[0].written(writing), 1, int(layer.n), writing)
    return inputs[0].after(longer, steps=int(layer.n))


@writes("GetItem")
def write_get_item(layer: GetItem, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """One date of a series, or the centre of a patch."""
    signal, places = inputs[0], [key for key in layer.key if key not in (slice(None), ...)]
    layout = signal.layout
    if layout.steps and len(places) == 1 and isinstance(places[0], int):
        at = places[0] % layout.steps
        return signal.after(part(signal.written(writing), 1, at, at + 1, writing), steps=0)
    if layout.sides and places == [side and side // 2 for side in layout.sides]:
        return signal.after(signal.written(writing), sides=())
    raise unwritable(layer, f"it takes {layer.key}, which is no single date and no centre")


def flat(layer: Any, signal: Signal, writing: Writing) -> Signal:
    """Everything of a pixel as one column, a date's channels together.

    Raises:
        DeploymentError: The signal has more pixels than one.
    """
    layout = signal.layout
    if any(side != 1 for side in layout.sides):
        raise unwritable(layer, "it puts all pixels of a patch into one list")
    if not layout.steps:
        return signal.after(signal.written(writing), sides=()) if layout.sides else signal
    count = signal.width * layout.steps
    rows = transposed(signal.written(writing), writing)
    return signal.after(reshaped(rows, (count, 1), writing), count, steps=0)


def _completed(shape: Sequence[int], count: int) -> tuple[int, ...]:
    """A target shape whose -1 is worked out."""
    known = prod(length for length in shape if length != -1)
    return tuple(count // known if length == -1 else length for length in shape)
