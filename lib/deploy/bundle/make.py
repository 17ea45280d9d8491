"""A bundle: a network in several formats with proof, papers and examples, as one file."""

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lib.core.errors import AppError, DeploymentError
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.deploy.agreement import Agreement, compare, failed, inputs_of, probes_of, words_of
from lib.deploy.bundle.examples import example_name, example_of
from lib.deploy.bundle.formats import FORMATS, find_format
from lib.deploy.bundle.papers import card_of, contract_of
from lib.deploy.bundle.process import require_written, write_formats
from lib.deploy.bundle.running import Floats, answer, named_inputs, open_format
from lib.deploy.disk import full_disk
from lib.deploy.raster.layout import Layout, layout_of
from lib.earthengine.fetching import OnProgress
from lib.models.artifact import Artifact

SAMPLES_INSIDE = 16
"""Samples that the examples run on."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """What a person takes away.

    Attributes:
        path: One zip file with everything that may be handed over.
        folder: The same, unpacked.
        files: Its files, relative to the folder.
        rows: How each format that was asked for compares with Keras.
    """

    path: Path
    folder: Path
    files: tuple[str, ...]
    rows: tuple[Agreement, ...]


def _nobody(_share: float, _words: str, _seconds: float | None) -> None:
    """Tell nobody."""


def _go_on() -> None:
    """Never stop."""


def make_bundle(
    artifact_dir: Path,
    samples: SampleSet,
    split: Split,
    out_dir: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    on_progress: OnProgress = _nobody,
    check: Callable[[], None] = _go_on,
) -> Bundle:
    """Write a network in several formats, compare each with Keras, and pack what keeps its bound.

    Args:
        artifact_dir: Run folder of the network.
        samples: Samples that it was trained on, all parts.
        split: Which of them were held out.
        out_dir: Gets the folder "bundle" and "bundle.zip"; older ones are replaced.
        formats: Names of `FORMATS`.
        units: Units of predictors by name (`lib.deploy.bundle.units.units_of`).
        notes: Sentences for the model card, such as that the planet was simulated.
        on_progress: Called with the share done, a few words, and None.
        check: Asked a few times a second; it leaves by raising.

    Raises:
        ModelError: There is no network, or the samples lack a predictor.
        DeploymentError: No format could be written, or the disk is full.
    """
    names = list(dict.fromkeys(find_format(name).name for name in formats))
    artifact = Artifact.load(artifact_dir)
    layout = layout_of(artifact.network)
    folder = out_dir / "bundle"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        problems = _written(artifact_dir, folder, names, on_progress, check)
        require_written(problems, names)
        rows = _compared(artifact, layout, samples, split, folder, names, problems, check)
        _write_papers(artifact, layout, folder, rows, units or {}, notes)
        path = _packed(folder, out_dir / "bundle.zip")
    except OSError as error:
        raise full_disk(folder, error) from error
    on_progress(1.0, "The bundle is packed", None)
    files = tuple(sorted(_files(folder)))
    return Bundle(path, folder, files, rows)


def _written(
    artifact_dir: Path,
    folder: Path,
    names: Sequence[str],
    on_progress: OnProgress,
    check: Callable[[], None],
) -> dict[str, str]:
    done: list[str] = []

    def on_written(name: str) -> None:
        done.append(name)
        on_progress(0.7 * len(done) / len(names), f"{find_format(name).title} is written", None)

    on_progress(0.0, "Writing the formats", None)
    return write_formats(artifact_dir, folder, names, on_written=on_written, check=check)


def _compared(
    artifact: Artifact,
    layout: Layout,
    samples: SampleSet,
    split: Split,
    folder: Path,
    names: Sequence[str],
    problems: Mapping[str, str],
    check: Callable[[], None],
) -> tuple[Agreement, ...]:
    """Compare each format on the same samples, take away what is refused, keep some samples."""
    probes = probes_of(split)
    x, valid = inputs_of(samples, probes.indices, artifact.inputs_of(samples))
    inputs = named_inputs(layout, x, valid)
    expected = artifact.predict(x, valid, dense=layout.dense)
    rows = []
    for name in names:
        check()
        bound = find_format(name).bound
        if name in problems:
            row = failed(name, problems[name], bound=bound)
        else:
            row = _row(folder, name, layout, inputs, expected, held_out=probes.held_out)
        rows.append(row)
        if not row.passed:
            _take_away(folder / find_format(name).file)
    if not any(row.passed for row in rows):
        raise DeploymentError(
            f"No format agrees with Keras: {words_of(rows[0])}",
            hint="Choose other formats, or train the network again.",
        )
    some = {name: values[:SAMPLES_INSIDE] for name, values in inputs.items()}
    some["probabilities"] = expected[:SAMPLES_INSIDE]
    np.savez(folder / "samples.npz", allow_pickle=False, **some)
    return tuple(rows)


def _row(
    folder: Path,
    name: str,
    layout: Layout,
    inputs: dict[str, Floats],
    expected: Floats,
    *,
    held_out: int,
) -> Agreement:
    bound = find_format(name).bound
    try:
        came = answer(open_format(folder, name, layout), inputs)
    except AppError as error:
        return failed(name, str(error), bound=bound)
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        return failed(name, f"It was written and does not run: {reason[0][:200]}", bound=bound)
    return compare(name, expected, came, held_out=held_out, bound=bound)


def _take_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_papers(
    artifact: Artifact,
    layout: Layout,
    folder: Path,
    rows: Sequence[Agreement],
    units: Mapping[str, str],
    notes: Sequence[str],
) -> None:
    contract = contract_of(artifact.card, layout, units)
    parity = [{**asdict(row), "passed": row.passed} for row in rows]
    texts = {
        "contract.json": json.dumps(contract, indent=1, ensure_ascii=False),
        "parity.json": json.dumps(parity, indent=1),
        "README.md": card_of(artifact.card, contract, rows, notes),
        **{example_name(row.form): example_of(row.form, layout) for row in rows if row.passed},
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _packed(folder: Path, path: Path) -> Path:
    """Zip a folder; times are left out, so that equal files give equal bytes."""
    unfinished = path.with_suffix(".tmp")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(_files(folder)):
            entry = zipfile.ZipInfo(f"bundle/{name}", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (folder / name).read_bytes())
    unfinished.replace(path)
    return path
