"""A random forest on the same samples: what a network has to beat."""

import numpy as np
from numpy.typing import NDArray

from lib.core.samples import SampleSet
from lib.core.split import Split


def train_forest(
    samples: SampleSet, split: Split, trees: int, seed: int, *, class_weights: bool = False
) -> NDArray[np.int16]:
    """Train a forest on the training set and map the test set.

    The validation set is left out, so that network and forest learn from the same samples.

    Args:
        samples: All samples.
        split: Their parts.
        trees: Number of trees.
        seed: Seed of the forest; the same gives the same forest, however many threads.
        class_weights: Whether classes are weighed by the inverse of their frequency.

    Returns:
        Class index of each test sample, in the order of `split.test`.
    """
    from sklearn.ensemble import RandomForestClassifier  # slow import

    forest = RandomForestClassifier(
        n_estimators=trees,
        class_weight="balanced" if class_weights else None,
        n_jobs=-1,
        random_state=seed,
    )
    forest.fit(samples.predictors[split.training], samples.class_index[split.training])
    return np.asarray(forest.predict(samples.predictors[split.test]), dtype=np.int16)
