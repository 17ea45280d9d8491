"""Write a trained network as an Earth Engine expression."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ee

# Each of these registers its writers.
from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.legend import Legend
from lib.deploy.native import activations, dense, normalization, shape
from lib.deploy.native.forms import all_seen_live
from lib.deploy.native.registry import unwritable, writer_for
from lib.deploy.native.signal import Signal, Writing, as_column, softmax_bands, start
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.models.artifact import Artifact

WRITER_MODULES = (activations, dense, normalization, shape)
OUTPUTS = ("class", "probabilities")
CLASS_BAND = "class"

# Measured: 11 bytes a weight at 7 digits; less than 10 never, so that nothing that fits is refused.
_LEAST_WEIGHT_BYTES = 10


@dataclass(frozen=True)
class NativeDeployment:
    """A network as an expression.

    Attributes:
        expression: Image with the band "class" (index in the legend), or with one band of
            probability for each class, named by `probability_bands`.
        size_bytes: What it takes in a request.
        limit_bytes: What a request may have.
        forms: Names of the forms it uses.
        seen_live: Whether all of them are known to run on the live service.
    """

    expression: Expression
    size_bytes: int
    limit_bytes: int
    forms: tuple[str, ...]
    seen_live: bool


@with_connection
def compile_network(
    connection: Connection,
    artifact_dir: Path,
    predictors: Expression,
    legend: Legend,
    *,
    output: str = "class",
) -> NativeDeployment:
    """Write the network of a run folder over an image of predictors.

    Args:
        connection: Whose limit on requests counts; nothing is sent.
        artifact_dir: Run folder of the training.
        predictors: Image that has the network's predictors by name.
        legend: Classes, as many as the network has outputs.
        output: "class" or "probabilities".

    Raises:
        DeploymentError: A layer cannot be written, outputs and classes differ, or the expression
            is larger than a request.
    """
    artifact = Artifact.load(artifact_dir)
    least = artifact.network.count_params() * _LEAST_WEIGHT_BYTES
    if least > connection.can.request_bytes:
        raise _too_large(f"more than {least:,}", connection)
    writing = Writing()
    image = to_image(predictors).select(list(artifact.card.predictors))
    signal = write_network(artifact.network, image, writing)
    if signal.width != len(legend):
        raise DeploymentError(
            f"The network has {signal.width} outputs and the legend {len(legend)} classes.",
            hint="Train the network again with this legend.",
            field="classes",
        )
    written = _classes(signal, writing) if output == "class" else _shares(signal, writing)
    return _within_limit(to_expression(written), writing, connection)


def write_network(network: Any, image: ee.Image, writing: Writing) -> Signal:
    """Walk a Keras network from its input to its output.

    Args:
        network: Sequential or functional model with one input of shape (batch, predictors).
        image: Bands in the order of its input.
        writing: Takes note of the forms used.
    """
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 2 or len(network.outputs) != 1:
        raise unwritable(network, "it does not read one pixel and give one answer")
    writing.note("column")
    entering = start(as_column(image), int(network.inputs[0].shape[1]))
    if type(network).__name__ == "Sequential":
        for layer in network.layers:
            entering = writer_for(layer)(layer, [entering], writing)
        return entering
    return _write_graph(network, entering, writing)


def _write_graph(network: Any, entering: Signal, writing: Writing) -> Signal:
    """Walk a functional model, whose layers are listed after all that they read."""
    signals: dict[int, Signal] = {}
    for layer in network.layers:
        tensors = layer.input if isinstance(layer.input, list | tuple) else [layer.input]
        known = [signals.get(id(tensor), entering) for tensor in tensors] or [entering]
        signals[id(layer.output)] = writer_for(layer)(layer, known, writing)
    return signals[id(network.outputs[0])]


def probability_bands(legend: Legend) -> list[str]:
    """Names of the bands of probabilities, in the order of the legend."""
    return [f"p{index}" for index in range(len(legend))]


def _classes(signal: Signal, writing: Writing) -> ee.Image:
    """The most probable class; a softmax would not change which that is."""
    writing.note("argmax")
    column = Signal(signal.column, signal.width) if signal.softmax else signal
    index = column.written(writing).arrayProject([0]).arrayArgmax().arrayGet(0)
    image: ee.Image = index.toByte().rename(CLASS_BAND)
    return image


def _shares(signal: Signal, writing: Writing) -> ee.Image:
    if not signal.softmax:
        raise DeploymentError(
            "The network does not end in a softmax, so its outputs are no probabilities.",
            hint="Give its last layer the activation “softmax”.",
        )
    names = [f"p{index}" for index in range(signal.width)]
    image: ee.Image = softmax_bands(signal.column, names, writing).toFloat()
    return image


def _within_limit(
    expression: Expression, writing: Writing, connection: Connection
) -> NativeDeployment:
    size, limit = expression.size_bytes, connection.can.request_bytes
    if size > limit:
        raise _too_large(f"{size:,}", connection)
    return NativeDeployment(expression, size, limit, writing.forms, all_seen_live(writing.forms))


def _too_large(size: str, connection: Connection) -> DeploymentError:
    return DeploymentError(
        f"The network takes {size} bytes as an expression; a request holds "
        f"{connection.can.request_bytes:,}.",
        hint="Train a smaller one: fewer or narrower hidden layers.",
        field="hidden_units",
    )
