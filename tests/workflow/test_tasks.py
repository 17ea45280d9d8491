"""Exports of a project's class map: what they hold, where they go, and whose they are."""

import time

import numpy as np
import pytest

from lib.core.errors import DeploymentError, PlanError
from lib.core.expression import Expression
from lib.core.legend import Legend
from lib.deploy.classmap import class_values
from lib.earthengine import imagery, tiles
from lib.earthengine.pixels import fetch
from lib.workflow import store, tasks
from lib.workflow.project import Workspace
from tests.workflow.walked import small_walk

LIMIT_S = 120


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory):
    """The finished walk that comes with Loam, in a home of this module's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAM_HOME", str(tmp_path_factory.mktemp("home")))
        yield small_walk()


@pytest.fixture(autouse=True)
def _home(finished: Workspace, monkeypatch: pytest.MonkeyPatch, home: object) -> None:
    monkeypatch.setenv("LOAM_HOME", finished.connection.secret["home"])


def done(workspace: Workspace, task: tasks.Task) -> tasks.Task:
    until = time.monotonic() + LIMIT_S
    while not task.is_done:
        assert time.monotonic() < until, task
        time.sleep(0.05)
        task = next(item for item in tasks.listed(workspace) if item.id == task.id)
    return task


def test_exported_map_has_the_legend_s_values_inside_of_the_area_and_says_simulated(finished):
    started = tasks.start(finished, "asset", name="map")
    ended = done(finished, started)
    asset = tasks.where(finished, "map")
    aoi, connection = finished.project.aoi, finished.connection
    grid = imagery.training_grid(connection, finished.project.imagery, aoi)
    legend = Legend.from_json(finished.find("samples").summary["legend"])
    classes = Expression.from_json((finished.find("deploy").folder / "classes.json").read_text())

    assert ended.state == "SUCCEEDED", ended.words
    inside = tiles.inside(connection, classes, aoi)
    expected, valid = fetch(connection, inside, grid, ["class"], dtype=np.uint8)
    again = tiles.stored_classes(connection, asset, legend)
    found, seen = fetch(connection, again, grid, ["class"], dtype=np.uint8)
    assert valid.sum() > 1000
    np.testing.assert_array_equal(seen, valid)
    np.testing.assert_array_equal(found[seen], expected[seen])
    coded = class_values(connection, classes, legend, aoi)
    values, _ = fetch(connection, coded, grid, ["class"], dtype=np.uint8)
    assert set(np.unique(values[seen])) <= set(legend.values)
    assert "computed by Loam's simulated planet" in coded.to_json()


def test_name_that_is_taken_is_refused_unless_it_may_be_replaced(finished):
    done(finished, tasks.start(finished, "asset", name="twice"))

    with pytest.raises(Exception, match="Cannot overwrite asset"):
        tasks.start(finished, "asset", name="twice")
    assert done(finished, tasks.start(finished, "asset", name="twice", overwrite=True)).error == ""


def test_assets_of_local_earth_lie_in_the_project_s_own_folder_and_tasks_are_its_own(finished):
    other = small_walk()

    assert tasks.where(finished, "map") != tasks.where(other, "map")
    assert finished.id not in tasks.where(finished, "map")
    task = tasks.start(finished, "asset", name="mine", overwrite=True)
    assert task.id in [item.id for item in tasks.listed(finished)]
    assert tasks.listed(other) == ()
    done(finished, task)


@pytest.mark.parametrize("name", ["", " ", "a/b", "../x", "projects/local/assets/x", "é"])
def test_names_that_could_reach_another_s_assets_are_refused(finished, name):
    with pytest.raises(PlanError) as caught:
        tasks.start(finished, "asset", name=name)

    assert caught.value.field == "task-name"


def test_place_that_the_connection_cannot_reach_is_refused(finished):
    assert [place.name for place in tasks.places(finished)] == ["asset"]
    assert len(tasks.refused_places(finished)) == 2
    with pytest.raises(PlanError, match="cannot export to this place"):
        tasks.start(finished, "bucket", name="x", bucket="meadow")


def test_map_that_was_made_as_a_file_cannot_be_exported_by_a_task():
    workspace = small_walk()
    found = workspace.find("deploy")
    (found.folder / "classes.json").unlink()

    assert "Map as a file" in tasks.missing(workspace)
    with pytest.raises(DeploymentError, match="Map as a file"):
        tasks.start(workspace, "asset", name="x")
    (found.folder / store.key_of(found.made_of)).parent.joinpath("result.json").unlink()
    assert "Deploy the network first" in tasks.missing(workspace)
