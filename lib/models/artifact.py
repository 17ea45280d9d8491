"""A run folder: a trained network and a card with all that its use needs.

`model.keras` maps raw predictors to class probabilities; `card.json` says which predictors in
which order, which classes, and how it came about.
"""

import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import ModelError
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.models.families import weight_count
from lib.models.inference import Engine
from lib.models.runtime import prepare

CARD_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of a trained network.

    Attributes:
        predictors: Names of its inputs, in order.
        legend: Its outputs, in order.
        plan: Family and settings.
        split_kind: The split that it was trained for.
        split_seed: Seed of that split.
        training_ids: Ids of the samples that it and its scaling have seen.
        validation_ids: Ids of the samples that chose the best epoch.
        class_weights: What a sample of each class counted; None when all counted alike.
        best_epoch: The epoch whose weights it has.
        epochs: Epochs that were done.
        stopped: "finished", "early" or "cancelled".
        seconds: Time spent on epochs.
        versions: Versions of what computed it.
        machine: Processor, threads and switches that decide its last bits.
    """

    predictors: tuple[str, ...]
    legend: Legend
    plan: ModelPlan
    split_kind: str
    split_seed: int
    training_ids: tuple[int, ...]
    validation_ids: tuple[int, ...]
    class_weights: tuple[float, ...] | None
    best_epoch: int
    epochs: int
    stopped: str
    seconds: float
    versions: dict[str, str]
    machine: dict[str, Any]

    @property
    def weight_count(self) -> int:
        """Trainable weights."""
        return weight_count(self.plan, len(self.predictors), len(self.legend))

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        plain = asdict(self) | {"legend": self.legend.to_json()}
        return {"card_version": CARD_VERSION, **plain, "weight_count": self.weight_count}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` gave.

        Raises:
            ModelError: It is from a newer version, or incomplete.
        """
        if data.get("card_version") != CARD_VERSION:
            raise ModelError(
                f"The card of this network has version {data.get('card_version')}, and this Loam "
                f"reads {CARD_VERSION}.",
                hint="Train it again, or use the Loam that made it.",
            )
        try:
            values = {item.name: data[item.name] for item in fields(cls)}
        except KeyError as error:
            raise ModelError(f"The card of this network lacks {error}.") from None
        values["legend"] = Legend.from_json(values["legend"])
        plan = values["plan"]
        values["plan"] = ModelPlan(**{**plan, "hidden_units": tuple(plan["hidden_units"])})
        for name in ("predictors", "training_ids", "validation_ids", "class_weights"):
            values[name] = None if values[name] is None else tuple(values[name])
        return cls(**values)


class Artifact:
    """A trained network that can be used.

    Args:
        directory: Its run folder.
        card: What is known of it.

    Example:
        >>> artifact = Artifact.load(run_dir)  # doctest: +SKIP
        >>> artifact.predict(pixels).shape  # doctest: +SKIP
        (512, 512, 9)
    """

    def __init__(self, directory: Path, card: Card) -> None:
        self.directory = directory
        self.card = card

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Open a run folder; the network itself is read when it is first used.

        Raises:
            ModelError: It holds no finished network.
        """
        try:
            text = (directory / "card.json").read_text(encoding="utf-8")
            return cls(directory, Card.from_json(json.loads(text)))
        except (FileNotFoundError, ValueError):
            raise ModelError(
                f"There is no trained network in {directory.name}.", hint="Train one first."
            ) from None

    @cached_property
    def network(self) -> Any:
        """The Keras network: raw predictors to class probabilities."""
        prepare()
        import keras  # slow import

        return keras.saving.load_model(self.directory / "model.keras", safe_mode=True)

    @cached_property
    def engine(self) -> Engine:
        """The network as a fast function of pixels."""
        return Engine(self.network)

    def predict(self, x: ArrayLike) -> NDArray[np.float32]:
        """Give class probabilities.

        Args:
            x: Raw predictors in the card's order, shape (..., predictors), no NaN.

        Returns:
            Shape (..., classes); each sums to 1.
        """
        return self.engine.probabilities(self._checked(x))

    def classify(self, x: ArrayLike) -> NDArray[np.uint8]:
        """Give the index of the most probable class.

        Args:
            x: Raw predictors in the card's order, shape (..., predictors), no NaN.

        Returns:
            Shape (...).
        """
        return self.engine.classes(self._checked(x))

    def inputs_of(self, samples: SampleSet) -> NDArray[np.float32]:
        """Pick this network's predictors from samples by name, shape (samples, predictors).

        Raises:
            ModelError: The samples lack one.
        """
        missing = [name for name in self.card.predictors if name not in samples.names]
        if missing:
            raise ModelError(
                f"The samples lack the predictor “{missing[0]}”; they have "
                f"{', '.join(samples.names)}.",
                hint="Draw the samples again with the predictors of this network.",
            )
        columns = [samples.names.index(name) for name in self.card.predictors]
        return np.ascontiguousarray(samples.predictors[:, columns])

    def _checked(self, x: ArrayLike) -> NDArray[np.float32]:
        array = np.asarray(x, dtype=np.float32)
        if array.ndim == 0 or array.shape[-1] != len(self.card.predictors):
            raise ModelError(
                f"This network takes {len(self.card.predictors)} predictors a pixel "
                f"({', '.join(self.card.predictors)}), and the array has the shape {array.shape}."
            )
        return array


def save_artifact(directory: Path, network: Any, card: Card) -> None:
    """Write a network and its card; the card last, so that a folder with a card is whole."""
    temporary = directory / ".model.keras"
    network.save(temporary)
    temporary.replace(directory / "model.keras")
    text = directory / ".card.json"
    text.write_text(json.dumps(card.to_json(), indent=1), encoding="utf-8")
    text.replace(directory / "card.json")
