"""The numbers of a trained network of dense layers, read from its file without TensorFlow.

A Keras file is an archive of the network's description in JSON and its weights in HDF5, kept by
the kind of layer and a number (`keras/src/saving/saving_lib.py`).
"""

import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.models.artifact import Artifact
from lib.models.families import find_family
from lib.workflow.code.subject import cannot

Numbers = NDArray[np.float64]
ACTIVATIONS = ("linear", "relu", "gelu")
# Keras keeps the spread from being less than this (keras.config.epsilon).
_LEAST_SPREAD = 1e-7


@dataclass(frozen=True)
class DenseLayer:
    """`activation(weights @ x + bias)`.

    Attributes:
        weights: Shape (outputs, inputs).
        bias: Shape (outputs,).
        activation: One of `ACTIVATIONS`.
    """

    weights: Numbers
    bias: Numbers
    activation: str = "linear"


@dataclass(frozen=True)
class DenseNetwork:
    """A network of dense layers; batch normalisation is part of the layers.

    Attributes:
        mean: What is subtracted from the predictors.
        spread: What they are then divided by.
        layers: One after another; the greatest of the last is the class.
    """

    mean: Numbers
    spread: Numbers
    layers: tuple[DenseLayer, ...]

    @property
    def weight_count(self) -> int:
        """Numbers in all layers."""
        return sum(layer.weights.size + layer.bias.size for layer in self.layers)


def dense_network(artifact_dir: Path) -> DenseNetwork:
    """Read a network of a run folder.

    Args:
        artifact_dir: Run folder of the training.

    Raises:
        PlanError: The network is not made of dense layers on single pixels; the message names the
            route that takes it.
        ModelError: There is no network.
    """
    family = find_family(Artifact.load(artifact_dir).card.plan.family)
    if family.form != "pixel":
        raise cannot(
            f"the {family.title} is not made of dense layers on single pixels, and the Code "
            "Editor's script holds those alone",
            hint=f"Choose the route “{_route(family.routes)}”, which takes it.",
            field="family",
        )
    reader = _Reader(artifact_dir / "model.keras")
    for kind, config, variables in reader.layers():
        reader.take(kind, config, variables)
    return DenseNetwork(reader.mean, reader.spread, tuple(reader.found))


def _route(routes: tuple[str, ...]) -> str:
    """The route to name: as an expression where that is possible, else by raster."""
    return "native" if "native" in routes else "raster"


class _Reader:
    """Goes through the layers of a file, and folds them into dense ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.mean: Numbers = np.zeros(1)
        self.spread: Numbers = np.ones(1)
        self.found: list[DenseLayer] = []

    def layers(self) -> list[tuple[str, dict[str, Any], list[Numbers]]]:
        """Kind, settings and variables of each layer, in order."""
        import h5py  # slow import

        with zipfile.ZipFile(self._path) as archive:
            described = json.loads(archive.read("config.json"))["config"]["layers"]
            stored = io.BytesIO(archive.read("model.weights.h5"))
        seen: Counter[str] = Counter()
        rows = []
        with h5py.File(stored) as file:
            for layer in described:
                kind = layer["class_name"]
                name = _snake_case(kind)
                place = f"layers/{name}{f'_{seen[name]}' * bool(seen[name])}/vars"
                if kind != "InputLayer":
                    seen[name] += 1
                group = file.get(place, {})
                variables = [np.array(group[key], np.float64) for key in sorted(group, key=int)]
                rows.append((kind, layer["config"], variables))
        return rows

    def take(self, kind: str, config: dict[str, Any], variables: list[Numbers]) -> None:
        """Add a layer to what was found."""
        if kind in ("InputLayer", "Dropout"):
            return
        if kind == "Normalization" and not self.found:
            self.mean = variables[0].ravel()
            self.spread = np.maximum(np.sqrt(variables[1].ravel()), _LEAST_SPREAD)
        elif kind == "Dense":
            self.found.append(DenseLayer(variables[0].T, variables[1]))
            self._activate(config["activation"], config["name"])
        elif kind == "BatchNormalization" and self._last().activation == "linear":
            gamma, beta, mean, variance = variables
            factor = gamma / np.sqrt(variance + config["epsilon"])
            last = self.found.pop()
            moved = (last.bias - mean) * factor + beta
            self.found.append(DenseLayer(last.weights * factor[:, None], moved))
        elif kind == "Activation":
            self._activate(config["activation"], config["name"])
        else:
            raise _unknown(config["name"], kind)

    def _activate(self, activation: str, name: str) -> None:
        if activation in ("linear", "softmax"):  # a softmax does not change which is greatest
            return
        last = self._last()
        if activation not in ACTIVATIONS or last.activation != "linear":
            raise _unknown(name, activation)
        self.found[-1] = DenseLayer(last.weights, last.bias, activation)

    def _last(self) -> DenseLayer:
        return self.found[-1] if self.found else DenseLayer(np.zeros((0, 0)), np.zeros(0), "none")


def _unknown(name: str, what: str) -> Exception:
    return cannot(
        f"the layer “{name}” ({what}) is no dense layer that the Code Editor's script can hold",
        hint="Choose the route “Earth Engine expression” or “Map as a file”, which take it.",
        field="family",
    )


def _snake_case(name: str) -> str:
    """A class name as Keras writes it in its files."""
    return re.sub(
        r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    ).lower()
