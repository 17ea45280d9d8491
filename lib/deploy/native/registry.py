"""Which layers can be written, by the name of their Keras class."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lib.core.errors import DeploymentError
from lib.deploy.native.signal import Signal, Writing

Writer = Callable[[Any, Sequence[Signal], Writing], Signal]
W = TypeVar("W", bound=Writer)

_writers: dict[str, Writer] = {}

_POOLED = "it pools across pixels"
_BETWEEN = "it makes pixels of what was pooled across pixels"
_WHY_NOT = {
    "AveragePooling2D": _POOLED,
    "Conv2DTranspose": _BETWEEN,
    "MaxPooling2D": _POOLED,
    "UpSampling2D": _BETWEEN,
}


def writes(*names: str) -> Callable[[W], W]:
    """Register a function for layers of one or more Keras classes.

    The function gets the layer, the signals that enter it, and the writing; it returns the
    signal that leaves it.
    """

    def register(writer: W) -> W:
        for name in names:
            if name in _writers:
                raise TypeError(f"{name} is registered twice.")
            _writers[name] = writer
        return writer

    return register


def writers() -> Mapping[str, Writer]:
    """All registered writers by class name."""
    return _writers


def writer_for(layer: Any) -> Writer:
    """Find the writer of a layer.

    Raises:
        DeploymentError: There is none.
    """
    kind = type(layer).__name__
    if kind not in _writers:
        raise unwritable(layer, "this kind of layer has no form as an expression yet")
    return _writers[kind]


def refuse_pooling(network: Any) -> None:
    """Refuse a network that pools across pixels by the layer that does, whatever else it has.

    Raises:
        DeploymentError: It does.
    """
    for layer in network.layers:
        if type(layer).__name__ in _WHY_NOT and type(layer).__name__ not in _writers:
            raise unwritable(layer, _WHY_NOT[type(layer).__name__])


def unwritable(layer: Any, reason: str) -> DeploymentError:
    """The error for a layer that cannot be written."""
    return DeploymentError(
        f"The layer “{layer.name}” ({type(layer).__name__}) cannot be written as an Earth Engine "
        f"expression: {reason}.",
        hint="Choose the route “Map as a file”, which takes every network.",
        field="route",
    )
