"""What the train step tells its page: networks, runs to compare, cross-validation and search."""

from dataclasses import dataclass, fields
from typing import Any

from lib.core.accuracy import Scores
from lib.core.calibration import Calibration, ReliabilityBin, Temperature
from lib.core.importance import Importance
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan

History = tuple[dict[str, float], ...]


@dataclass(frozen=True)
class NetworkView:
    """A trained network: its scores on the test set of its own split.

    `notes` tell what was odd about its training, `split_notes` what of its split.
    """

    scores: Scores
    split_kind: str
    split_notes: tuple[str, ...]
    sizes: tuple[int, int, int]
    best_epoch: int
    epochs: int
    stopped: str
    seconds: float
    history: History
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, summary: dict[str, Any]) -> "NetworkView":
        """Read the summary of a result."""
        split = summary["split"]
        return cls(
            scores=Scores.from_json(summary["scores"]),
            split_kind=split["kind"],
            split_notes=tuple(split["notes"]),
            sizes=(split["training"], split["validation"], split["test"]),
            best_epoch=summary["best_epoch"],
            epochs=summary["epochs"],
            stopped=summary["stopped"],
            seconds=summary["training_seconds"],
            history=tuple(summary["history"]),
            notes=tuple(summary.get("notes", ())),
        )


@dataclass(frozen=True)
class ReliabilityView:
    """How far probabilities can be believed, by the validation set; before and after tempering."""

    before: Calibration
    after: Calibration | None
    temperature: Temperature | None
    loss: float
    notes: tuple[str, ...]

    @classmethod
    def of(cls, data: dict[str, Any] | None) -> "ReliabilityView | None":
        """Read what the worker wrote; None where it wrote nothing."""
        if data is None:
            return None
        temperature = data["temperature"]
        return cls(
            before=_calibration(data["before"]),
            after=_calibration(data["after"]) if data["after"] else None,
            temperature=Temperature(**temperature) if temperature else None,
            loss=data["loss"],
            notes=tuple(data["notes"]),
        )


def _calibration(data: dict[str, Any]) -> Calibration:
    bins = tuple(
        ReliabilityBin(**{**row, "interval95": tuple(row["interval95"])}) for row in data["bins"]
    )
    return Calibration(**{**data, "bins": bins, "notes": tuple(data["notes"])})


@dataclass(frozen=True)
class ImportanceView:
    """What each predictor is worth to the network, by `n` of `of` test samples."""

    measure: str
    score: float
    predictors: tuple[Importance, ...]
    n: int
    of: int
    repeats: int

    @classmethod
    def of_summary(cls, data: dict[str, Any] | None) -> "ImportanceView | None":
        """Read what the worker wrote; None where it wrote nothing."""
        if data is None:
            return None
        known = {item.name: data[item.name] for item in fields(cls)}
        rows = tuple(Importance(**row) for row in data["predictors"])
        return cls(**{**known, "predictors": rows})


@dataclass(frozen=True)
class TrainView:
    """The chosen network, the one for the other split once it is there, and the forest.

    `reference_map` names the map that the labels come from; scores are then agreement with that
    map. It is empty where the labels are a person's own polygons or points.

    `opened` says whether the test set was opened for this run, `opened_runs` for how many of the
    runs that share it. Until then only `validation` may be shown.
    """

    network: NetworkView
    other: NetworkView | None
    other_running: bool
    forest: Scores | None
    validation: Scores | None
    reliability: ReliabilityView | None
    importance: ImportanceView | None
    opened: bool
    opened_runs: int
    log_folder: str
    weight_count: int
    legend: Legend
    reference_map: str
    simulated: bool
    stale: bool
    changed: str


@dataclass(frozen=True)
class Run:
    """A run that is kept, as a table shows it beside others on the same samples and split.

    Attributes:
        id: Names it within the project.
        name: Such as "Run 2", in the order in which runs were completed.
        family: Title of its family.
        settings: In words, what of its settings differs from the other runs'.
        macro_f1: Macro F1 on the validation set; None where it was not measured.
        accuracy: Share of the validation set that is right.
        loss: Least validation loss.
        best_epoch: The epoch whose weights were kept.
        epochs: Epochs that were done.
        seconds: Time spent on them.
        stopped: How it ended.
        best: Whether no other has a better macro F1 on the validation set.
        current: Whether its settings are the project's.
        opened: Whether the test set was opened for it.
        history: Its epochs.
    """

    id: str
    name: str
    family: str
    settings: str
    macro_f1: float | None
    accuracy: float
    loss: float
    best_epoch: int
    epochs: int
    seconds: float
    stopped: str
    best: bool
    current: bool
    opened: bool
    history: History


@dataclass(frozen=True)
class RunsView:
    """All runs that share samples and split with the project, and how many others there are."""

    runs: tuple[Run, ...]
    elsewhere: int


@dataclass(frozen=True)
class CrossView:
    """Cross-validation: rows of its folds, mean and spread, and scores over all tested samples.

    `network` and `forest` give mean, standard deviation, least and most by measure.
    """

    k: int
    kind: str
    folds: tuple[dict[str, Any], ...]
    network: dict[str, dict[str, Any]]
    forest: dict[str, dict[str, Any]]
    pooled_network: Scores
    pooled_forest: Scores
    notes: tuple[str, ...]
    changed: str


@dataclass(frozen=True)
class SearchView:
    """A search: rows of its trials, and the settings of the best.

    `in_use` says whether the project has those settings already.
    """

    trials: tuple[dict[str, Any], ...]
    best: int | None
    best_plan: ModelPlan
    stopped: str
    in_use: bool
    changed: str
