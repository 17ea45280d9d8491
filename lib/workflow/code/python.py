"""A project as Python that runs without Loam: the public `ee`, Keras and NumPy alone."""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from lib.earthengine.connection import Connection
from lib.workflow.code.imagery_part import imagery_part
from lib.workflow.code.map_parts import deploy_part, network_part, results_part
from lib.workflow.code.parts import Part
from lib.workflow.code.samples_part import samples_part
from lib.workflow.code.subject import Subject, cannot, subject_of
from lib.workflow.code.train_part import train_part
from lib.workflow.document import Project
from lib.workflow.store import STEPS
from lib.workflow.workspace import Workspace

_PARTS = {
    "imagery": imagery_part,
    "samples": samples_part,
    "train": train_part,
    "deploy": deploy_part,
    "results": results_part,
}


def code_of(step: str, source: Workspace | Project, *, connection: Connection | None = None) -> str:
    """Write the code of one step: runnable after that of the steps before it.

    Args:
        step: One of `store.STEPS`.
        source: An open project, or a document.
        connection: Service that the code is for; that of the workspace, else Local Earth.

    Raises:
        PlanError: The project has a setting that code cannot express; it is named.
        AppError: There is no area, or the service does not have what the project names.
    """
    if step not in STEPS:
        raise cannot(f"there is no step “{step}”", hint=f"There are {', '.join(STEPS)}.")
    part = _PARTS[step](subject_of(source, connection=connection))
    head = [f"# {part.title}", *_remarks(part.needs and f"Needs {part.needs} of the steps before.")]
    head += [line for note in part.otherwise for line in _remarks(f"Otherwise than Loam: {note}")]
    return "\n".join(
        ["\n".join(head), "", imports_of([part]), "", settings_of([part]), "", part.code]
    )


def python_script(
    source: Workspace | Project,
    artifact_dir: Path | None = None,
    *,
    connection: Connection | None = None,
) -> str:
    """Write the whole project as a script.

    Args:
        source: An open project, or a document.
        artifact_dir: Folder of a trained network: the script then loads `model.keras` beside it
            instead of drawing samples and training.
        connection: Service that the script is for; that of the workspace, else Local Earth.

    Raises:
        PlanError: The project has a setting that code cannot express; it is named.
        AppError: There is no area, or the service does not have what the project names.
    """
    subject = subject_of(source, artifact_dir, connection=connection)
    parts = parts_of(subject)
    pieces = [heading(subject, parts), imports_of(parts), settings_of(parts)]
    pieces += [f"# {'-' * 20} {part.title} {'-' * 20}\n\n{part.code.strip()}" for part in parts]
    return "\n\n".join(pieces) + "\n"


def parts_of(subject: Subject) -> tuple[Part, ...]:
    """The parts of a script, in order."""
    if subject.artifact:
        middle: tuple[Part, ...] = (network_part(subject),)
    else:
        middle = (samples_part(subject), train_part(subject))
    return (imagery_part(subject), *middle, deploy_part(subject), results_part(subject))


def heading(subject: Subject, parts: Sequence[Part]) -> str:
    """The text at the top of a script."""
    lines = [f"{subject.project.name.replace(chr(34), chr(39))}: from the area to the map.", ""]
    lines += _folded("Written by Loam from the settings of the project. Needs earthengine-api, "
                     "keras with TensorFlow, numpy and pillow.")  # fmt: skip
    if subject.simulated:
        lines += [
            "",
            *_folded("Simulated: the imagery is that of Loam's planet, not of the Earth."),
        ]
    notes = notes_of(parts)
    if notes:
        lines += ["", "Otherwise than Loam:"]
        for note in notes:
            first, *more = _folded(note, 94)
            lines += [f"- {first}", *(f"  {line}" for line in more)]
    return '"""' + "\n".join(lines).replace("\\", "/") + '\n"""'


def notes_of(parts: Iterable[Part]) -> list[str]:
    """What the code does otherwise than Loam, as sentences."""
    return [note for part in parts for note in part.otherwise]


def imports_of(parts: Iterable[Part]) -> str:
    """The imports, each once."""
    lines = dict.fromkeys(line for part in parts for line in part.imports)
    return "\n".join(sorted(lines, key=lambda line: (line.startswith("from"), line)))


def settings_of(parts: Iterable[Part]) -> str:
    """The constants, each once."""
    lines = dict.fromkeys(setting.line for part in parts for setting in part.settings)
    return "\n".join(lines)


def _remarks(text: str) -> list[str]:
    return [f"# {line}" for line in _folded(text)] if text else []


def _folded(text: str, width: int = 96) -> list[str]:
    return textwrap.wrap(text, width)
