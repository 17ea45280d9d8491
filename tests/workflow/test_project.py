"""A visitor's project: saved as it changes, opened by its id, and honest about what is missing."""

import json

import pytest

from lib.core.aoi import Aoi
from lib.core.errors import AoiError, PlanError, ProjectError, SignInError
from lib.core.imagery_plan import ImageryPlan
from lib.core.plan import LabelPlan, SamplingPlan
from lib.workflow import area, store
from lib.workflow.project import (
    STEPS,
    connect_with_machine_credentials,
    connect_with_secrets,
    is_simulated,
    missing_for,
    new_workspace,
    open_workspace,
    step_statuses,
)

AREA = Aoi.from_bounds(7.50, 47.80, 7.52, 47.81)


def test_change_is_there_when_the_project_is_opened_again() -> None:
    workspace = new_workspace()
    workspace.change(aoi=AREA, sampling=SamplingPlan(per_class=17))

    assert open_workspace(workspace.id).project == workspace.project


def test_two_projects_have_ids_that_cannot_be_guessed_from_each_other() -> None:
    first, second = new_workspace().id, new_workspace().id

    assert first != second
    assert len(first) == 32


@pytest.mark.parametrize("damage", ["", "{", '{"schema_version": 99}'])
def test_damaged_project_is_refused_with_a_sentence(damage: str) -> None:
    workspace = new_workspace()
    (workspace.folder / "project.json").write_text(damage)

    with pytest.raises(ProjectError):
        open_workspace(workspace.id)


def test_unknown_project_is_refused() -> None:
    with pytest.raises(ProjectError, match="is not here"):
        open_workspace("0" * 32)


def test_saved_file_holds_nothing_of_the_connection() -> None:
    data = json.loads(new_workspace().save_bytes())

    assert not {"connection", "key", "secret", "token"} & set(data)


def test_empty_project_misses_an_area_on_every_later_step() -> None:
    workspace = new_workspace()

    missing = {step: missing_for(workspace, step) for step in STEPS}

    assert missing.pop("imagery") is None
    assert {found.page for found in missing.values() if found} == {"imagery"}


def test_project_with_an_area_misses_just_the_step_before() -> None:
    workspace = new_workspace()
    workspace.change(aoi=AREA)

    pages = {step: getattr(missing_for(workspace, step), "page", None) for step in STEPS}

    assert pages == {
        "imagery": None,
        "samples": None,
        "train": "samples",
        "deploy": "train",
        "results": "deploy",
    }


def finish(workspace, kind: str) -> None:
    parts = store.dependencies(workspace.project, workspace.realm, kind)
    folder = store.result_folder(workspace.folder, kind, store.key_of(parts))
    store.finish(folder, parts, {})


def test_statuses_follow_results_and_changes() -> None:
    workspace = new_workspace()
    workspace.change(aoi=AREA)
    finish(workspace, "samples")
    finish(workspace, "train")
    before = [status.state for status in step_statuses(workspace)]
    workspace.change(imagery=ImageryPlan(start="2024-06-01", end="2024-07-01"))
    after = step_statuses(workspace)

    assert before == ["done", "done", "done", "todo", "todo"]
    assert [status.state for status in after] == ["done", "stale", "stale", "todo", "todo"]
    assert after[1].words == "The imagery has changed since."


def test_planet_is_simulated_and_an_own_raster_is_not() -> None:
    workspace = new_workspace()
    planet = is_simulated(workspace)
    own = ImageryPlan(collection="projects/local/assets/x", start="", end="", bands=("B1",))
    workspace.change(imagery=own)

    assert (planet, is_simulated(workspace)) == (True, False)


def test_area_larger_than_the_limit_is_refused_and_the_old_one_kept() -> None:
    workspace = new_workspace()
    workspace.change(aoi=AREA)

    with pytest.raises(AoiError, match=r"pixels of 10 m; up to 4,000,000"):
        area.choose_aoi(workspace, Aoi.from_bounds(7.0, 47.0, 8.0, 48.0))

    assert workspace.project.aoi == AREA


def test_impossible_plan_leaves_the_project_as_it_was() -> None:
    workspace = new_workspace()
    before = workspace.project

    with pytest.raises(PlanError):
        workspace.change(labels=LabelPlan(kind="guesses"))

    assert workspace.project is before


def test_machine_credentials_serve_visitors_on_this_machine_only() -> None:
    with pytest.raises(SignInError, match="this machine only"):
        connect_with_machine_credentials("p", from_loopback=False)


@pytest.mark.parametrize("secrets", [{}, {"earthengine": "text"}], ids=["none", "no table"])
def test_secrets_without_a_key_are_refused(secrets: dict[str, object]) -> None:
    with pytest.raises(SignInError, match="hold no table"):
        connect_with_secrets(secrets, from_loopback=True)


def test_secrets_not_shared_are_refused_to_visitors_from_elsewhere() -> None:
    with pytest.raises(SignInError, match="not shared"):
        connect_with_secrets({"earthengine": {"client_email": "a"}}, from_loopback=False)
