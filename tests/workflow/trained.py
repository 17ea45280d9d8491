"""Projects whose samples are there, and jobs that are done in this very process."""

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend, LegendClass
from lib.core.model_plan import ModelPlan
from lib.core.plan import SplitPlan
from lib.core.samples import SampleSet
from lib.workflow import store
from lib.workflow.batch import Printed
from lib.workflow.project import Workspace, new_workspace, open_workspace
from lib.workflow.work import bundle, crossval, search, train
from lib.workflow.work.order import SAMPLES, Order

AREA = Aoi.from_bounds(12.3, 47.8, 12.4, 47.9)
LEGEND = Legend(
    (
        LegendClass(1, "Wood", "#006400"),
        LegendClass(2, "Water", "#0064c8"),
        LegendClass(3, "Field", "#f096ff"),
    )
)
QUICK = ModelPlan(hidden_units=(8,), epochs=3, batch_size=32, forest_trees=5)
_WORKS = {
    "train": train.run,
    "other_split": train.run_other_split,
    "bundle": bundle.run,
    "crossval": crossval.run,
    "search": search.run,
}
_INNER = {"pixel": (), "series": (5,), "patch": (5, 5)}


def samples_of(form: str = "pixel", *, n: int = 240) -> SampleSet:
    """Samples of three classes that overlap a little, spread over an area of 3 km."""
    rng = np.random.default_rng(7)
    y = np.arange(n) % 3
    noise = rng.normal(0, 0.6, (n, *_INNER[form], 4))
    x = noise + y.reshape(-1, *(1,) * (noise.ndim - 1)) * np.array([1.0, 0.5, 0.0, -1.0])
    valid = None if form == "pixel" else np.ones(x.shape[:-1], bool)
    return SampleSet(
        predictors=x.astype(np.float32),
        class_index=y,
        names=("red", "near infrared", "noise", "ndvi"),
        legend=LEGEND,
        lon=12.3 + rng.uniform(0, 0.04, n),
        lat=47.8 + rng.uniform(0, 0.03, n),
        group=np.full(n, -1),
        ids=np.arange(n),
        valid=valid,
        steps=tuple(f"2021-0{month}-01" for month in range(1, 6)) if form == "series" else (),
    )


def workspace_with_samples(form: str = "pixel", **parts: Any) -> Workspace:
    """A saved project with drawn samples and a network that is trained in a second."""
    workspace = new_workspace()
    plans = {"model": QUICK, "split": SplitPlan(kind="random"), **parts}
    imagery = ImageryPlan(form=form, patch_size=5)
    workspace.change(aoi=AREA, imagery=imagery, **plans)
    order = order_of(workspace, "samples")
    samples = samples_of(form)
    with order.making() as making:
        samples.save(making.folder / SAMPLES)
        making.summary = {
            "count": len(samples),
            "legend": LEGEND.to_json(),
            "has_polygons": False,
            "reference_map": "",
            "simulated": True,
        }
    return workspace


def home_with(home: Path, *jobs: tuple[str, dict[str, Any] | None]) -> tuple[Path, str]:
    """Make a home with a project of which some jobs are done: `copied` makes copies of it.

    Args:
        home: Folder for it.
        jobs: Kind and settings of each.

    Returns:
        The folder, and the project's id.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAM_HOME", str(home))
        workspace = workspace_with_samples()
        for kind, settings in jobs:
            work(workspace, kind, settings)
    return home, workspace.id


def copied(original: tuple[Path, str], home: Path) -> Workspace:
    """Copy the project of such a home into the home of a test."""
    shutil.copytree(original[0] / "projects", home / "projects")
    return open_workspace(original[1])


def order_of(workspace: Workspace, kind: str, settings: dict[str, Any] | None = None) -> Order:
    """What a job of a kind would be asked for."""
    return Order.make(
        kind,
        project=workspace.project,
        connection=workspace.connection,
        root=workspace.folder,
        settings=settings,
    )


class Stopping(Printed):
    """Somebody who asks to stop after some rows of history."""

    def __init__(self, after: int) -> None:
        super().__init__(io.StringIO())
        self.rows: list[Any] = []
        self._after = after

    def append_history(self, row: Any) -> None:
        """Count the rows."""
        self.rows.append(row)

    def clear_history(self) -> None:
        """Begin anew."""
        self.rows.clear()

    def cancelled(self) -> bool:
        """Whether there are enough of them."""
        return len(self.rows) >= self._after


def work(
    workspace: Workspace,
    kind: str,
    settings: dict[str, Any] | None = None,
    *,
    stop_after: int = 10_000,
) -> dict[str, Any]:
    """Do a job, and give the summary of its result."""
    order = order_of(workspace, kind, settings)
    _WORKS[kind](order, Stopping(stop_after))
    found = store.find_all(workspace.folder, workspace.project, workspace.realm, kind)
    return next(item.summary for item in found if item.folder == order.folder)
