"""How well the defaults map real data, against a random forest on the same samples."""

import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.realdata import SETS, RealData, folder, parted
from benchmarks.report import Row
from lib.core.accuracy import Scores, score
from lib.core.plan import BalancePlan, SamplingPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models import runtime, training
from lib.models.artifact import Artifact
from lib.models.baseline import train_forest
from lib.models.evaluate import predict_test
from lib.models.families import FAMILIES, Family, families_for

TITLE = "Accuracy on real data"
WORDS = (
    "Every family that takes the samples is trained with its defaults for the seed 0; the one with "
    "the best macro F1 on that seed's *validation* set is chosen, trained for the seeds 1 and 2 as "
    "well, and it alone is scored on the test set, beside a random forest that learned from the "
    "same samples. The test set of a data set is one for all seeds; the seed decides which of the "
    "other samples validate (where few whole groups can, it may be the same ones each time), and "
    "the chance within network and forest. Figures are mean ± standard deviation over the seeds, "
    "which says nothing of another draw of the test set. The data are public ones of others and no "
    "part of this project: `LOAM_DATA` names their folder."
)
SEEDS = (0, 1, 2)
ALLOWED = 0.01
"""How far below the forest's mean a network's may be."""
_WEIGHED = SamplingPlan().class_weights

FIGURES: tuple[tuple[str, Callable[[Scores], float | None]], ...] = (
    ("overall accuracy", lambda scores: scores.overall_accuracy),
    ("macro F1", lambda scores: scores.macro_f1),
)


@dataclass(frozen=True)
class Fit:
    """A network that was trained for one seed.

    Attributes:
        run_dir: Its run folder.
        split: What it was trained for.
        validation: Its macro F1 on the validation set.
        weights: Its trainable weights.
        seconds: Time that its epochs took.
    """

    run_dir: Path
    split: Split
    validation: float
    weights: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came of a data set.

    Attributes:
        words: Data set, split, sizes, and what the choice of the family rests on.
        network: Scores of the chosen family on the test set, one a seed.
        forest: The same of the forest.
    """

    words: str
    network: tuple[Scores, ...]
    forest: tuple[Scores, ...]

    @property
    def above(self) -> bool:
        """Whether the network's mean is above the forest's in every figure."""
        ours, theirs = (_means(scores) for scores in (self.network, self.forest))
        return all(a > b for a, b in zip(ours, theirs, strict=True))


def measure() -> list[Row]:
    """Train and score on every data set; one row where the data are absent."""
    if not folder().is_dir():
        return [Row(f"no data at {folder()}; `LOAM_DATA` can name another folder", "not measured")]
    runtime.prepare()
    outcomes = []
    for one in SETS.values():
        outcomes.append(measure_one(one))
        print(f"  {outcomes[-1].words}", file=sys.stderr, flush=True)
    above = sum(outcome.above for outcome in outcomes)
    most = len(outcomes) // 2 + 1
    return [
        *(row for outcome in outcomes for row in rows_of(outcome)),
        Row(
            "data sets on which both means are above the forest's",
            f"{above} of {len(outcomes)}",
            f"{most} or more",
            above >= most,
        ),
    ]


def measure_one(data: RealData, seeds: Sequence[int] = SEEDS) -> Outcome:
    """Choose a family by validation, and score it and the forest on the test set.

    Args:
        data: What is learned.
        seeds: Seeds of networks, forests and validation sets; the first chooses the family.
    """
    samples = data.read(folder() / data.name)
    splits = [parted(samples, data.plan, seed) for seed in seeds]
    with tempfile.TemporaryDirectory() as runs:

        def fit(family: Family, split: Split) -> Fit:
            return _fit(samples, split, family, Path(runs) / f"{family.name}-{split.seed}")

        families = families_for(samples.form, dense=samples.dense is not None)
        first = {family.name: fit(family, splits[0]) for family in families}
        chosen = max(first, key=lambda name: first[name].validation)
        fits = [first[chosen], *(fit(FAMILIES[chosen], split) for split in splits[1:])]
        network = [_scored(samples, one) for one in fits]
    forest = [_forest(samples, split, FAMILIES[chosen]) for split in splits]
    return Outcome(_words(data, first, fits, chosen), tuple(network), tuple(forest))


def rows_of(outcome: Outcome) -> list[Row]:
    """A row for each figure of a data set."""
    rows = []
    for name, value_of in FIGURES:
        ours, theirs = (
            [value_of(scores) or 0.0 for scores in all_]
            for all_ in (outcome.network, outcome.forest)
        )
        bound = statistics.mean(theirs) - ALLOWED
        rows.append(
            Row(
                f"{outcome.words}: {name}",
                f"{_spread(ours)}; forest {_spread(theirs)}",
                f"{bound:.3f} or more (forest - {ALLOWED})",
                statistics.mean(ours) >= bound,
            )
        )
    return rows


def _fit(samples: SampleSet, split: Split, family: Family, run_dir: Path) -> Fit:
    """Train a family with its defaults; the test set is not looked at."""
    run = training.train(
        samples,
        split,
        replace(family.defaults, seed=split.seed),
        run_dir=run_dir,
        on_epoch=lambda _: None,
        should_stop=lambda: False,
        class_weights=_WEIGHED,
        balance=BalancePlan(),
    )
    artifact = Artifact.load(run_dir)
    said = artifact.classify_samples(samples, split.validation)
    checked = _score(samples, split.validation, said)
    weights = artifact.card.weight_count
    return Fit(run_dir, split, checked.macro_f1 or 0.0, weights, run.seconds)


def _scored(samples: SampleSet, fit: Fit) -> Scores:
    said = predict_test(Artifact.load(fit.run_dir), samples, fit.split)
    return _score(samples, fit.split.test, said)


def _forest(samples: SampleSet, split: Split, family: Family) -> Scores:
    trees = family.defaults.forest_trees
    said = train_forest(samples, split, trees, split.seed, class_weights=_WEIGHED)
    return _score(samples, split.test, said)


def _score(samples: SampleSet, part: NDArray[np.int64], said: NDArray[np.integer]) -> Scores:
    return score(samples.class_index[part], said, samples.legend)


def _means(scores: Sequence[Scores]) -> list[float]:
    return [statistics.mean(value_of(one) or 0.0 for one in scores) for _, value_of in FIGURES]


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.3f} ± {statistics.pstdev(values):.3f}"


def _words(data: RealData, first: dict[str, Fit], fits: Sequence[Fit], chosen: str) -> str:
    """Say what was trained, and how the families did on the first validation set."""
    split = fits[0].split
    order = sorted(first, key=lambda name: -first[name].validation)
    tried = ", ".join(f"{name} {first[name].validation:.3f}" for name in order)
    seconds = statistics.mean(one.seconds for one in fits)
    return (
        f"{data.name}, {data.words}, {len(split.training):,} train, "
        f"{len(split.validation):,} validate, {len(split.test):,} test; "
        f"**{FAMILIES[chosen].title}** of {fits[0].weights:,} weights, {seconds:.0f} s, by "
        f"validation ({tried})"
    )
