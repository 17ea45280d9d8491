"""A trained network as a script for Earth Engine's Code Editor."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import LimitError
from lib.core.formats import bytes_words, number
from lib.earthengine.connection import Connection
from lib.models.artifact import Artifact
from lib.workflow.code.dialect import JavaScript, literal
from lib.workflow.code.parts import template
from lib.workflow.code.predictors import PredictorCode
from lib.workflow.code.subject import Subject, cannot, subject_of
from lib.workflow.code.weights import DenseNetwork, dense_network
from lib.workflow.document import Project
from lib.workflow.workspace import Workspace

_DIGITS = 7
# About 11 bytes at 7 digits; less than 8 never, so that nothing that fits is refused unwritten.
_LEAST_WEIGHT_BYTES = 8
_ACTIVATIONS = {
    "linear": "column",
    "relu": "column.max(0)",
    "gelu": f"column.multiply(column.divide({math.sqrt(2)!r}).erf().add(1).divide(2))",
}


def javascript(
    source: Workspace | Project, artifact_dir: Path, *, connection: Connection | None = None
) -> str:
    """Write a script for the Code Editor with the network inside.

    It makes the predictors with the public API, applies the network, and shows the map and its
    legend; without a map, as under Node, it leaves the image `classes`.

    Args:
        source: An open project, or a document.
        artifact_dir: Folder of the trained network.
        connection: Service that the script is for; that of the workspace, else Local Earth.

    Raises:
        PlanError: The network, or a setting, cannot be written so; the message names the route
            that takes it.
        LimitError: The script is larger than a request.
    """
    network = dense_network(artifact_dir)
    subject = subject_of(source, artifact_dir, connection=connection)
    _check_predictors(subject, artifact_dir)
    _check_size(network.weight_count * _LEAST_WEIGHT_BYTES, network, subject)
    out = JavaScript()
    _settings(out, subject)
    PredictorCode(subject, out).write()
    _network(out, network)
    text = f"{_heading(subject)}\n{out.text()}\n{template('map_js')}"
    _check_size(len(text.encode()), network, subject)
    return text


def _check_size(size_bytes: int, network: DenseNetwork, subject: Subject) -> None:
    limit = subject.connection.can.request_bytes
    if size_bytes > limit:
        raise LimitError(
            f"The script takes {bytes_words(size_bytes)} or more, of which the network's "
            f"{number(network.weight_count)} weights are the most; {bytes_words(limit)} fit.",
            hint="Choose the route “Map as a file”, or train a smaller network.",
            field="route",
        )


def _check_predictors(subject: Subject, artifact_dir: Path) -> None:
    """Refuse imagery that was changed since the training."""
    names, needed = subject.names, Artifact.load(artifact_dir).card.predictors
    if names != needed or subject.imagery.form != "pixel":
        raise cannot(
            f"the network reads {', '.join(needed)} of single pixels, and the imagery has "
            f"{', '.join(names)} of the form “{subject.imagery.form}” now",
            hint="Train the network again.",
            field="imagery",
        )


def _heading(subject: Subject) -> str:
    lines = [
        f"// {subject.project.name}: the trained network on a map.",
        "// Written by Loam; paste it into https://code.earthengine.google.com and press Run.",
    ]
    if subject.simulated:
        lines.append("// Simulated: it was trained on Loam's planet, not on the Earth.")
    return "\n".join(" ".join(line.split()) for line in lines) + "\n"


def _settings(out: JavaScript, subject: Subject) -> None:
    plan, legend = subject.imagery, subject.legend
    out.constant("AOI", subject.aoi.geometry)
    if plan.start:
        out.constant("START", plan.start)
        out.constant("END", plan.end)
    out.constant("NAMES", list(subject.names))
    out.constant("CLASSES", list(legend.names))
    out.constant("VALUES", list(legend.values))
    out.constant("COLOURS", [color.lstrip("#") for color in legend.colors])
    out.constant("SCALE_M", plan.scale_m)
    out.blank()
    out.let("region", 'ee.Geometry(AOI, "EPSG:4326", false)')


def _network(out: JavaScript, network: DenseNetwork) -> None:
    out.comment("The network: predictors are scaled, then each layer is a matrix and a bias.")
    out.constant("MEAN", _rounded(network.mean))
    out.constant("SPREAD", _rounded(network.spread))
    out.lines.append("var LAYERS = [")
    for layer in network.layers:
        rows = ",\n      ".join(literal(_rounded(row)) for row in layer.weights)
        out.lines += [
            f"  {{activation: {literal(layer.activation)},",
            f"    bias: {literal(_rounded(layer.bias))},",
            f"    weights: [\n      {rows}\n    ]}},",
        ]
    out.lines[-1] = out.lines[-1].removesuffix(",")
    out.lines += ["];", "", "var ACTIVATIONS = {"]
    used = dict.fromkeys(layer.activation for layer in network.layers)
    functions = [f"  {name}: function (column) {{ return {_ACTIVATIONS[name]}; }}" for name in used]
    out.lines += [",\n".join(functions), "};"]


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in np.ravel(values).tolist()]
