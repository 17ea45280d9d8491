"""A run folder: a trained network and a card with all that its use needs.

`model.keras` maps raw predictors to class probabilities; `card.json` says which predictors in
which order, which classes, and how it came about.
"""

import json
import zipfile
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import ModelError
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.models.dataset import blocks
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
        form: Form of its samples: "pixel", "series" or "patch".
        shape: Dates of a series, or rows and columns of a patch; empty for pixels.
        steps: First day of each window of a series, ISO form.
        dense: Whether it has learned the class of every pixel of a patch.
        notes: What was odd about its training, as sentences.
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
    form: str = "pixel"
    shape: tuple[int, ...] = ()
    steps: tuple[str, ...] = ()
    dense: bool = False
    notes: tuple[str, ...] = ()

    @property
    def weight_count(self) -> int:
        """Trainable weights."""
        n_in, n_out = len(self.predictors), len(self.legend)
        return weight_count(self.plan, n_in, n_out, inner=self.shape)

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
        names = {item.name: item.default is MISSING for item in fields(cls)}
        lacking = [name for name, needed in names.items() if needed and name not in data]
        if lacking:
            raise ModelError(f"The card of this network lacks “{lacking[0]}”.")
        values = {name: _frozen(data[name]) for name in names if name in data}
        values["legend"] = Legend.from_json(data["legend"])
        return cls(**{**values, "plan": _plan(data["plan"])})


def _plan(data: dict[str, Any]) -> ModelPlan:
    unknown = sorted(set(data) - {item.name for item in fields(ModelPlan)})
    if unknown:
        raise ModelError(
            f"The card of this network has the setting “{unknown[0]}”, which this Loam does not "
            "know.",
            hint="Train it again, or use the Loam that made it.",
        )
    return ModelPlan(**{name: _frozen(value) for name, value in data.items()})


def _frozen(value: Any) -> Any:
    """A list of JSON as the tuple that it was."""
    return tuple(value) if isinstance(value, list) else value


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
        """The Keras network: raw predictors to class probabilities.

        Raises:
            ModelError: The file is missing or damaged, or holds code of its own, which is not run.
        """
        prepare()
        return load_network(self.directory / "model.keras", made_with=self._made_with())

    def _made_with(self) -> str:
        return ", ".join(f"{name} {version}" for name, version in self.card.versions.items())

    @cached_property
    def engine(self) -> Engine:
        """The network as a fast function of samples."""
        return Engine(self.network)

    def predict(
        self, x: ArrayLike, valid: ArrayLike | None = None, *, dense: bool = False
    ) -> NDArray[np.float32]:
        """Give class probabilities.

        Args:
            x: Raw predictors in the card's order, no NaN; shape (..., predictors), (..., dates,
                predictors) or (..., rows, columns, predictors) by the card's form.
            valid: Where they were observed, the same shape without the last axis; None for
                everywhere.
            dense: Whether each pixel of a patch is asked for instead of the centre.

        Returns:
            Shape (..., classes), or (..., rows, columns, classes); each vector sums to 1.
        """
        return self.engine.probabilities(*self._checked(x, valid), dense=dense)

    def classify(
        self, x: ArrayLike, valid: ArrayLike | None = None, *, dense: bool = False
    ) -> NDArray[np.uint8]:
        """Give the index of the most probable class, shape (...) or (..., rows, columns).

        Args:
            x: As for `predict`.
            valid: As for `predict`.
            dense: As for `predict`.
        """
        return self.engine.classes(*self._checked(x, valid), dense=dense)

    def classify_samples(
        self, samples: SampleSet, indices: NDArray[np.int64], *, dense: bool = False
    ) -> NDArray[np.uint8]:
        """Give the class of some samples, or of each pixel of patches, a few at a time.

        Raises:
            ModelError: The samples lack a predictor, or are of another form.
        """
        columns = self._columns(samples)
        mapped = []
        for chosen in blocks(len(indices), samples.predictors):
            at = indices[chosen]
            x = samples.predictors[at]
            x = x if columns is None else x[..., columns]
            valid = None if samples.valid is None else samples.valid[at]
            mapped.append(self.classify(x, valid, dense=dense))
        return np.concatenate(mapped)

    def inputs_of(self, samples: SampleSet) -> NDArray[np.float32]:
        """Pick this network's predictors from samples by name, shape (samples, ..., predictors).

        Raises:
            ModelError: The samples lack one.
        """
        columns = self._columns(samples)
        if columns is None:
            return samples.predictors
        return np.ascontiguousarray(samples.predictors[..., columns])

    def _columns(self, samples: SampleSet) -> list[int] | None:
        """Where this network's predictors are in samples; None where they are just those."""
        missing = [name for name in self.card.predictors if name not in samples.names]
        if missing:
            raise ModelError(
                f"The samples lack the predictor “{missing[0]}”; they have "
                f"{', '.join(samples.names)}.",
                hint="Draw the samples again with the predictors of this network.",
            )
        if samples.names == self.card.predictors:
            return None
        return [samples.names.index(name) for name in self.card.predictors]

    def _checked(
        self, x: ArrayLike, valid: ArrayLike | None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
        array = np.asarray(x, dtype=np.float32)
        inner = list(self.network.inputs[0].shape[1:])
        found = array.shape[-len(inner) :]
        if len(found) < len(inner) or not all(
            wanted in (None, length) for length, wanted in zip(found, inner, strict=True)
        ):
            raise ModelError(self._shape_words(array.shape, inner))
        if valid is None:
            return array, None
        mask = np.asarray(valid, dtype=bool)
        if mask.shape != array.shape[:-1]:
            raise ModelError(
                f"The mask has the shape {mask.shape}, and the predictors have {array.shape}."
            )
        return array, mask

    def _shape_words(self, shape: tuple[int, ...], inner: list[int | None]) -> str:
        what = {1: "a pixel", 2: "a date", 3: "a pixel of a patch"}[len(inner)]
        more = "" if len(inner) == 1 else f" in the shape {tuple(inner[:-1])}"
        return (
            f"This network takes {len(self.card.predictors)} predictors {what} "
            f"({', '.join(self.card.predictors)}){more}, and the array has the shape {shape}."
        )


def load_network(path: Path, *, made_with: str = "") -> Any:
    """Read a Keras file of whoever; only in a worker, and never the code that it may hold.

    Args:
        path: The file.
        made_with: Libraries and their versions that wrote it, told where it cannot be read.

    Raises:
        ModelError: It is missing or damaged, or holds code of its own.
    """
    import keras  # slow import

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        unsafe = "'class_name': 'Lambda'" in str(error) or "safe_mode" in str(error)
        made = f" (it was made with {made_with})" if made_with else ""
        raise ModelError(
            f"The network {path.name} holds code of its own, which Loam does not run."
            if unsafe
            else f"The network {path.name} cannot be read{made}: {_first_line(error)}",
            hint="Train it again, or use layers of Keras alone.",
        ) from None


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]


def save_artifact(directory: Path, network: Any, card: Card) -> None:
    """Write a network and its card; the card last, so that a folder with a card is whole."""
    temporary = directory / ".model.keras"
    network.save(temporary)
    temporary.replace(directory / "model.keras")
    text = directory / ".card.json"
    text.write_text(json.dumps(card.to_json(), indent=1), encoding="utf-8")
    text.replace(directory / "card.json")
