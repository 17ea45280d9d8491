"""What a trained network relies on, and how far its probabilities can be believed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.accuracy import score
from lib.core.calibration import (
    Calibration,
    Temperature,
    calibration,
    fit_temperature,
    log_loss,
    tempered,
    top_label,
)
from lib.core.errors import ModelError, SampleError
from lib.core.importance import REPEATS, Importance, permutation_importance
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.artifact import Artifact
from lib.models.dataset import blocks
from lib.models.evaluate import predict_test

MEASURES = ("macro_f1", "overall_accuracy")
"""Scores whose fall can be told; macro F1 counts rare classes as much as common ones."""

_MOST_BYTES = 256 * 1024**2
"""Of larger test sets evenly chosen samples are shuffled."""


@dataclass(frozen=True)
class PredictorImportances:
    """What each predictor is worth to a network; of the network, not of the world.

    Attributes:
        measure: One of `MEASURES`.
        score: It on the test samples as they are.
        predictors: In the order of the network.
        n: Test samples that were shuffled.
        by_block: Whether they moved with their blocks.
    """

    measure: str
    score: float
    predictors: tuple[Importance, ...]
    n: int
    by_block: bool


@dataclass(frozen=True)
class Reliability:
    """How far the probabilities of a network can be believed, by its validation set.

    The temperature was fitted to the same samples, so that what remains after it is a little too
    good; the test set is not looked at.

    Attributes:
        before: Confidence and accuracy as the network gives them.
        loss: Mean negative log-likelihood, in nats.
        temperature: What would make them fit; None where there is no best one.
        after: Confidence and accuracy with that temperature.
        notes: What a reader should know, as sentences.
    """

    before: Calibration
    loss: float
    temperature: Temperature | None
    after: Calibration | None
    notes: tuple[str, ...] = ()


def predictor_importance(
    artifact: Artifact,
    samples: SampleSet,
    split: Split,
    *,
    measure: str = "macro_f1",
    repeats: int = REPEATS,
    seed: int = 0,
    by_block: bool = False,
    on_predictor: Callable[[Importance], None] | None = None,
) -> PredictorImportances:
    """Shuffle each predictor among the test samples and see how much the score falls.

    Of a large test set samples of 256 MB are taken, evenly spread.

    Args:
        artifact: The network.
        samples: All samples.
        split: The split that it was trained for.
        measure: One of `MEASURES`.
        repeats: Permutations of each predictor.
        seed: The same gives the same figures.
        by_block: Whether samples of a block or polygon move together.
        on_predictor: Told of each as soon as it is known.

    Raises:
        ModelError: The network has seen a test sample, the samples lack a predictor or have
            another legend, or the measure or the blocks are none.
        SampleError: There are fewer than two test samples.
    """
    _check(measure, split, by_block=by_block)
    predict_test(artifact, samples, split)  # refuses samples that the network has seen
    chosen = _evenly(samples, split.test)
    test = samples.take(chosen)
    rows = np.arange(len(test))

    def score_of(x: NDArray[Any]) -> float:
        mapped = artifact.classify_samples(replace(test, predictors=x), rows)
        return float(getattr(score(test.class_index, mapped, test.legend), measure))

    found = permutation_importance(
        test.predictors,
        score_of,
        test.names,
        groups=[(name,) for name in artifact.card.predictors],
        blocks=split.groups[chosen] if by_block and split.groups is not None else None,
        valid=test.valid,
        repeats=repeats,
        seed=seed,
        on_group=on_predictor,
    )
    return PredictorImportances(measure, score_of(test.predictors), found, len(test), by_block)


def reliability(artifact: Artifact, samples: SampleSet, split: Split) -> Reliability:
    """Compare confidence with accuracy on the validation set, and find the temperature.

    Args:
        artifact: The network.
        samples: All samples.
        split: The split that it was trained for.

    Raises:
        ModelError: The validation set is not that of the network, or the samples lack a
            predictor.
    """
    ids = samples.ids[split.validation]
    if set(ids.tolist()) != set(artifact.card.validation_ids):
        raise ModelError(
            "These are not the validation samples of this network.",
            hint="Give the split that it was trained for.",
            field="split",
        )
    p = _probabilities(artifact, samples, split.validation)
    labels = samples.class_index[split.validation]
    before = calibration(*top_label(p, labels))
    try:
        temperature = fit_temperature(p, labels)
    except SampleError as error:
        return Reliability(before, log_loss(p, labels), None, None, (*before.notes, error.message))
    after = calibration(*top_label(tempered(p, temperature.value), labels))
    return Reliability(before, temperature.loss_before, temperature, after, before.notes)


def _probabilities(
    artifact: Artifact, samples: SampleSet, indices: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give class probabilities of some samples, a few at a time."""
    found = []
    for chosen in blocks(len(indices), samples.predictors):
        some = samples.take(indices[chosen])
        found.append(artifact.predict(artifact.inputs_of(some), some.valid))
    return np.concatenate(found).astype(np.float64)


def _check(measure: str, split: Split, *, by_block: bool) -> None:
    if measure not in MEASURES:
        raise ModelError(
            f"“{measure}” is no score whose fall can be told.",
            hint=f"Use one of {', '.join(MEASURES)}.",
            field="importance",
        )
    if by_block and split.groups is None:
        raise ModelError(
            f"A split of the kind “{split.kind}” has no blocks to move.",
            hint="Shuffle single samples, or split by blocks.",
            field="importance",
        )


def _evenly(samples: SampleSet, test: NDArray[np.int64]) -> NDArray[np.int64]:
    most = max(2, _MOST_BYTES // max(1, samples.predictors[:1].nbytes))
    return test[:: -(-len(test) // most)] if len(test) else test
