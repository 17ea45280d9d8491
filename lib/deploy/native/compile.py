"""Write a trained network as an Earth Engine expression."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ee

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.deploy.native.estimate import MOST_BYTES, Estimate, estimate
from lib.deploy.native.forms import all_seen_live
from lib.deploy.native.inputs import enter, form_of
from lib.deploy.native.kept import go_on, keep_weights
from lib.deploy.native.neighbours import probe
from lib.deploy.native.registry import refuse_pooling, unwritable
from lib.deploy.native.signal import Signal, Writing, softmax_bands
from lib.deploy.native.walk import write_network
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import projection_of, to_expression, to_image
from lib.models.artifact import Artifact

OUTPUTS = ("class", "probabilities", "entropy")
CLASS_BAND = "class"
ENTROPY_BAND = "entropy"

MOST_WEIGHTS = 5_000_000
"""A larger network is not written: encoding it takes minutes, and a tile would take hours."""

_SHARE_OF_REQUEST = 0.98
"""What an expression may take; the rest is for what a request says beside it."""

# A share below this adds nothing to an entropy, and the logarithm of 0 is none.
_LEAST_SHARE = 1e-30


@dataclass(frozen=True)
class NativeDeployment:
    """A network as an expression.

    Attributes:
        expression: Image with the band "class" (index in the legend), with one band of
            probability for each class, named by `probability_bands`, or with the band "entropy"
            (0 where one class is certain, 1 where all are as likely).
        size_bytes: What it takes in a request.
        limit_bytes: What a request may have.
        forms: Names of the forms it uses.
        seen_live: Whether all of them are known to run on the live service, and the network is
            neither recurrent nor estimated above `estimate.MOST_BYTES`.
        estimate: What a tile will need of memory, and how far the network looks.
        advice: What to know and to do where it was not seen live, as sentences; else empty.
        assets: Tables that hold its weights, where they outgrew the request.
    """

    expression: Expression
    size_bytes: int
    limit_bytes: int
    forms: tuple[str, ...]
    seen_live: bool
    estimate: Estimate
    advice: str
    assets: tuple[str, ...] = ()


@with_connection
def compile_network(
    connection: Connection,
    artifact_dir: Path,
    predictors: Expression,
    legend: Legend,
    *,
    output: str = "class",
    grid: Grid | None = None,
    check: Callable[[], None] = go_on,
) -> NativeDeployment:
    """Write the network of a run folder over an image of predictors.

    Where the expression outgrows a request, its weights become tables of the connection's project
    first (`lib.deploy.native.kept`).

    Args:
        connection: Whose limit on requests counts; it is asked nothing, but for how it names
            neighbours where the network looks at them.
        artifact_dir: Run folder of the training.
        predictors: Image that has the network's predictors by name; for a series the bands of
            `lib.earthengine.stack.stack_names`.
        legend: Classes, as many as the network has outputs.
        output: One of `OUTPUTS`.
        grid: Training grid; needed for a network of patches, which is fixed to it.
        check: Asked while weights are stored; it leaves by raising.

    Raises:
        DeploymentError: A layer cannot be written, outputs and classes differ, the network is too
            large, or its weights cannot be stored.
    """
    artifact = Artifact.load(artifact_dir)
    _check_weights(artifact.network.count_params())
    refuse_pooling(artifact.network)
    writing = _begin(connection, artifact.network, grid)
    inputs = enter(artifact.network, to_image(predictors), artifact.card.predictors, writing)
    signal = write_network(artifact.network, inputs.signals, writing)
    _check_answer(artifact.network, signal, len(legend))
    image = _WRITERS[output](signal, writing)
    if inputs.valid is not None:
        image = image.updateMask(inputs.valid)
    if signal.layout.reach and grid is not None:
        image = image.reproject(projection_of(grid))
    return _deployment(to_expression(image), writing, connection, check)


def probability_bands(legend: Legend) -> list[str]:
    """Names of the bands of probabilities, in the order of the legend."""
    return _share_names(len(legend))


def _begin(connection: Connection, network: Any, grid: Grid | None) -> Writing:
    if form_of(network) != "patch":
        return Writing()
    if grid is None:
        raise DeploymentError(
            "A network of patches sees neighbours on its training grid, and no grid is given.",
            hint="Give the grid of the training.",
        )
    return Writing(offsets=probe(connection, grid))


def _check_answer(network: Any, signal: Signal, count: int) -> None:
    if signal.layout.steps:
        raise unwritable(network, "it gives an answer for each date instead of one")
    if signal.width != count:
        raise DeploymentError(
            f"The network has {signal.width} outputs and the legend {count} classes.",
            hint="Train the network again with this legend.",
            field="classes",
        )


def _classes(signal: Signal, writing: Writing) -> ee.Image:
    """The most probable class; a softmax would not change which that is."""
    writing.note("argmax")
    column = replace(signal, softmax=False)
    index = column.written(writing).arrayProject([0]).arrayArgmax().arrayGet(0)
    image: ee.Image = index.toByte().rename(CLASS_BAND)
    return image


def _shares(signal: Signal, writing: Writing) -> ee.Image:
    if not signal.softmax:
        raise DeploymentError(
            "The network does not end in a softmax, so its outputs are no probabilities.",
            hint="Give its last layer the activation “softmax”.",
        )
    image: ee.Image = softmax_bands(signal.column, _share_names(signal.width), writing).toFloat()
    return image


def _entropy(signal: Signal, writing: Writing) -> ee.Image:
    writing.note("entropy")
    return entropy_of(_shares(signal, writing), signal.width)


def entropy_of(shares: ee.Image, count: int) -> ee.Image:
    """Shannon's entropy of probabilities over its greatest value, log(count), as one band."""
    logarithms = shares.max(_LEAST_SHARE).log()
    total = shares.multiply(logarithms).reduce(ee.Reducer.sum())
    image: ee.Image = total.divide(-math.log(max(count, 2))).toFloat().rename(ENTROPY_BAND)
    return image


_WRITERS = {"class": _classes, "probabilities": _shares, "entropy": _entropy}


def _share_names(count: int) -> list[str]:
    return [f"p{index}" for index in range(count)]


def _deployment(
    expression: Expression, writing: Writing, connection: Connection, check: Callable[[], None]
) -> NativeDeployment:
    limit = connection.can.request_bytes
    assets: tuple[str, ...] = ()
    if expression.size_bytes > _SHARE_OF_REQUEST * limit:
        writing.note("kept weights")
        kept = keep_weights(connection, expression, check=check)
        expression, assets = kept.expression, kept.assets
    size = expression.size_bytes
    if size > limit:
        raise _too_large(f"{size:,}", connection)
    needed = estimate(writing.costs)
    reasons = _doubts(writing, needed)
    return NativeDeployment(
        expression,
        size,
        limit,
        writing.forms,
        not reasons and all_seen_live(writing.forms),
        needed,
        _advice(reasons) if reasons or not all_seen_live(writing.forms) else "",
        assets,
    )


def _doubts(writing: Writing, needed: Estimate) -> list[str]:
    """Why a network may not run on the live service, forms apart."""
    reasons = ["it is recurrent, and so a deep graph"] if writing.recurrent else []
    if needed.size_bytes > MOST_BYTES:
        reasons.append(
            f"the layer “{needed.layer}” holds some {needed.size_bytes / 2**20:,.0f} MB of a tile"
        )
    return reasons


def _advice(reasons: list[str]) -> str:
    why = f": {' and '.join(reasons)}" if reasons else ""
    return (
        f"Not yet seen on the live service{why}. Run “python -m lib check” with your project "
        "first; the route “Map as a file” gives the same map without it."
    )


def _check_weights(count: int) -> None:
    if count > MOST_WEIGHTS:
        raise DeploymentError(
            f"The network has {count:,} weights; an expression takes {MOST_WEIGHTS:,}.",
            hint="Choose the route “Map as a file”, or train a smaller network.",
            field="route",
        )


def _too_large(size: str, connection: Connection) -> DeploymentError:
    return DeploymentError(
        f"The network takes {size} bytes as an expression without its weights; a request holds "
        f"{connection.can.request_bytes:,}.",
        hint="Choose the route “Map as a file”, or train a smaller network.",
        field="route",
    )
