"""Reducers on stacks of planes: which bands come out, with which types, and their pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.raster.image import Plane, held
from lib.localearth.raster.pixel_types import union
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Pixels, cast
from lib.localearth.raster.weighing import announce
from lib.localearth.reducers.base import Reducer


@dataclass(frozen=True)
class Outcome:
    """The bands that a reducer makes of some bands.

    Attributes:
        names, types: Of the resulting bands.
        groups: Positions of the input bands of each call of the reducer.
    """

    names: tuple[str, ...]
    types: tuple[PixelType, ...]
    groups: tuple[tuple[int, ...], ...]

    def needed(self, index: int) -> tuple[int, int]:
        """Which call makes a resulting band, and which of its outputs it is."""
        outputs = len(self.names) // len(self.groups)
        return index // outputs, index % outputs


def outcome(
    reducer: Reducer, names: Sequence[str], types: Sequence[PixelType], *, plain: str = "suffix"
) -> Outcome:
    """Tell what a reducer makes of bands: one call a band, or one call for all bands.

    Args:
        reducer: With one input, or as many as there are bands.
        names: Of the bands.
        types: Of the bands.
        plain: Where a single output goes: "suffix" names it band_output, "keep" band.

    Raises:
        EarthError: The number of inputs does not fit.
    """
    if reducer.inputs == 1:
        single = plain == "keep" and len(reducer.outputs) == 1
        found = [
            name if single else f"{name}_{output}" for name in names for output in reducer.outputs
        ]
        kinds = [kind for each in types for kind in reducer.types([each])]
        groups = tuple((position,) for position in range(len(names)))
        return Outcome(tuple(found), tuple(kinds), groups)
    if reducer.inputs != len(names):
        raise EarthError(
            f"Need {reducer.inputs} bands for Reducer.{reducer.name}, image has {len(names)}."
        )
    kinds = reducer.types(list(types))
    return Outcome(reducer.outputs, tuple(kinds), (tuple(range(len(names))),))


def reduce_stacks(
    reducer: Reducer,
    stacks: Sequence[Pixels],
    weights: Sequence[NDArray[np.float32] | None],
    kinds: Sequence[PixelType],
) -> list[Plane]:
    """Reduce one stack `(n, h, w)` per input to one plane per output.

    Args:
        reducer: With as many inputs as there are stacks.
        stacks: Values.
        weights: `(n, h, w)` per stack, or None where all is valid.
        kinds: Types of the outputs.
    """
    full = [_full(stack, weight) for stack, weight in zip(stacks, weights, strict=True)]
    shared: Any = full[0] if len(full) == 1 else full
    announce(sum(map(held, [*stacks, *full])) + working_bytes(reducer, stacks))
    with np.errstate(all="ignore"):
        answers = reducer.over_stack(list(stacks), shared)
    best = _greatest(weights)
    return [
        Plane(cast(np.asarray(data), kind), _mask(valid, best))
        for (data, valid), kind in zip(answers, kinds, strict=True)
    ]


def working_bytes(reducer: Reducer, stacks: Sequence[Pixels]) -> float:
    """Bytes that a reducer needs beside stacks `(n, …)` to reduce them."""
    count, pixels = len(stacks[0]), math.prod(stacks[0].shape[1:])
    return reducer.workspace.over_stack([stack.itemsize for stack in stacks], count, pixels)


def _full(stack: Pixels, weight: NDArray[np.float32] | None) -> NDArray[Any]:
    if weight is not None:
        return weight
    return np.broadcast_to(np.float32(1), stack.shape[:3])


def _greatest(weights: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    """The greatest weight at each pixel where weights are fractional; else None."""
    known = [weight for weight in weights if weight is not None]
    if len(known) != len(weights) or not len(known[0]):
        return None
    best: NDArray[np.float32] = np.maximum.reduce([weight.max(axis=0) for weight in known])
    return None if ((best == 0) | (best == 1)).all() else best


def _mask(valid: NDArray[np.bool_], best: NDArray[np.float32] | None) -> Any:
    if best is not None:
        return np.where(valid, np.where(best > 0, best, 1), 0).astype(np.float32)
    return None if valid.all() else valid


def stacked(planes: Sequence[Plane]) -> tuple[Pixels, NDArray[np.float32] | None]:
    """Lay planes of plain numbers on a stack with their weights; None where all is valid."""
    for plane in planes:
        if plane.data.ndim > 2 or plane.data.dtype == object:
            raise EarthError("Array-valued pixels cannot be reduced here.")
    dtype = np.result_type(*(plane.data.dtype for plane in planes))
    values = np.stack([plane.data for plane in planes]).astype(dtype, copy=False)
    if all(plane.mask is None for plane in planes):
        return values, None
    return values, np.stack([plane.weights for plane in planes])


def common_type(types: Sequence[PixelType]) -> PixelType:
    """The type that holds the values of all bands."""
    return union(types)
