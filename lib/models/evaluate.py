"""Figures of a trained network on the test set of a split."""

import numpy as np
from numpy.typing import NDArray

from lib.core.accuracy import Scores, score
from lib.core.errors import ModelError
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.artifact import Artifact


def evaluate(artifact: Artifact, samples: SampleSet, split: Split) -> Scores:
    """Score a network on the test set; intervals come from whole groups where there are groups.

    Args:
        artifact: The network.
        samples: All samples.
        split: The split that the network was trained for.

    Raises:
        ModelError: The network has seen one of the test samples, the samples lack a predictor, or
            their legend is another.
    """
    reference = samples.class_index[split.test]
    predicted = predict_test(artifact, samples, split)
    return score(reference, predicted, samples.legend, groups=split.test_groups, seed=split.seed)


def predict_test(artifact: Artifact, samples: SampleSet, split: Split) -> NDArray[np.uint8]:
    """Give the mapped class of each test sample, in the order of `split.test`.

    Raises:
        ModelError: As for `evaluate`.
    """
    if artifact.card.legend.values != samples.legend.values:
        raise ModelError(
            "This network and the samples have different legends.",
            hint="Train again after a change of classes.",
            field="classes",
        )
    _refuse_seen(artifact, samples.ids[split.test])
    return artifact.classify_samples(samples, split.test)


def _refuse_seen(artifact: Artifact, test_ids: NDArray[np.int64]) -> None:
    card = artifact.card
    seen = np.isin(test_ids, np.array([*card.training_ids, *card.validation_ids], dtype=np.int64))
    if seen.any():
        raise ModelError(
            f"This network has seen {int(seen.sum()):,} of the {len(test_ids):,} test samples; it "
            f"was trained for another split ({card.split_kind}, seed {card.split_seed}).",
            hint="Score it on its own split, or train one for this split.",
            field="split",
        )
