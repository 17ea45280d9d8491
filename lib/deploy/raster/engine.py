"""The fastest way to run a network over blocks: LiteRT, or TensorFlow where that does not fit."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import DeploymentError
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.deploy.agreement import EXACT, Agreement, compare, inputs_of, probes_of
from lib.deploy.lite import LiteNetwork, lite_bytes
from lib.deploy.raster.layout import ANY_SIZE, CENTRE, MASK, PIXEL, SERIES, TILES, Layout, layout_of
from lib.models.artifact import Artifact

LONGEST_UNROLLED = 64
"""Dates up to which a recurrent network is written out for LiteRT; beyond, writing it takes longer
than TensorFlow saves."""

_BATCHES = {PIXEL: 16_384, SERIES: 1_024, CENTRE: 256, ANY_SIZE: 1, TILES: 4}

Floats = NDArray[np.float32]
Run = Callable[[Floats, NDArray[np.bool_] | None], Floats]


@dataclass(frozen=True)
class RasterEngine:
    """A network ready to be run over blocks.

    Attributes:
        name: "LiteRT" or "TensorFlow".
        layout: What it reads and gives.
        run: Takes predictors `(samples, ...)` and where they were observed, the same without the
            last axis; gives probabilities `(samples, ..., classes)`. Called from many threads.
        batch: Samples that it takes at once.
    """

    name: str
    layout: Layout
    run: Run
    batch: int


def open_engine(artifact_dir: Path, keep: Path) -> RasterEngine:
    """Make a network ready; the TFLite file is kept, so that the next time needs no TensorFlow.

    Args:
        artifact_dir: Run folder of the network.
        keep: Folder for the TFLite file.

    Raises:
        ModelError: There is no network.
        DeploymentError: It reads something else than pixels, series or patches.
    """
    digest = model_digest(artifact_dir)
    path, facts = keep / f"{digest}.tflite", keep / f"{digest}.json"
    if path.exists() and facts.exists():
        layout = Layout.from_json(json.loads(facts.read_text(encoding="utf-8")))
        return _lite(path.read_bytes(), layout)
    network = Artifact.load(artifact_dir).network
    layout = layout_of(network)
    if layout.dates > LONGEST_UNROLLED:
        return tensorflow_engine(artifact_dir)
    try:
        content = lite_bytes(network)
    except DeploymentError:
        return tensorflow_engine(artifact_dir)
    keep.mkdir(parents=True, exist_ok=True)
    _write(path, content)
    _write(facts, json.dumps(layout.to_json()).encode())
    return _lite(content, layout)


def check_engine(
    engine: RasterEngine, artifact: Artifact, samples: SampleSet, split: Split
) -> Agreement:
    """Compare what blocks are predicted with to Keras, on held-out samples.

    Args:
        engine: What `open_engine` gave for the network.
        artifact: The network.
        samples: Samples that it was trained on, all parts.
        split: Which of them were held out.

    Raises:
        ModelError: The samples lack a predictor of the network.
    """
    probes = probes_of(split)
    x, valid = inputs_of(samples, probes.indices, artifact.inputs_of(samples))
    expected = artifact.predict(x, valid, dense=engine.layout.dense)
    came = in_batches(engine, x, valid)
    return compare("raster", expected, came, held_out=probes.held_out, bound=EXACT)


def in_batches(engine: RasterEngine, x: Floats, valid: NDArray[np.bool_] | None) -> Floats:
    """Run an engine over more samples than it takes at once."""
    parts = []
    for first in range(0, len(x), engine.batch):
        chosen = slice(first, first + engine.batch)
        parts.append(engine.run(x[chosen], None if valid is None else valid[chosen]))
    return np.concatenate(parts)


def model_digest(artifact_dir: Path) -> str:
    """Name a network by its files."""
    try:
        content = (artifact_dir / "model.keras").read_bytes()
    except FileNotFoundError:
        content = b""
    return hashlib.sha256(content).hexdigest()[:24]


def _lite(content: bytes, layout: Layout) -> RasterEngine:
    batch = _BATCHES[layout.kind]
    network = LiteNetwork(content, layout.inputs, batch=batch)

    def run(x: Floats, valid: NDArray[np.bool_] | None) -> Floats:
        if not layout.masked:
            return network(x)
        seen = np.ones(x.shape[:-1], bool) if valid is None else valid
        by_name: dict[str, Any] = {MASK: seen[..., None].astype(np.float32)}
        return network(*(by_name.get(name, x) for name in layout.inputs))

    return RasterEngine("LiteRT", layout, run, batch)


def tensorflow_engine(artifact_dir: Path) -> RasterEngine:
    """Make a network ready as a graph of TensorFlow, as for networks that LiteRT cannot run.

    Args:
        artifact_dir: Run folder of the network.

    Raises:
        ModelError: There is no network.
        DeploymentError: As for `open_engine`.
    """
    artifact = Artifact.load(artifact_dir)
    engine, layout = artifact.engine, layout_of(artifact.network)

    def run(x: Floats, valid: NDArray[np.bool_] | None) -> Floats:
        return engine.probabilities(x, valid, dense=layout.dense)

    # It uses all cores itself, and gains from larger batches.
    return RasterEngine("TensorFlow", layout, run, 4 * _BATCHES[layout.kind])


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)
