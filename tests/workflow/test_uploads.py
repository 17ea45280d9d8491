"""Uploads: whose they are, how they are named, what the project notes of them."""

import hashlib
import json

import pytest

from lib.core.errors import VectorError
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
