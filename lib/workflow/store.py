"""Where a project and the results of its steps lie on disk.

A result is kept under the hash of what it depends on, beside a note of what that was: so a page
can tell that a result is stale, and why. A folder counts once its `result.json` is there, which
is written last.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.core.errors import ProjectError
from lib.core.home import loam_home
from lib.workflow.document import Project, to_dict

STEPS = ("imagery", "samples", "train", "deploy", "results")
# A second network, trained for the other kind of split, is a result beside the five steps.
# Doubtful labels are one beside the samples; so are cross-validation and search. A bundle is what
# a person takes away of the network, and a trip what it brought to a bucket. Taking an endpoint
# down is a job without a result, and so is bringing a finished map to an asset, which leaves a
# task of Earth Engine.
KINDS = (
    "samples",
    "label_quality",
    "crossval",
    "search",
    "train",
    "other_split",
    "bundle",
    "trip",
    "deploy",
    "results",
)

_PARTS: dict[str, tuple[str, ...]] = {
    "samples": ("connection", "aoi", "imagery", "labels", "legend", "sampling"),
    "label_quality": ("edits",),
    "train": ("edits", "split", "class_weights", "balance", "model"),
    "crossval": ("edits", "class_weights", "balance", "model"),
    "search": ("edits", "split", "class_weights", "balance", "model"),
    "other_split": (),
    "bundle": (),
    "trip": (),
    "deploy": ("deployment",),
    "results": (),
    "teardown": (),
    "map_asset": (),
}
# A finished sample table brings its own predictors: area and imagery matter from the map on.
_PARTS_OF_TABLE: dict[str, tuple[str, ...]] = {
    "samples": ("labels", "legend", "form"),
    "trip": ("connection", "imagery", "aoi"),
    "deploy": ("connection", "imagery", "deployment"),
    "results": ("aoi",),
}
_AFTER = {
    "label_quality": "samples",
    "train": "samples",
    "crossval": "samples",
    "search": "samples",
    "other_split": "train",
    "bundle": "train",
    "trip": "train",
    "deploy": "train",
    "results": "deploy",
}
_DECIDING = {
    "crossval": ("k", "kind", "seed", "block_size_m"),
    "bundle": ("formats",),
    "trip": ("bucket",),
}
_WORDS = {
    "connection": "the connection",
    "aoi": "the area",
    "imagery": "the imagery",
    "labels": "the labels",
    "legend": "the classes",
    "form": "the form of a sample",
    "sampling": "the number of samples",
    "edits": "the samples that were dropped or relabelled",
    "split": "the split",
    "class_weights": "the class weights",
    "balance": "the balance of classes",
    "model": "the network's settings",
    "deployment": "the deployment",
}
_PLURAL = frozenset(
    _WORDS[part] for part in ("labels", "legend", "edits", "class_weights", "model")
)


@dataclass(frozen=True)
class Found:
    """A result on disk.

    Attributes:
        folder: Where its files are.
        made_of: Everything that it depends on, by part.
        summary: What its step wrote about it.
        changed: In words, what has changed since; empty where it is up to date.
        finished: When it was completed, in seconds since 1970.
    """

    folder: Path
    made_of: dict[str, Any]
    summary: dict[str, Any]
    changed: tuple[str, ...]
    finished: float

    @property
    def stale(self) -> bool:
        """Whether what it depends on has changed, or the endpoint that it asks is gone."""
        return bool(self.changed) or self._is_down

    @property
    def changed_words(self) -> str:
        """A sentence on what has changed since; empty where nothing has."""
        if not self.changed:
            return "Its endpoint was taken down." if self._is_down else ""
        *others, last = self.changed
        listed = f"{', '.join(others)} and {last}" if others else last
        verb = "have" if others or last in _PLURAL else "has"
        return f"{listed[0].upper()}{listed[1:]} {verb} changed since."

    @property
    def _is_down(self) -> bool:
        return bool(self.summary.get("down"))


def new_id() -> str:
    """An unguessable id of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def project_folder(project_id: str) -> Path:
    """The folder of a project.

    Raises:
        ProjectError: The id is none.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", project_id):
        raise ProjectError(
            "This address names no project.", hint="Start a new one.", field="project"
        )
    return loam_home() / "projects" / project_id


def dependencies(project: Project, realm: str, kind: str) -> dict[str, Any]:
    """What a result of a kind depends on, by part.

    Args:
        project: The project.
        realm: Which connection answers, such as "local" or "google:my-project".
        kind: One of `KINDS`.
    """
    before = dependencies(project, realm, _AFTER[kind]) if kind in _AFTER else {}
    own = _PARTS[kind]
    if project.labels.kind == "table":
        own = _PARTS_OF_TABLE.get(kind, own)
    parts = {part: _part(project, realm, part) for part in own}
    return {**before, **parts}


def _part(project: Project, realm: str, part: str) -> Any:
    if part == "connection":
        return realm
    if part == "form":
        return project.imagery.form
    data = to_dict(project)
    if part == "class_weights":
        return data["sampling"]["class_weights"]
    if part == "sampling":
        return {key: value for key, value in data[part].items() if key != "class_weights"}
    if part == "deployment" and data[part]["route"] != "vertex":
        return {"route": data[part]["route"]}
    return data[part]


def deciding(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a job's own settings its result depends on, as one part; a budget is none of it."""
    names = _DECIDING.get(kind, ())
    return {"settings": {name: settings[name] for name in names}} if names else {}


def key_of(parts: dict[str, Any]) -> str:
    """The hash under which a result is kept."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def result_folder(root: Path, kind: str, key: str) -> Path:
    """Where the result of a kind with that key belongs, within a project's folder."""
    return root / "results" / kind / key


def find(root: Path, project: Project, realm: str, kind: str) -> Found | None:
    """The result that fits the project, or else the newest, marked with what has changed."""
    wanted = dependencies(project, realm, kind)
    exact = _read(result_folder(root, kind, key_of(wanted)), wanted)
    if exact is not None:
        return exact
    others = find_all(root, project, realm, kind)
    return others[-1] if others else None


def find_all(root: Path, project: Project, realm: str, kind: str) -> tuple[Found, ...]:
    """All results of a kind, in the order in which they were completed; see `find`."""
    wanted = dependencies(project, realm, kind)
    notes = (root / "results" / kind).glob("*/result.json")
    found = (_read(path.parent, wanted) for path in notes)
    return tuple(sorted((item for item in found if item), key=lambda item: item.finished))


def _read(folder: Path, wanted: dict[str, Any]) -> Found | None:
    try:
        note = json.loads((folder / "result.json").read_text())
        finished = (folder / "result.json").stat().st_mtime
    except (OSError, ValueError):
        return None
    made_of = note["depends_on"]
    changed = tuple(_WORDS[part] for part in wanted if wanted[part] != made_of.get(part))
    return Found(folder, made_of, note["summary"], changed, finished)


def finish(folder: Path, depends_on: dict[str, Any], summary: dict[str, Any]) -> None:
    """Mark a result as complete."""
    write_json(folder / "result.json", {"depends_on": depends_on, "summary": summary})


def write_json(path: Path, data: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one, never a part."""
    write_text(path, json.dumps(data, ensure_ascii=False))


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def copy_prepared(source: Path, target: Path) -> None:
    """Copy a prepared project with its results into a new project's folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
