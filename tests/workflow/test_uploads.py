"""Uploads: whose they are, how they are named, what the project notes of them."""

import hashlib
import json
from dataclasses import replace

import pytest

from lib.core.errors import ProjectError, VectorError
from lib.core.plan import FileRef, LabelPlan
from lib.workflow import samples, uploads
from lib.workflow.project import Workspace, new_workspace

PLACES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"class": name},
            "geometry": {"type": "Point", "coordinates": [lon, 47.9]},
        }
        for name, lon in (("wood", 12.4), ("water", 12.5))
    ],
}
DATA = json.dumps(PLACES).encode()


@pytest.fixture
def first() -> Workspace:
    return new_workspace()


def names(workspace: Workspace) -> list[str]:
    """Names of the tables that a project is offered."""
    return [table.name for table in uploads.own_tables(workspace)]


def test_upload_is_offered_to_its_project_and_to_no_other(first):
    samples.import_features(first, "places.geojson", DATA)

    digest = hashlib.sha256(DATA).hexdigest()
    assert names(first) == [f"places_{digest[:8]}"]
    assert names(new_workspace()) == []


def test_upload_is_offered_to_a_project_whose_file_names_it(first):
    samples.import_features(first, "places.geojson", DATA)
    second = new_workspace(project=first.project)

    assert names(second) == names(first)


def test_upload_of_the_same_name_but_another_content_replaces_nothing(first):
    samples.import_features(first, "places.geojson", DATA)
    samples.import_features(first, "places.geojson", DATA.replace(b"wood", b"crop"))

    assert len(names(first)) == 2


def test_upload_that_comes_twice_is_one_asset_and_one_note(first):
    once = samples.import_features(first, "places.geojson", DATA)
    again = samples.import_features(first, "places.geojson", DATA)

    assert once == again
    assert [file.path for file in first.project.files] == ["places.geojson"]


def test_project_file_notes_the_digest_and_not_the_id_that_opens_the_project(first):
    samples.import_features(first, "places.geojson", DATA)

    text = first.save_bytes().decode()
    assert hashlib.sha256(DATA).hexdigest() in text
    assert first.id not in text


def test_upload_that_cannot_be_read_is_refused_and_noted_nowhere(first):
    with pytest.raises(VectorError, match="broken"):
        samples.import_features(first, "broken.geojson", b"{")

    assert first.project.files == ()
    assert names(first) == []


def elsewhere_made() -> Workspace:
    """A project whose labels are a file that is not here."""
    file = FileRef("fields.geojson", hashlib.sha256(DATA).hexdigest(), "elsewhere", "two places")
    labels = LabelPlan("features", "projects/local/assets/elsewhere", "", "class")
    return new_workspace(project=replace(new_workspace().project, files=(file,), labels=labels))


def test_file_that_a_project_was_made_with_is_missing_until_it_is_brought():
    workspace = elsewhere_made()
    assert [file.asset for file in uploads.missing(workspace)] == ["elsewhere"]

    asset = uploads.bring(workspace, "renamed.geojson", DATA)

    assert uploads.missing(workspace) == ()
    assert workspace.project.labels == LabelPlan("features", asset, "", "class")
    assert [file.note for file in workspace.project.files] == ["two places"]


def test_another_file_than_the_missing_one_is_refused_and_changes_nothing():
    workspace = elsewhere_made()
    before = workspace.project

    with pytest.raises(ProjectError, match=r"other\.geojson is none of the files") as caught:
        uploads.bring(workspace, "other.geojson", DATA.replace(b"wood", b"crop"))

    assert "fields.geojson" in caught.value.hint
    assert workspace.project == before
