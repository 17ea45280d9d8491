"""Sample sets for tests of what is computed from them."""

import numpy as np

from lib.core.legend import Legend
from lib.core.samples import SampleSet

NAMES = ["Water", "Trees", "Town", "Snow", "Sand", "Crops"]


def make(class_index, **columns):
    """Samples of one predictor, at random places in 0.2 x 0.2 degrees, unless told otherwise."""
    n = len(class_index)
    rng = np.random.default_rng(1)
    k = max(int(np.max(class_index)) + 1, 2)
    predictors = np.asarray(columns.pop("predictors", np.zeros((n, 1))))
    made = {
        "names": [f"B{band + 1}" for band in range(predictors.shape[-1])],
        "legend": Legend.from_values(range(k), NAMES[:k] if k <= len(NAMES) else None),
        "lon": rng.uniform(12.0, 12.2, n),
        "lat": rng.uniform(47.0, 47.2, n),
        "group": np.full(n, -1),
        "ids": np.arange(n),
    }
    return SampleSet(predictors=predictors, class_index=class_index, **{**made, **columns})
