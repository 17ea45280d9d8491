"""A project as a Jupyter notebook: the parts of the script with a few words before each."""

import json
from pathlib import Path
from typing import Any

from lib.earthengine.connection import Connection
from lib.workflow.code.parts import Part
from lib.workflow.code.python import imports_of, notes_of, parts_of, settings_of
from lib.workflow.code.subject import Subject, subject_of
from lib.workflow.document import Project
from lib.workflow.workspace import Workspace

_SHOWN = 'from IPython.display import Image\n\nImage("classes.png")'


def notebook(
    source: Workspace | Project,
    artifact_dir: Path | None = None,
    *,
    connection: Connection | None = None,
) -> str:
    """Write a project as a notebook, in Jupyter's JSON of version 4.5.

    Args:
        source: An open project, or a document.
        artifact_dir: Folder of a trained network to load instead of training; None for none.
        connection: Service that it is for; that of the workspace, else Local Earth.

    Raises:
        PlanError: The project has a setting that code cannot express; it is named.
        AppError: There is no area, or the service does not have what the project names.
    """
    subject = subject_of(source, artifact_dir, connection=connection)
    parts = parts_of(subject)
    cells = [("markdown", _introduction(subject, parts))]
    for number, part in enumerate(parts, start=1):
        cells.append(("markdown", f"## {number}. {part.title}\n\n{part.words}"))
        head = (imports_of([part]), settings_of([part]))
        cells.append(("code", "\n\n".join(text for text in head if text)))
        cells.append(("code", part.code))
    cells.append(("code", _SHOWN))
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(cells)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _introduction(subject: Subject, parts: tuple[Part, ...]) -> str:
    words = (
        "From the area to the map with Earth Engine and Keras alone. Written by Loam from the "
        "settings of the project; it needs `earthengine-api`, `keras` with TensorFlow, `numpy` "
        "and `pillow`."
    )
    lines = [f"# {subject.project.name}", words]
    if subject.local:
        lines.append("Start Local Earth first: `python -m lib earth --port 8765`.")
    if subject.simulated:
        lines.append("**Simulated**: the imagery is that of Loam's planet, not of the Earth.")
    notes = notes_of(parts)
    if notes:
        lines.append("Otherwise than Loam:\n\n" + "\n".join(f"- {note}" for note in notes))
    return "\n\n".join(lines)


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"part-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": text.strip("\n").splitlines(keepends=True)}
