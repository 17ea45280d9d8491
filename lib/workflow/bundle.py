"""The network to take along: formats to choose from, the job that writes them, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lib.core.errors import PlanError
from lib.core.formats import count_words
from lib.deploy.bundle.formats import FORMATS, Format, find_format
from lib.workflow.workspace import StepJobs, Workspace

_JOBS = StepJobs("bundle")
job, cancel = _JOBS.job, _JOBS.cancel

_WRITERS = {"onnx": ("tf2onnx", "onnxruntime")}
"""What a format needs of this server beyond TensorFlow."""
_SECONDS = {"keras": 1, "savedmodel": 4, "onnx": 8}
_START_S, _LITE_S = 8, 5


@dataclass(frozen=True)
class FormatRow:
    """A format of a bundle, and how it compares with Keras.

    `allowed` is its bound in words; `problem` says why it was refused or not made.
    """

    title: str
    file: str
    passed: bool
    samples: int
    held_out: int
    max_abs_difference: float
    equal_classes: float
    allowed: str
    problem: str


@dataclass(frozen=True)
class BundleView:
    """A bundle: one file to download, its parts, and each format's comparison with Keras."""

    path: Path
    file_name: str
    size_bytes: int
    files: tuple[str, ...]
    rows: tuple[FormatRow, ...]
    simulated: bool
    changed: str


def formats() -> tuple[Format, ...]:
    """The formats that this server can write."""
    return tuple(item for item in FORMATS.values() if not _lacking(item.name))


def refused_formats() -> tuple[str, ...]:
    """The others, each with what is missing."""
    return tuple(
        f"{item.title}: this server lacks {' and '.join(_lacking(item.name))}."
        for item in FORMATS.values()
        if _lacking(item.name)
    )


def words_on(names: Sequence[str]) -> str:
    """What making the bundle does, and how long it takes."""
    if not names:
        return "Choose a format at least."
    seconds = _START_S + sum(_SECONDS.get(name, _LITE_S) for name in names)
    return (
        f"{count_words(len(names), 'format')}, each compared with Keras on held-out samples, with "
        f"model card, input contract and an example that runs: some {5 * round(seconds / 5)} s."
    )


def start(workspace: Workspace, names: Sequence[str]) -> str:
    """Make a bundle; returns the id of the job.

    Args:
        workspace: Whose network.
        names: Of formats.

    Raises:
        PlanError: None is named.
        DeploymentError: One of them does not exist.
    """
    if not names:
        raise PlanError("No format is chosen.", hint="Choose what you take along.", field="formats")
    return workspace.submit("bundle", {"formats": [find_format(name).name for name in names]})


def read(workspace: Workspace) -> BundleView | None:
    """The newest bundle; None where there is none."""
    found = workspace.find("bundle")
    if found is None:
        return None
    summary = found.summary
    simulated = bool(summary["simulated"])
    return BundleView(
        path=found.folder / "bundle.zip",
        file_name=f"{workspace.file_stem}-network{'-simulated' if simulated else ''}.zip",
        size_bytes=summary["size_bytes"],
        files=tuple(summary["files"]),
        rows=tuple(_row(row) for row in summary["rows"]),
        simulated=simulated,
        changed=found.changed_words,
    )


def _row(row: Mapping[str, Any]) -> FormatRow:
    item, limit = find_format(row["form"]), row["bound"]["difference"]
    allowed = (
        f"{100 * row['bound']['equal_classes']:.0f} % equal classes"
        if limit is None
        else f"difference {limit:.0e}".replace("e-0", "e-")
    )
    too_far = f"It differs from Keras by more than is allowed ({allowed}), and is not in the file."
    return FormatRow(
        title=item.title,
        file=item.file,
        passed=row["passed"],
        samples=row["samples"],
        held_out=row["held_out"],
        max_abs_difference=row["max_abs_difference"],
        equal_classes=row["equal_classes"],
        allowed=allowed,
        problem="" if row["passed"] else row["problem"] or too_far,
    )


def _lacking(name: str) -> tuple[str, ...]:
    return tuple(module for module in _WRITERS.get(name, ()) if find_spec(module) is None)
