"""What every classifier is: options, an output mode, and a model once it is trained."""

# ruff: noqa: ARG002 - all sources are read alike

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError

Matrix = NDArray[Any]
CLASSIFICATION = "CLASSIFICATION"
ARRAY_MODES = ("MULTIPROBABILITY", "RAW", "RAW_REGRESSION")


class Model(ABC):
    """A trained model.

    Attributes:
        classes: Class values in ascending order; empty for models that know of none.
    """

    classes: tuple[int, ...] = ()

    @abstractmethod
    def predict(self, inputs: Matrix, mode: str) -> Matrix:
        """Apply the model.

        Args:
            inputs: `(n, properties)`.
            mode: One of the algorithm's modes.

        Returns:
            `(n,)`, or `(n, k)` for modes that give arrays.
        """

    def explain(self, names: Sequence[str]) -> dict[str, Any]:
        """What there is to tell about it."""
        return {"classes": list(self.classes)}


class Algorithm(ABC):
    """A way of training.

    Attributes:
        name: Earth Engine's name, such as "Classifier.smileCart".
        modes: Output modes that it can give.
    """

    name: str
    modes: tuple[str, ...]

    @abstractmethod
    def fit(self, inputs: Matrix, labels: Matrix, mode: str) -> Model:
        """Train on rows `(n, properties)` with labels `(n,)`."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A classifier as expressions know it.

    Attributes:
        name: Earth Engine's name.
        algorithm: How it is trained; None where it needs no training.
        options: Arguments of its constructor, to tell what it is.
        mode, modes: Output mode, and those that it can give.
        schema: Names of its inputs, once they are known.
        model: The trained model, or None.
        training: Inputs and labels that it was trained on, or None.
    """

    name: str
    algorithm: Algorithm | None
    options: Mapping[str, Any] = field(default_factory=dict)
    mode: str = CLASSIFICATION
    modes: tuple[str, ...] = (CLASSIFICATION,)
    schema: tuple[str, ...] = ()
    model: Model | None = None
    training: tuple[Matrix, Matrix] | None = None

    def trained(self) -> Model:
        """The model.

        Raises:
            EarthError: It has not been trained.
        """
        if self.model is None:
            raise EarthError(f"The classifier {self.name} has not been trained.")
        return self.model

    @property
    def gives_arrays(self) -> bool:
        """Whether results are arrays."""
        return self.mode in ARRAY_MODES

    def describe(self) -> dict[str, Any]:
        """The JSON form."""
        return {"type": "Classifier", "classifier": {"type": self.name, **self.options}}


def whole_labels(labels: Matrix) -> NDArray[np.int64]:
    """Labels as integers.

    Raises:
        EarthError: They are not whole.
    """
    whole = np.rint(labels)
    if not np.array_equal(whole, labels):
        raise EarthError("Classifier.train: The class property must hold integers.")
    return whole.astype(np.int64)
