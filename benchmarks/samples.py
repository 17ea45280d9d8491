"""A million samples loaded, parted and balanced, in a process of their own."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.report import Row, bounded, median
from lib.core.balance import class_weights
from lib.core.distance import distance_histogram, test_distance
from lib.core.folds import folds
from lib.core.legend import Legend
from lib.core.plan import BalancePlan, SplitPlan
from lib.core.quality import outliers, signatures
from lib.core.resampling import resample
from lib.core.samples import SampleSet
from lib.core.separability import separability
from lib.core.split import make_split

TITLE = "Samples by the million"
WORDS = (
    "1,000,000 pixels of 12 predictors in six classes, the smallest with one sample in a hundred: "
    "loaded from a `.npz` file, parted by each kind of split and balanced in each way, in a "
    "process of its own whose largest resident memory is measured. Then what the quality of these "
    "samples takes, and the split of 100,000 samples by blocks of 1 km and of 100 m."
)
COUNT, PREDICTORS = 1_000_000, 12
CLASS_SHARES = (0.35, 0.25, 0.2, 0.14, 0.05, 0.01)
MOST_SECONDS, MOST_GB = 10, 2
BLOCKED, BLOCKED_SECONDS, ROUNDS = 100_000, 1, 5
KINDS = ("random", "simple", "blocks", "polygon", "column")


def measure() -> list[Row]:
    """Write a table, then work on it in another process; block splits in this one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.npz"
        samples_of(COUNT).save(path)
        found = _in_a_process(path, "needed")
        more = _in_a_process(path, "more")
    seconds, memory = found.pop("all"), found.pop("memory")
    rows = [Row(what, f"{value:.2f} s") for what, value in found.items()]
    rows.append(bounded("load, all splits, all balancing", seconds, MOST_SECONDS, "s"))
    rows.append(bounded("largest resident memory", memory, MOST_GB, "GB"))
    rows += [Row(what, f"{value:.2f} s") for what, value in more.items() if what[0] != "_"]
    rows.append(Row("largest resident memory with these", f"{more['_memory']:.2f} GB"))
    return rows + _block_splits()


def samples_of(count: int) -> SampleSet:
    """Samples in a square of a degree, in polygons of fifty."""
    rng = np.random.default_rng(0)
    index = rng.choice(len(CLASS_SHARES), count, p=CLASS_SHARES).astype(np.int16)
    values = rng.standard_normal((count, PREDICTORS), dtype=np.float32)
    return SampleSet(
        predictors=values + index[:, None],
        class_index=index,
        names=tuple(f"B{band}" for band in range(PREDICTORS)),
        legend=Legend.from_values(range(1, len(CLASS_SHARES) + 1)),
        lon=rng.uniform(9, 10, count),
        lat=rng.uniform(47, 48, count),
        group=np.arange(count) // 50,
        ids=np.arange(count),
        given=rng.choice(3, count, p=[0.6, 0.15, 0.25]),
    )


def _block_splits() -> list[Row]:
    samples = samples_of(BLOCKED)
    rows = []
    for size in (1000, 100):
        plan = SplitPlan(kind="blocks", block_size_m=size)
        seconds = median([_seconds(make_split, samples, plan) for _ in range(ROUNDS)])
        what = f"{BLOCKED:,} samples by blocks of {size:,} m"
        rows.append(bounded(what, seconds, BLOCKED_SECONDS, "s"))
    return rows


def _in_a_process(path: Path, what: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, str(path), what], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def _needed(path: Path) -> dict[str, float]:
    """What the bounds are of: seconds of each part and of all, and gigabytes at most."""
    started = time.perf_counter()
    samples = SampleSet.load(path)
    found = {"load": time.perf_counter() - started}
    for kind in KINDS:
        found[f"split, {kind}"] = _seconds(make_split, samples, SplitPlan(kind=kind))
    training = make_split(samples, SplitPlan(kind="random")).training
    for how in ("under", "over", "smote"):
        plan = BalancePlan(resample=how)
        found[f"balance, {how}"] = _seconds(
            lambda plan=plan: resample(samples, training, plan).predictors(samples)
        )
    found["class weights"] = _seconds(class_weights, samples.class_index, len(samples.legend))
    return {**found, "all": time.perf_counter() - started, "memory": _memory_gb()}


def _more(path: Path) -> dict[str, float]:
    samples = SampleSet.load(path)
    split = make_split(samples, SplitPlan())
    found = {
        "distance of test from training": _seconds(
            lambda: distance_histogram(test_distance(samples, split))
        ),
        "five folds by blocks": _seconds(folds, samples, 5, "blocks", 0),
        "signatures": _seconds(signatures, samples),
        "separability": _seconds(separability, samples),
        "outliers": _seconds(outliers, samples),
    }
    return {**found, "_memory": _memory_gb()}


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def _memory_gb() -> float:
    """The largest resident memory of this process so far (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    works = {"needed": _needed, "more": _more}
    print(json.dumps(works[sys.argv[2]](Path(sys.argv[1]))))
