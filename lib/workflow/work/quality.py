"""Look for labels that are likely wrong: what forests say of samples they were not trained on."""

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import SampleError
from lib.core.folds import folds
from lib.core.quality import suspicious
from lib.core.samples import NO_GROUP, SampleSet
from lib.core.split import Split
from lib.models.baseline import flat_features
from lib.workflow.work.order import Order, Progress

FOLDS = 5
TREES = 100
MOST = 50_000
LISTED = 500


def run(order: Order, progress: Progress) -> None:
    """Keep the samples whose label cross-validated forests believe least."""
    samples = _some(order.samples())
    with order.making() as making:
        progress.report("Looking", "Making folds", 0.02)
        parts, notes = _folds(samples, order.project.model.seed)
        probabilities = np.full((len(samples), len(samples.legend)), np.nan)
        for number, part in enumerate(parts, start=1):
            progress.stop_if_cancelled()
            share = 0.05 + 0.85 * (number - 1) / len(parts)
            progress.report("Looking", f"Forest {number} of {len(parts)}", share)
            probabilities[part.test] = _believed(samples, part, order.project.model.seed)
        progress.report("Looking", "Weighing the labels", 0.92)
        found = suspicious(samples, probabilities)
        values = samples.legend.values
        making.summary = {
            "rows": [
                {
                    "id": int(samples.ids[k]),
                    "value": values[int(samples.class_index[k])],
                    "suggested": values[int(other)],
                    "confidence": round(float(found.confidence[k]), 4),
                }
                for k, other in zip(found.indices[:LISTED], found.suggested[:LISTED], strict=True)
            ],
            "count": len(found.indices),
            "looked_at": len(samples),
            "notes": [*notes, *found.notes],
        }


def _some(samples: SampleSet) -> SampleSet:
    if len(samples) <= MOST:
        return samples
    return samples.take(np.linspace(0, len(samples) - 1, MOST).astype(np.int64))


def _folds(samples: SampleSet, seed: int) -> tuple[tuple[Split, ...], tuple[str, ...]]:
    """Folds of whole polygons or blocks, so that neighbours do not vouch for each other."""
    kind = "polygon" if (samples.group != NO_GROUP).all() else "blocks"
    try:
        return folds(samples, FOLDS, kind, seed), ()
    except SampleError as problem:
        return folds(samples, FOLDS, "random", seed), (f"{problem.message} Folds are at random.",)


def _believed(samples: SampleSet, part: Split, seed: int) -> NDArray[np.float64]:
    """Probability of each class for the test samples of a fold, (samples, classes)."""
    from sklearn.ensemble import RandomForestClassifier  # slow import

    learned = np.concatenate([part.training, part.validation])
    forest = RandomForestClassifier(n_estimators=TREES, n_jobs=-1, random_state=seed)
    forest.fit(flat_features(samples, learned), samples.class_index[learned])
    told = np.zeros((len(part.test), len(samples.legend)))
    told[:, forest.classes_] = forest.predict_proba(flat_features(samples, part.test))
    return told
