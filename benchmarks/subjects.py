"""A small trained network of each family, on an image that Local Earth computes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch
from lib.earthengine.stack import series_names
from lib.models.artifact import Card
from lib.models.families import find_family
from lib.models.training import train

NAMES = ("east", "north", "wave")
LEGEND = Legend.from_values([10, 20, 30, 40])
STEPS, PATCH, UNET_PATCH = 5, 9, 8
GRID = Grid("EPSG:32633", (10.0, 0.0, 280_000.0, 0.0, -10.0, 5_320_200.0), (76, 76))
TRAINING, VALIDATION, HELD_OUT = 500, 150, 2_000
_WEST = 24  # columns that training samples are drawn from
_SMALL: dict[str, Any] = {
    "hidden_units": (40, 32), "filters": (16, 16), "recurrent_units": (20,), "epochs": 4,
    "patience": 4, "learning_rate": 0.01, "batch_size": 64, "seed": 7,
}  # fmt: skip

Numbers = NDArray[Any]


def untrained_card(
    names: Sequence[str], legend: Legend, plan: ModelPlan, shape: tuple[int, ...] = ()
) -> Card:
    """The card of a network that no training wrote.

    Args:
        names: Of the predictors.
        legend: Classes.
        plan: What the network was built by; its family decides the form.
        shape: Axes of a sample before the predictors.
    """
    return Card(
        predictors=tuple(names),
        legend=legend,
        plan=plan,
        split_kind="blocks",
        split_seed=0,
        training_ids=(),
        validation_ids=(),
        class_weights=None,
        best_epoch=1,
        epochs=1,
        stopped="finished",
        seconds=1.0,
        versions={},
        machine={},
        form=find_family(plan.family).form,
        shape=shape,
    )


@dataclass(frozen=True)
class Subject:
    """A trained network and what it is tried on.

    Attributes:
        family: Its family.
        run_dir: Its run folder.
        predictors: The image that its samples were drawn of.
        samples: All samples.
        split: Training in the west of the image, `HELD_OUT` samples in the east.
    """

    family: str
    run_dir: Path
    predictors: Expression
    samples: SampleSet
    split: Split


def subject_of(family: str, earth: Connection, run_dir: Path) -> Subject:
    """Draw samples of an image, and train a small network into a run folder."""
    is_series = find_family(family).form == "series"
    predictors = _series_image(earth) if is_series else _image(earth)
    samples = _samples(earth, predictors, family)
    parts = np.split(np.arange(len(samples)), [TRAINING, TRAINING + VALIDATION])
    split = Split(*parts, kind="blocks", seed=0)
    plan = replace(find_family(family).defaults, **_options(family))
    train(
        samples, split, plan, run_dir=run_dir, on_epoch=lambda _: None,
        should_stop=lambda: False, class_weights=False,
    )  # fmt: skip
    return Subject(family, run_dir, predictors, samples, split)


def _options(family: str) -> dict[str, Any]:
    return _SMALL | ({"hidden_units": ()} if family in ("lstm", "gru") else {})


@with_connection
def _image(connection: Connection) -> Expression:
    """Waves of the coordinates of unlike sizes, some of them masked."""
    place = ee.Image.pixelLonLat()
    lon, lat = place.select("longitude"), place.select("latitude")
    east, north = lon.multiply(9000).sin(), lat.multiply(7000).sin()
    wave = lon.add(lat).multiply(14_000).cos()
    image = ee.Image.cat([east.multiply(300), north, wave]).rename(list(NAMES)).toFloat()
    return to_expression(image.updateMask(wave.multiply(north).lt(0.8)))


@with_connection
def _series_image(connection: Connection) -> Expression:
    """Such waves, each date later; some dates of a pixel unseen, some pixels masked."""
    place = ee.Image.pixelLonLat()
    east, north = place.select("longitude").multiply(9000), place.select("latitude").multiply(7000)
    waves = [
        east.multiply(1 + band).add(north).add(0.7 * date).sin().multiply(1 + 200 * band)
        for date in range(STEPS)
        for band in range(len(NAMES))
    ]
    seen = [east.add(2.5 * date).sin().gt(-0.5) for date in range(STEPS)]
    values, flags = series_names(NAMES, STEPS)
    stack = ee.Image.cat([*waves, *seen]).rename([*values, *flags]).toFloat()
    return to_expression(stack.updateMask(north.sin().lt(0.9)))


def _samples(earth: Connection, predictors: Expression, family: str) -> SampleSet:
    """Samples whose class follows from the signs of two predictors; those of training first."""
    form = find_family(family).form
    values, flags = series_names(NAMES, STEPS) if form == "series" else (NAMES, ())
    read, valid = fetch(earth, predictors, GRID, [*values, *flags])
    classes = (2 * (read[..., 1] > 0) + (read[..., 0] > 0)).astype(np.int16)
    rows, cols = _places(valid)
    lon, lat = GRID.lonlat(rows, cols)
    columns = _columns(family, np.where(valid[..., None], read, 0), valid, classes, (rows, cols))
    return SampleSet(
        class_index=classes[rows, cols], names=NAMES, legend=LEGEND, lon=lon, lat=lat,
        group=np.full(len(rows), -1, np.int32), ids=np.arange(len(rows)), **columns,
    )  # fmt: skip


def _places(valid: Numbers) -> tuple[Numbers, Numbers]:
    """Pixels with imagery away from the edge: some of the west, then some of the east."""
    rng = np.random.default_rng(0)
    half = PATCH // 2
    inner = valid.copy()
    inner[:half] = inner[-half:] = inner[:, :half] = inner[:, -half:] = False
    places = rng.permutation(np.argwhere(inner))
    west = places[places[:, 1] < _WEST][: TRAINING + VALIDATION]
    east = places[places[:, 1] >= _WEST + PATCH][:HELD_OUT]
    both = np.concatenate([west, east])
    assert len(both) == TRAINING + VALIDATION + HELD_OUT, len(both)
    return both[:, 0], both[:, 1]


def _columns(
    family: str, read: Numbers, valid: Numbers, classes: Numbers, at: tuple[Numbers, Numbers]
) -> dict[str, Any]:
    """Predictors, where they were observed, and labels of every pixel where those are learned."""
    form = find_family(family).form
    if form == "pixel":
        return {"predictors": read[at]}
    if form == "series":
        count = STEPS * len(NAMES)
        seen = read[at][:, count:] > 0
        series = read[at][:, :count].reshape(-1, STEPS, len(NAMES))
        return {
            "predictors": np.where(seen[..., None], series, 0),
            "valid": seen,
            "steps": tuple(f"2024-0{month + 1}-01" for month in range(STEPS)),
        }
    side = UNET_PATCH if family == "unet" else PATCH
    patches = {"predictors": _cut(read, side, at), "valid": _cut(valid, side, at)}
    if family != "unet":
        return patches
    labels = _cut(classes, side, at)
    return patches | {"dense": np.where(patches["valid"], labels, -1)}


def _cut(values: Numbers, side: int, at: tuple[Numbers, Numbers]) -> Numbers:
    """Patches around pixels, the pixel at row and column `side // 2`."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (side, side), (0, 1))
    cut = windows[at[0] - side // 2, at[1] - side // 2]
    return np.moveaxis(cut, 1, 3) if values.ndim == 3 else cut
