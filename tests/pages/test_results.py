"""The results page where a map was made as a file and lacks something."""

from dataclasses import replace

import pytest

from lib.workflow import results
from lib.workflow.project import Workspace
from tests.pages.shown import button, visit
from tests.workflow.filed import as_file, with_map
from tests.workflow.walked import small_walk

FAILED = [(0, 256, "Too many requests."), (256, 0, "An internal error has occurred.")]


@pytest.fixture
def filed() -> Workspace:
    """A finished walk whose network is deployed as a map that is a file."""
    workspace = small_walk()
    as_file(workspace)
    return workspace


def test_blocks_that_failed_are_listed_and_can_be_tried_again(filed):
    with_map(filed, failed=FAILED)
    app = visit("results", filed.id)

    assert [item.value.split(",")[0] for item in app.warning] == ["The map lacks 2 blocks"]
    listed = app.dataframe[0].value.to_dict("records")
    assert [tuple(row.values()) for row in listed] == FAILED
    assert results.job(filed) is None
    button(app, "Try these blocks again").click().run()
    assert results.job(filed).live


def test_blocks_of_a_map_of_other_settings_cannot_be_tried_again(filed):
    with_map(filed, failed=FAILED)
    filed.change(imagery=replace(filed.project.imagery, end="2021-08-01"))
    app = visit("results", filed.id)

    assert any("The map lacks 2 blocks" in item.value for item in app.warning)
    assert [item.label for item in app.button if "again" in item.label] == []


def test_whole_map_tells_of_no_blocks(filed):
    with_map(filed)
    app = visit("results", filed.id)

    assert not app.exception
    assert list(app.warning) == []
    assert [item.label for item in app.button if "again" in item.label] == []
