"""Results are kept under what they depend on, and say what has changed since."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lib.core.aoi import Aoi
from lib.core.errors import ProjectError
from lib.core.model_plan import ModelPlan
from lib.core.plan import SamplingPlan, SplitPlan
from lib.workflow import store
from lib.workflow.document import Project

PROJECT = Project(aoi=Aoi.from_bounds(12.3, 47.8, 12.4, 47.9))


def keep(root: Path, project: Project, kind: str, *, realm: str = "local") -> Path:
    parts = store.dependencies(project, realm, kind)
    folder = store.result_folder(root, kind, store.key_of(parts))
    store.finish(folder, parts, {"of": project.name})
    return folder


def test_result_for_the_same_settings_is_found_fresh(tmp_path: Path) -> None:
    folder = keep(tmp_path, PROJECT, "train")

    found = store.find(tmp_path, PROJECT, "local", "train")

    assert found is not None
    assert (found.folder, found.stale, found.summary) == (folder, False, {"of": "Untitled"})


STUDIES = {"crossval", "search"}
TRAINED = {"train", "other_split", "bundle", "trip", "deploy", "results"}
CHANGES = {
    "samples": (
        {"sampling": SamplingPlan(per_class=99)},
        {"samples", "label_quality", *STUDIES, *TRAINED},
    ),
    "split": (
        {"split": SplitPlan(seed=9)},
        {"search", *TRAINED},
    ),
    "weights": (
        {"sampling": SamplingPlan(class_weights=False)},
        {*STUDIES, *TRAINED},
    ),
    "model": ({"model": ModelPlan(seed=9)}, {*STUDIES, *TRAINED}),
    "name": ({"name": "other"}, set()),
}


@pytest.mark.parametrize(("changes", "stale"), CHANGES.values(), ids=CHANGES.keys())
def test_change_makes_just_the_later_results_stale(
    tmp_path: Path, changes: dict[str, object], stale: set[str]
) -> None:
    for kind in store.KINDS:
        keep(tmp_path, PROJECT, kind)

    changed = replace(PROJECT, **changes)  # type: ignore[arg-type]
    found = {kind: store.find(tmp_path, changed, "local", kind) for kind in store.KINDS}

    assert {kind for kind, result in found.items() if result and result.stale} == stale


def test_stale_result_names_what_changed(tmp_path: Path) -> None:
    keep(tmp_path, PROJECT, "train")

    changed = replace(PROJECT, model=ModelPlan(seed=9), split=SplitPlan(seed=9))
    found = store.find(tmp_path, changed, "local", "train")

    assert found is not None
    assert set(found.changed) == {"the split", "the network's settings"}


def test_result_of_another_connection_is_stale(tmp_path: Path) -> None:
    keep(tmp_path, PROJECT, "samples", realm="google:a")

    found = store.find(tmp_path, PROJECT, "google:b", "samples")

    assert found is not None
    assert found.changed == ("the connection",)


def test_folder_without_result_note_does_not_count(tmp_path: Path) -> None:
    folder = keep(tmp_path, PROJECT, "samples")
    (folder / "result.json").unlink()

    assert store.find(tmp_path, PROJECT, "local", "samples") is None


@pytest.mark.parametrize("project_id", ["", "..", "a" * 31, "../" + "a" * 29, "G" * 32])
def test_project_folder_of_no_id_is_refused(project_id: str) -> None:
    with pytest.raises(ProjectError, match="names no project"):
        store.project_folder(project_id)


def test_key_does_not_depend_on_the_order_of_parts() -> None:
    assert store.key_of({"a": 1, "b": 2}) == store.key_of({"b": 2, "a": 1})


def test_json_is_written_whole(tmp_path: Path) -> None:
    store.write_json(tmp_path / "deep" / "x.json", {"é": 1})

    assert json.loads((tmp_path / "deep" / "x.json").read_text()) == {"é": 1}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.json"]
