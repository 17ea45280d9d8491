"""What enters a network, from an image of predictors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ee

from lib.deploy.native.registry import unwritable
from lib.deploy.native.signal import Layout, Signal, Writing, as_column, reshaped
from lib.deploy.native.walk import name_of
from lib.earthengine.graphs import valid_everywhere
from lib.earthengine.stack import series_names

MASK = "valid"
"""Name of the input that tells which predictors were observed."""

FORMS = {1: "pixel", 2: "series", 3: "patch"}


@dataclass(frozen=True)
class Entering:
    """The inputs of a network.

    Attributes:
        signals: By the names of its inputs.
        valid: Where the answer is valid; None where the signals themselves are masked.
    """

    signals: Mapping[str, Signal]
    valid: ee.Image | None


def form_of(network: Any) -> str:
    """The form of samples that a network reads: "pixel", "series" or "patch".

    Raises:
        DeploymentError: It reads something else.
    """
    names = [name_of(tensor) for tensor in network.inputs]
    rank = len(_predictors(network).shape) - 1
    if rank not in FORMS or len(names) > 2 or (len(names) == 2 and MASK not in names):
        raise unwritable(network, f"it reads {', '.join(names)} of {rank} axes")
    return FORMS[rank]


def names_in(network: Any, names: Sequence[str]) -> list[str]:
    """Bands of the predictor image that a network reads, in an order that arrays can be cut in.

    Args:
        network: As for `enter`.
        names: Predictors in the network's order.
    """
    if form_of(network) != "series":
        return list(names)
    values, flags = series_names(names, int(_predictors(network).shape[1]))
    return [*values, *flags] if len(network.inputs) == 2 else list(values)


def enter(network: Any, image: ee.Image, names: Sequence[str], writing: Writing) -> Entering:
    """Arrange the bands of an image as a network reads them.

    Args:
        network: Model whose inputs are predictors and perhaps a mask called "valid".
        image: Bands of pixels or patches are `names`; of series those of `stack_names`.
        names: Predictors in the network's order.
        writing: Takes note of forms.
    """
    form = form_of(network)
    if form == "pixel":
        writing.note("column")
        signal = Signal(as_column(image.select(list(names))), len(names))
        return Entering({name_of(network.inputs[0]): signal}, None)
    arrange = _series if form == "series" else _patch
    return arrange(network, image, list(names), writing)


def _predictors(network: Any) -> Any:
    return next(tensor for tensor in network.inputs if name_of(tensor) != MASK)


def _series(network: Any, image: ee.Image, names: list[str], writing: Writing) -> Entering:
    steps = _predictors(network).shape[1]
    if steps is None:
        raise unwritable(network, "it takes series of any length")
    layout = Layout(steps=int(steps))
    values, flags = series_names(names, layout.steps)
    by_channel = [band for place in range(len(names)) for band in values[place :: len(names)]]
    columns = reshaped(image.select(by_channel).toArray(), (len(names), layout.steps), writing)
    signals = {name_of(_predictors(network)): Signal(columns, len(names), layout)}
    if len(network.inputs) == 2:
        seen = reshaped(image.select(list(flags)).toArray(), (1, layout.steps), writing)
        signals[MASK] = Signal(seen, 1, layout)
    return Entering(signals, None)


def _patch(network: Any, image: ee.Image, names: list[str], writing: Writing) -> Entering:
    writing.note("filled", "column")
    sides = tuple(_predictors(network).shape[1:3])
    half = None if None in sides else (min(sides) - 1) // 2
    layout = Layout(sides=sides, half=half)
    chosen = image.select(names)
    valid = valid_everywhere(chosen).gt(0).unmask(0, False).rename(MASK)
    filled = chosen.updateMask(valid).unmask(0, False)
    signals = {name_of(_predictors(network)): Signal(as_column(filled), len(names), layout)}
    if len(network.inputs) == 2:
        signals[MASK] = Signal(as_column(valid), 1, layout)
    return Entering(signals, valid)
