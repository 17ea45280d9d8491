"""Peak memory of a worker that trains on many samples, as the app has them on disk."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.report import Row
from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.plan import SplitPlan
from lib.core.samples import SampleSet, beside
from lib.models.families import FAMILIES
from lib.workflow.project import Workspace, new_workspace
from lib.workflow.work.order import SAMPLES, Order
from lib.workflow.workspace import close_supervisor

TITLE = "Memory of training"
WORDS = (
    "The whole training job in a worker process, for one epoch with the defaults of the family: "
    "network, scores, forest, importance of the predictors. The samples lie on disk as the app "
    "writes them. The figure is the greatest resident memory that the worker ever had, pages of "
    "mapped files included."
)
LIMIT_GB = 4.0
CLASSES, GROUPS = 5, 64
_WEST, _SOUTH, _SIDE = 12.3, 47.8, 0.1
_ROWS_AT_ONCE = 500
_LOOK_S = 0.2


@dataclass(frozen=True)
class Case:
    """What is trained on.

    Attributes:
        family: Name of the family.
        shape: Shape of the predictors.
    """

    family: str
    shape: tuple[int, ...]


CASES = (
    Case("mlp", (1_000_000, 12)),
    Case("patch_cnn", (20_000, 65, 65, 10)),
    Case("fcn", (20_000, 65, 65, 10)),
)


def measure() -> list[Row]:
    """Train each case in a worker of its own."""
    rows = []
    for case in CASES:
        with _home():
            rows.append(_row(case))
    return rows


@contextmanager
def _home() -> Iterator[None]:
    """Keep all that is written in a folder that goes away."""
    before = os.environ.get("LOAM_HOME")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["LOAM_HOME"] = folder
        try:
            yield
        finally:
            close_supervisor()
            os.environ.pop("LOAM_HOME")
            if before is not None:
                os.environ["LOAM_HOME"] = before


def _row(case: Case) -> Row:
    plan = replace(FAMILIES[case.family].defaults, epochs=1, forest_trees=10)
    workspace = workspace_of(case.shape, plan)
    peak, seconds, status = _watched(workspace)
    shape = " x ".join(f"{length:,}" for length in case.shape)
    if status.state != "finished":
        return Row(f"{FAMILIES[case.family].title}, {shape}", status.error_message, kept=False)
    return Row(
        f"{FAMILIES[case.family].title}, {shape}, {seconds:.0f} s",
        f"{peak / 1e9:.2f} GB",
        f"{LIMIT_GB:g} GB",
        peak <= LIMIT_GB * 1e9,
    )


def _watched(workspace: Workspace) -> tuple[int, float, Any]:
    """Train, and give the worker's peak in bytes, seconds, and how the job ended."""
    started = time.monotonic()
    workspace.submit("train")
    peak = 0
    while (status := workspace.job("train")) is None or status.live:
        if status is not None and status.pid:
            peak = max(peak, _peak(status.pid))
        time.sleep(_LOOK_S)
    return max(peak, _peak(status.pid or 0)), time.monotonic() - started, status


def _peak(pid: int) -> int:
    """The greatest resident memory of a process so far; its present one where none is kept."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return int(psutil.Process(pid).memory_info().rss)
    except (OSError, psutil.Error):
        return 0


def workspace_of(shape: tuple[int, ...], plan: ModelPlan) -> Workspace:
    """Make a project with samples of a shape and the settings of a network."""
    workspace = new_workspace()
    form = {2: "pixel", 4: "patch"}[len(shape)]
    side = shape[1] if form == "patch" else ImageryPlan().patch_size
    imagery = ImageryPlan(form=form, patch_size=side)
    area = Aoi.from_bounds(_WEST, _SOUTH, _WEST + _SIDE, _SOUTH + _SIDE)
    workspace.change(aoi=area, imagery=imagery, model=plan, split=SplitPlan(kind="random"))
    order = Order.make(
        "samples",
        project=workspace.project,
        connection=workspace.connection,
        root=workspace.folder,
    )
    with order.making() as making:
        samples = _samples(shape, making.folder / SAMPLES)
        samples.save(making.folder / SAMPLES)
        making.summary = {
            "count": len(samples),
            "legend": samples.legend.to_json(),
            "has_polygons": False,
            "reference_map": "",
            "simulated": True,
        }
    return workspace


def _samples(shape: tuple[int, ...], path: Path) -> SampleSet:
    """Noise that leans to its class; large ones are written a few at a time."""
    rng = np.random.default_rng(0)
    n = shape[0]
    classes = rng.integers(0, CLASSES, n)
    large = len(shape) == 4
    x: Any = np.empty(shape, np.float32)
    if large:
        x = np.lib.format.open_memmap(beside(path), "w+", np.float32, shape)
    for first in range(0, n, _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        lean = classes[part].reshape(-1, *[1] * (len(shape) - 1)) / 2
        x[part] = rng.standard_normal(x[part].shape, np.float32) + lean
    return SampleSet(
        predictors=x,
        class_index=classes,
        names=tuple(f"x{number}" for number in range(shape[-1])),
        legend=Legend.from_values(range(1, CLASSES + 1)),
        lon=rng.uniform(_WEST, _WEST + _SIDE, n),
        lat=rng.uniform(_SOUTH, _SOUTH + _SIDE, n),
        group=rng.integers(0, GROUPS, n),
        ids=np.arange(n),
        valid=np.ones(shape[:-1], bool) if large else None,
    )
