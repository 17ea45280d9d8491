"""A small project with samples that were really drawn, to be looked at by page tests."""

import io
from pathlib import Path

from streamlit.testing.v1 import AppTest

from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.core.plan import SamplingPlan
from lib.workflow import store
from lib.workflow.batch import Printed
from lib.workflow.project import Workspace, new_workspace, open_workspace
from lib.workflow.work import quality, samples
from lib.workflow.work.order import Order

WORKS = {"samples": samples.run, "label_quality": quality.run}
AREA = (8.55, 47.30, 8.57, 47.315)
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[8.551, 47.301], [8.553, 47.301], [8.553, 47.303], [8.551, 47.301]]],
}


def small_project() -> Workspace:
    """A saved project on the simulated planet: two weeks, two bands, an index, few samples."""
    workspace = new_workspace()
    workspace.change(
        aoi=Aoi.from_bounds(*AREA),
        imagery=ImageryPlan(
            start="2021-07-01", end="2021-07-16", bands=("B4", "B8"), indices=("NDVI",)
        ),
        sampling=SamplingPlan(per_class=40),
    )
    return workspace


def make(workspace: Workspace, kind: str) -> None:
    """Make a result here instead of in a worker."""
    order = Order.make(
        kind, project=workspace.project, connection=workspace.connection, root=workspace.folder
    )
    WORKS[kind](order, Printed(io.StringIO()))


def copy_of(folder: Path) -> Workspace:
    """Open a copy of a project's folder in this test's home."""
    project = store.new_id()
    store.copy_prepared(folder, store.project_folder(project))
    return open_workspace(project)


def saved(workspace: Workspace) -> Workspace:
    """The project as it is on disk now."""
    return open_workspace(workspace.id)


def labelled(items, label: str):
    """Return the one control with a label."""
    found = [item for item in items if item.label == label]
    assert len(found) == 1, [item.label for item in items]
    return found[0]


def choose_kind(app: AppTest, kind: str) -> AppTest:
    """Choose where labels come from."""
    return labelled(app.selectbox, "Labels from").set_value(kind).run()


def key_like(app: AppTest, name: str) -> str:
    """Return the full key of the one control whose key begins with a name."""
    keys = [key for key in app.session_state if str(key).startswith(f"{name}-")]
    assert len(keys) == 1, (name, sorted(map(str, app.session_state)))
    return keys[0]


def edit_table(
    app: AppTest, name: str, *, edited: dict | None = None, added: list | None = None,
    deleted: list | None = None,
) -> AppTest:  # fmt: skip
    """Do to an editable table what a person does."""
    app.session_state[key_like(app, name)] = {
        "edited_rows": edited or {},
        "added_rows": added or [],
        "deleted_rows": deleted or [],
    }
    return app.run()


def pick_rows(app: AppTest, name: str, rows: list[int]) -> AppTest:
    """Choose rows of a table."""
    app.session_state[key_like(app, name)] = {
        "selection": {"rows": rows, "columns": [], "cells": []}
    }
    return app.run()


def open_tab(app: AppTest, title: str) -> AppTest:
    """Open one of the tabs beneath the map."""
    app.session_state[key_like(app, "sample-tabs")] = title
    return app.run()
