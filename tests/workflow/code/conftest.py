"""A small project that the app has sampled and trained, and Local Earth behind an address."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.model_plan import ModelPlan
from lib.core.plan import SamplingPlan, SplitPlan
from lib.core.samples import SampleSet
from lib.core.split import make_split
from lib.deploy.native.compile import compile_network
from lib.earthengine import imagery, labels, pixels, sampling
from lib.earthengine.access import Connection
from lib.earthengine.connection import local
from lib.models.training import train
from lib.workflow.document import Project
from tests.test_docs import serving

ADDRESS = "http://127.0.0.1:8765"
PROJECT = Project(
    name="Small",
    aoi=Aoi.from_bounds(10.625, 48.100, 10.645, 48.1135),
    imagery=ImageryPlan(
        start="2021-07-01", end="2021-07-16", bands=("B3", "B4", "B8"), indices=("NDVI",)
    ),
    sampling=SamplingPlan(per_class=60),
    split=SplitPlan("random"),
    model=ModelPlan(hidden_units=(16,), epochs=15, dropout=0.0, learning_rate=0.01),
)


@dataclass(frozen=True)
class Made:
    """What the app made of a project.

    Attributes:
        project: The project.
        connection: Local Earth in this process, with the same folder as that of the address.
        samples: What it drew.
        artifact: Folder of the network that it trained.
        classes: Its map as class indices, -1 outside of the area and where masked.
        url: Address of the same Local Earth.
    """

    project: Project
    connection: Connection
    samples: SampleSet
    artifact: Path
    classes: NDArray[np.int64]
    url: str


def drawn(connection: Connection, project: Project) -> SampleSet:
    """The samples of the app."""
    assert project.aoi is not None
    predictors = imagery.predictors(connection, project.imagery, project.aoi)
    legend = project.legend or labels.default_legend(connection, project.labels)
    samples, _ = sampling.draw(
        connection,
        predictors,
        project.labels,
        plan=project.sampling,
        imagery=project.imagery,
        legend=legend,
        aoi=project.aoi,
    )
    return samples.with_classes_of_at_least(3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    home = tmp_path_factory.mktemp("earth")
    connection = local(home)
    samples = drawn(connection, PROJECT)
    artifact = tmp_path_factory.mktemp("run")
    train(
        samples,
        make_split(samples, PROJECT.split),
        PROJECT.model,
        run_dir=artifact,
        on_epoch=lambda row: None,
        should_stop=lambda: False,
        class_weights=True,
    )
    with serving(home) as url:
        yield Made(
            PROJECT, connection, samples, artifact, mapped(connection, samples, artifact), url
        )


def mapped(connection: Connection, samples: SampleSet, artifact: Path) -> NDArray[np.int64]:
    """The map of the app's own deployment."""
    aoi = PROJECT.aoi
    assert aoi is not None
    predictors = imagery.predictors(connection, PROJECT.imagery, aoi)
    deployed = compile_network(connection, artifact, predictors, samples.legend)
    grid = Grid.over(aoi, scale_m=PROJECT.imagery.scale_m)
    values, valid = pixels.fetch(connection, deployed.expression, grid, ["class"])
    return np.where(valid & grid.inside(aoi), values[..., 0], -1).astype(np.int64)


Run = Callable[[str, Path], str]


def run_script(code: str, folder: Path, url: str) -> str:
    """Run Python with Local Earth's address in place of the usual one; gives what it printed."""
    assert ADDRESS in code
    (folder / "script.py").write_text(code.replace(ADDRESS, url))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return done.stdout


def small(project: Project, **imagery_parts: object) -> Project:
    """The same over an area of some 300 x 300 m, with other imagery."""
    aoi = Aoi.from_bounds(10.630, 48.104, 10.634, 48.107)
    return replace(project, aoi=aoi, imagery=replace(project.imagery, **imagery_parts))  # type: ignore[arg-type]
