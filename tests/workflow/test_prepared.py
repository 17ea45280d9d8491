"""The finished walk that comes with Loam fills all five pages at once, marked as prepared."""

import pytest

from lib.workflow import deploy, results, samples, train
from lib.workflow.project import STEPS, Workspace, demo_project, open_prepared, step_statuses


@pytest.fixture
def workspace() -> Workspace:
    return open_prepared()


def test_prepared_walk_is_done_on_all_five_pages(workspace: Workspace) -> None:
    assert [status.state for status in step_statuses(workspace)] == ["done"] * len(STEPS)
    assert workspace.prepared


def test_prepared_walk_is_the_demo(workspace: Workspace) -> None:
    assert workspace.project == demo_project()


def test_prepared_samples_are_parted_as_their_network_was_trained(workspace: Workspace) -> None:
    drawn, trained = samples.read(workspace), train.read(workspace)

    assert drawn is not None
    assert trained is not None
    parts = tuple(
        sum(getattr(row, part) for row in drawn.per_class)
        for part in ("training", "validation", "test")
    )
    assert parts == trained.network.sizes
    assert trained.other is not None
    assert not trained.other_running


def test_prepared_deployment_passed_its_parity_check(workspace: Workspace) -> None:
    view = deploy.read(workspace)

    assert view is not None
    assert 0 < view.max_abs_difference < view.bound
    assert view.simulated


def test_prepared_map_has_layers_areas_and_a_file(workspace: Workspace) -> None:
    view = results.read(workspace)

    assert view is not None
    assert [layer.name for layer in view.layers] == ["Classes"]
    assert all(layer.simulated for layer in view.layers)
    assert sum(area.share for area in view.areas) == pytest.approx(1)
    assert view.geotiff.is_file()


def test_change_in_a_copy_leaves_the_prepared_walk_as_it_is(workspace: Workspace) -> None:
    workspace.change(name="mine")

    assert open_prepared().project.name == demo_project().name
