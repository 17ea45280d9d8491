"""The five steps without a browser: `python -m lib run PROJECT.json --out DIR`."""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from lib.core.errors import ProjectError
from lib.core.formats import duration_words
from lib.core.plan import FileRef
from lib.earthengine import assets, connection
from lib.earthengine.connection import Connection
from lib.workflow import store, tablefiles, uploads
from lib.workflow.document import Project, from_text, to_text
from lib.workflow.work import deploy, results, samples, train
from lib.workflow.work.order import Order, Work
from lib.workflow.workspace import REPOSITORY

DEFAULT_DATA = REPOSITORY.parent / "shared" / "data"
VECTOR_ENDINGS = (".gpkg", ".geojson", ".json", ".kml", ".zip", ".csv", ".shp")

STEPS: dict[str, Work] = {
    "samples": samples.run,
    "train": train.run,
    "other_split": train.run_other_split,
    "deploy": deploy.run,
    "results": results.run,
}


class Printed:
    """Progress as lines on a stream, one whenever the words change."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def report(
        self, stage: str, message: str = "", fraction: float = 0.0, eta_s: float | None = None
    ) -> None:
        """Print the share done, the stage, its sentence and the seconds left."""
        line = f"{stage}: {message}" if message else stage
        left = "" if eta_s is None else f" · {duration_words(eta_s)} left"
        if line != self._last:
            self._stream.write(f"{fraction:4.0%}  {line}{left}\n")
            self._last = line

    def append_history(self, row: Mapping[str, Any]) -> None:
        """Epochs are kept with the result; nothing more to do."""

    def clear_history(self) -> None:
        """Nothing was kept."""

    def cancelled(self) -> bool:
        """Nobody cancels but by ending the process."""
        return False

    def stop_if_cancelled(self) -> None:
        """Go on."""


def run(project_file: Path, out: Path, *, stream: TextIO = sys.stderr) -> dict[str, Any]:
    """Run a project from its file to its class map.

    Args:
        project_file: A project file; its files are looked up beside it.
        out: Folder for all results; made if absent. Results that still fit are made anew.
        stream: Where progress goes.

    Returns:
        The summary that the command prints as one line of JSON.

    Raises:
        AppError: A part of the project is impossible or a step failed.
    """
    project = _read(project_file)
    local = connection.local()
    progress = Printed(stream)
    out.mkdir(parents=True, exist_ok=True)
    import_files(local, project, project_file.parent, out)
    seconds, summaries = {}, {}
    for kind, work in STEPS.items():
        order = Order.make(kind, project=project, connection=local, root=out)
        order.discard()
        started = time.monotonic()
        work(order, progress)
        seconds[kind] = round(time.monotonic() - started, 2)
        found = store.find(out, project, "local", kind)
        if found is None:
            raise ProjectError(f"The step “{kind}” left no result in {out}.")
        summaries[kind] = found.summary
        map_path = order.folder / "classes.tif"
    shutil.copyfile(map_path, out / "classes.tif")
    store.write_text(out / "project.json", to_text(project))
    return _report(project, summaries, seconds, out / "classes.tif")


def _read(project_file: Path) -> Project:
    try:
        text = project_file.read_text()
    except OSError as error:
        raise ProjectError(
            f"The project file {project_file} cannot be read: {error.strerror}."
        ) from None
    return from_text(text)


def import_files(local: Connection, project: Project, beside: Path, out: Path) -> None:
    """Make the project's files assets of Local Earth, after checking that they are the same.

    Finished sample tables are put where the work looks for them, in the folder of the results.

    Raises:
        ProjectError: A file is missing, or differs from the one the project was made with.
    """
    for file in project.files:
        path = resolve(file, beside)
        if tablefiles.is_table(file):
            tablefiles.put(out, file, path.read_bytes())
        else:
            import_file(path, file.asset, local=local)


def import_file(path: Path, asset: str, *, local: Connection | None = None) -> str:
    """Make a GeoTIFF or a vector file an asset of Local Earth, instead of one of the same name.

    Returns:
        The asset's id.

    Raises:
        RasterError, VectorError: It cannot be read or cannot be placed on the Earth.
    """
    put = uploads.import_vectors if path.suffix.lower() in VECTOR_ENDINGS else assets.import_raster
    return put(local or connection.local(), path, asset, overwrite=True)


def resolve(file: FileRef, beside: Path) -> Path:
    """Find a project's file and check its digest."""
    data = os.environ.get("LOAM_DATA", str(DEFAULT_DATA))
    path = beside / file.path.replace("${LOAM_DATA}", data)
    what = f" ({file.note})" if file.note else ""
    if not path.is_file():
        raise ProjectError(
            f"The project needs {file.path}{what}, which is not at {path}.",
            hint="Put it there, or set LOAM_DATA to the folder that holds it.",
            field="files",
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != file.sha256:
        raise ProjectError(
            f"{path} is another file than the project was made with "
            f"(SHA-256 {digest[:12]}… instead of {file.sha256[:12]}…).",
            hint="Use the original file, or make the project anew with this one.",
            field="files",
        )
    return path


def _report(
    project: Project, summaries: dict[str, Any], seconds: dict[str, float], map_path: Path
) -> dict[str, Any]:
    drawn, trained, other = summaries["samples"], summaries["train"], summaries["other_split"]
    deployed, mapped = summaries["deploy"], summaries["results"]
    names = [item["name"] for item in drawn["legend"]]
    asked = [item["name"] for item in drawn["asked_legend"]]
    return {
        "project": project.name,
        "simulated": drawn["simulated"],
        "agreement_with": drawn["reference_map"] or None,
        "samples": {
            "count": drawn["count"],
            "per_class": dict(zip(asked, drawn["obtained"], strict=True)),
        },
        "split": trained["split"],
        "test": _scores(trained),
        "other_split": {"split": other["split"], **_scores(other)},
        "baseline": _scores({"scores": trained["baseline"]}),
        "deployment": {
            "kind": deployed["route"],
            "size_bytes": deployed["size_bytes"],
            "max_abs_difference": deployed["max_abs_difference"],
            "pixels": deployed["pixels"],
        },
        "map": {
            "path": str(map_path),
            "area_ha": {
                name: round(area, 2) for name, area in zip(names, mapped["area_ha"], strict=True)
            },
        },
        "seconds": {**seconds, "total": round(sum(seconds.values()), 2)},
    }


def _scores(summary: Mapping[str, Any]) -> dict[str, Any]:
    scores = summary["scores"]
    return {key: scores[key] for key in ("overall_accuracy", "macro_f1", "per_class")}
