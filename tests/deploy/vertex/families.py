"""Small networks of every family in run folders, with the samples that they are scaled by."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.subjects import untrained_card
from lib.models.artifact import save_artifact
from lib.models.families import find_family
from lib.models.networks import build_network
from tests.deploy.conftest import LEGEND, NAMES

SHAPES = {"pixel": (), "series": (5,), "patch": (8, 8)}
SMALL = {"hidden_units": (6,), "filters": (4, 5), "recurrent_units": (4,)}


def samples_for(family: str, count: int = 24, *, sides: tuple[int, ...] | None = None):
    """Predictors of unlike sizes and where they were observed (None for pixels)."""
    shape = SHAPES[find_family(family).form] if sides is None else sides
    rng = np.random.default_rng(11)
    x = rng.normal(size=(count, *shape, 3)) * [0.6, 0.3, 0.7] + [0.1, 0.4, 0]
    valid = rng.random((count, *shape)) < 0.8 if shape else None
    return x.astype(np.float32), valid


def save_family(
    family: str, folder: Path, *, sides: tuple[int, ...] | None = None, **options
) -> Path:
    """A network of random weights from seed 7 in a run folder."""
    x, valid = samples_for(family, sides=sides)
    plan = replace(find_family(family).defaults, **(SMALL | {"seed": 7} | options))
    network = build_network(plan, x, n_classes=len(LEGEND), valid=valid)
    for weight in network.trainable_weights:
        rng = np.random.default_rng(len(weight.path))
        weight.assign(rng.normal(size=weight.shape, scale=0.6).astype(np.float32))
    folder.mkdir(exist_ok=True)
    save_artifact(folder, network, untrained_card(NAMES, LEGEND, plan, x.shape[1:-1]))
    return folder
