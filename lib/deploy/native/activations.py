"""Activations, composed of arithmetic on array images."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ee

from lib.deploy.native.registry import unwritable, writes
from lib.deploy.native.signal import Signal, Writing, numbers_of

Function = Callable[[ee.Image, Writing], ee.Image]

# https://arxiv.org/abs/1706.02515, as Keras has them.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def relu(x: ee.Image, writing: Writing) -> ee.Image:
    """`max(x, 0)`."""
    writing.note("positive part")
    return x.max(0)


def relu6(x: ee.Image, writing: Writing) -> ee.Image:
    """`min(max(x, 0), 6)`."""
    writing.note("upper limit")
    return relu(x, writing).min(6)


def leaky_relu(x: ee.Image, writing: Writing, *, slope: float = 0.2) -> ee.Image:
    """`max(x, 0) + slope * min(x, 0)`."""
    writing.note("negative part", "sum")
    return relu(x, writing).add(x.min(0).multiply(slope))


def sigmoid(x: ee.Image, writing: Writing) -> ee.Image:
    """`1 / (1 + exp(-x))`."""
    writing.note("sigmoid")
    share: ee.Image = ee.Image(1).divide(x.multiply(-1).exp().add(1))
    return share


def hard_sigmoid(x: ee.Image, writing: Writing) -> ee.Image:
    """`min(max(x + 3, 0), 6) / 6`."""
    return relu6(x.add(3), writing).divide(6)


def tanh(x: ee.Image, writing: Writing) -> ee.Image:
    """`2 / (1 + exp(-2 x)) - 1`, which cannot overflow into a wrong value."""
    writing.note("tanh")
    value: ee.Image = ee.Image(2).divide(x.multiply(-2).exp().add(1)).subtract(1)
    return value


def elu(x: ee.Image, writing: Writing, *, alpha: float = 1.0) -> ee.Image:
    """`max(x, 0) + alpha * (exp(min(x, 0)) - 1)`."""
    writing.note("negative part", "exponential", "sum")
    return relu(x, writing).add(x.min(0).exp().subtract(1).multiply(alpha))


def selu(x: ee.Image, writing: Writing) -> ee.Image:
    """A scaled ELU."""
    return elu(x, writing, alpha=_SELU_ALPHA).multiply(_SELU_SCALE)


def gelu(x: ee.Image, writing: Writing) -> ee.Image:
    """`x * (1 + erf(x / sqrt(2))) / 2`."""
    writing.note("error function", "product")
    return x.multiply(x.divide(math.sqrt(2)).erf().add(1).divide(2))


def silu(x: ee.Image, writing: Writing) -> ee.Image:
    """`x * sigmoid(x)`, also called swish."""
    writing.note("product")
    return x.multiply(sigmoid(x, writing))


def hard_silu(x: ee.Image, writing: Writing) -> ee.Image:
    """`x * hard_sigmoid(x)`."""
    writing.note("product")
    return x.multiply(hard_sigmoid(x, writing))


def softplus(x: ee.Image, writing: Writing) -> ee.Image:
    """`max(x, 0) + log(1 + exp(-|x|))`."""
    writing.note("magnitude", "exponential", "logarithm", "sum")
    return relu(x, writing).add(x.abs().multiply(-1).exp().add(1).log())


def softsign(x: ee.Image, writing: Writing) -> ee.Image:
    """`x / (1 + |x|)`."""
    writing.note("magnitude", "quotient")
    return x.divide(x.abs().add(1))


def mish(x: ee.Image, writing: Writing) -> ee.Image:
    """`x * tanh(softplus(x))`."""
    writing.note("product")
    return x.multiply(tanh(softplus(x, writing), writing))


def exponential(x: ee.Image, writing: Writing) -> ee.Image:
    """`exp(x)`."""
    writing.note("exponential")
    return x.exp()


# By the name of the function in keras.activations, with the defaults that it has there.
FUNCTIONS: dict[str, Function] = {
    "celu": elu,
    "elu": elu,
    "exponential": exponential,
    "gelu": gelu,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "leaky_relu": leaky_relu,
    "mish": mish,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "softplus": softplus,
    "softsign": softsign,
    "tanh": tanh,
}


def activated(signal: Signal, function: Any, layer: Any, writing: Writing) -> Signal:
    """Apply a function of keras.activations.

    Raises:
        DeploymentError: The function has no form as an expression.
    """
    name = getattr(function, "__name__", type(function).__name__)
    if name == "linear":
        return signal
    if name == "softmax":
        return _softmax(signal, writing)
    if name not in FUNCTIONS:
        raise unwritable(layer, f"its activation “{name}” has no form as an expression yet")
    return signal.after(FUNCTIONS[name](signal.written(writing), writing))


@writes("Activation")
def write_activation(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Any function of keras.activations."""
    return activated(inputs[0], layer.activation, layer, writing)


@writes("Softmax")
def write_softmax(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Softmax over the values of a pixel."""
    if layer.axis not in (-1, inputs[0].layout.rank):
        raise unwritable(layer, f"it works along the axis {layer.axis}")
    return _softmax(inputs[0], writing)


@writes("ReLU")
def write_relu(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """ReLU with a limit and a slope; a threshold is not written."""
    if layer.threshold:
        raise unwritable(layer, f"its threshold is {layer.threshold:g}")
    x = inputs[0].written(writing)
    slope = float(layer.negative_slope)
    value = leaky_relu(x, writing, slope=slope) if slope else relu(x, writing)
    if layer.max_value is not None:
        writing.note("upper limit")
        value = value.min(float(layer.max_value))
    return inputs[0].after(value)


@writes("LeakyReLU")
def write_leaky_relu(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Leaky ReLU with its own slope."""
    x = inputs[0].written(writing)
    return inputs[0].after(leaky_relu(x, writing, slope=float(layer.negative_slope)))


@writes("PReLU")
def write_prelu(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """Leaky ReLU with a slope for each channel."""
    slopes = numbers_of(layer.alpha).reshape(-1)
    if len(slopes) != inputs[0].width:
        raise unwritable(layer, "it has a slope for each date or pixel; give it shared_axes")
    x = inputs[0].written(writing)
    writing.note("negative part", "factors", "sum")
    below = x.min(0).multiply(inputs[0].spread(slopes, writing))
    return inputs[0].after(relu(x, writing).add(below))


@writes("ELU")
def write_elu(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """ELU with its own alpha."""
    x = inputs[0].written(writing)
    return inputs[0].after(elu(x, writing, alpha=float(layer.alpha)))


def _softmax(signal: Signal, writing: Writing) -> Signal:
    """Keep the softmax back: a map of classes does without it."""
    return replace(signal.after(signal.written(writing)), softmax=True)
