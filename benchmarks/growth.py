"""What grows: ten times as many samples must cost no more than ten times as much."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.report import Row, median
from lib.core.accuracy import score
from lib.core.legend import Legend
from lib.core.plan import SplitPlan
from lib.core.samples import SampleSet
from lib.core.split import make_split

TITLE = "Growth"
WORDS = (
    "Seconds for a million samples over seconds for a hundred thousand, in turn: parting them and "
    "scoring them. Ten is linear."
)
SMALL, LARGE, ROUNDS = 100_000, 1_000_000, 3


def measure() -> list[Row]:
    """Part and score both sizes in turn."""
    small, large = _samples(SMALL), _samples(LARGE)
    works: dict[str, Callable[[SampleSet], object]] = {
        f"split, {kind}": lambda samples, kind=kind: make_split(samples, SplitPlan(kind=kind))
        for kind in ("random", "blocks", "polygon")
    }
    works["score"] = lambda samples: score(
        samples.class_index, np.roll(samples.class_index, 1), samples.legend
    )
    return [_row(name, work, small, large) for name, work in works.items()]


def _row(name: str, work: Callable[[SampleSet], object], small: SampleSet, large: SampleSet) -> Row:
    ratios = [_seconds(work, large) / _seconds(work, small) for _ in range(ROUNDS)]
    ratio = median(ratios)
    return Row(name, f"{ratio:.1f} times", "10 times, linear", ratio <= 12)


def _seconds(work: Callable[[SampleSet], object], samples: SampleSet) -> float:
    started = time.perf_counter()
    work(samples)
    return time.perf_counter() - started


def _samples(count: int) -> SampleSet:
    rng = np.random.default_rng(0)
    side = int(count**0.5) + 1
    row, column = np.divmod(np.arange(count), side)
    return SampleSet(
        predictors=rng.normal(size=(count, 2)).astype(np.float32),
        class_index=rng.integers(0, 6, count).astype(np.int16),
        names=("a", "b"),
        legend=Legend.from_values(range(1, 7)),
        lon=9.0 + column * 1e-3,
        lat=47.0 + row * 1e-3,
        group=(np.arange(count) // 50).astype(np.int32),
        ids=np.arange(count),
    )
