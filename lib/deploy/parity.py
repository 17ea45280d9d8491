"""Proof that the deployed form and the Keras model give the same answers on the same pixels.

Series are compared pixel by pixel as pixels are. Networks of patches are compared on pixels whose
surroundings are all read, so that no edge that only one of the two sees counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.deploy.native.inputs import form_of, names_in
from lib.deploy.native.space import reach_of
from lib.earthengine.access import Connection, map_requests, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.pixels import fetch
from lib.earthengine.stack import MOST_BANDS
from lib.models.artifact import Artifact

BOUND = 1e-4
"""Greatest difference of a probability. Weights keep 7 digits and Keras computes in float32:
some 1e-6 is usual."""

LEAST_PIXELS = 2_000
"""Valid pixels that are compared at least, where the grid has so many."""

_BLOCK = 32
# Series and patches cost some hundred times as much as pixels.
_FIRST_BLOCKS = {"pixel": 12, "series": 3, "patch": 3}
# Of a pixel that may hold no number in its imagery, the filled value stands for it.
_FILL = 0.0


@dataclass(frozen=True)
class Parity:
    """How far two forms of a network are apart.

    Attributes:
        max_abs_difference: Greatest difference of any probability.
        bound: What is allowed.
        pixels: Pixels compared, masked ones included.
        masked_pixels: Those without imagery; both forms must leave them out.
        held_out_pixels: Pixels among them that a held-out sample names.
        passed: Whether the forms agree within the bound and on every mask.
        mean_abs_difference: Mean difference of all probabilities.
        equal_classes: Share of the valid pixels whose most probable class is the same.
    """

    max_abs_difference: float
    bound: float
    pixels: int
    masked_pixels: int
    held_out_pixels: int
    passed: bool
    mean_abs_difference: float = 0.0
    equal_classes: float = 1.0


@dataclass(frozen=True)
class _Compared:
    """One block: sums that add up over blocks."""

    greatest: float
    total: float
    equal: int
    pixels: int
    valid: int
    same_mask: bool


@with_connection
def check(
    connection: Connection,
    probabilities: Expression,
    predictors: Expression,
    artifact_dir: Path,
    grid: Grid,
    lon: ArrayLike,
    lat: ArrayLike,
    *,
    bound: float = BOUND,
) -> Parity:
    """Compare around held-out samples, in blocks that both forms are asked for at once.

    Blocks with the most samples come first; where they have fewer than `LEAST_PIXELS` valid
    pixels, those that lie nearest follow.

    Args:
        connection: Service that evaluates the expression.
        probabilities: The deployed network, a band a class.
        predictors: The image that it reads.
        artifact_dir: Run folder of the network.
        grid: Training grid.
        lon: Longitudes of the held-out samples.
        lat: Their latitudes.
        bound: Greatest difference allowed.

    Raises:
        DeploymentError: No held-out sample lies on the grid.
    """
    artifact = Artifact.load(artifact_dir)
    shares = [f"p{index}" for index in range(len(artifact.card.legend))]
    names = names_in(artifact.network, artifact.card.predictors)
    both = _side_by_side(predictors, probabilities, names, shares)
    places, counts = _blocks_around(grid, lon, lat)
    margin = _margin(artifact)

    def compare(place: NDArray[np.int64]) -> _Compared:
        block = _block(grid, *place, margin=margin)
        values = _fetched(connection, both, block, [*names, *shares, _READ, _ANSWERED])
        return _compare(values, artifact, len(names), margin)

    done: list[_Compared] = []
    step = _FIRST_BLOCKS[form_of(artifact.network)]
    while len(done) < len(places) and sum(part.valid for part in done) < LEAST_PIXELS:
        done += map_requests(connection, compare, places[len(done) : len(done) + step])
    held_out = int(counts[: len(done)].sum())
    return _parity(done, len(shares), bound=bound, held_out=held_out)


def _parity(done: list[_Compared], classes: int, *, bound: float, held_out: int) -> Parity:
    difference = max(part.greatest for part in done)
    pixels, valid = sum(part.pixels for part in done), sum(part.valid for part in done)
    return Parity(
        max_abs_difference=difference,
        bound=bound,
        pixels=pixels,
        masked_pixels=pixels - valid,
        held_out_pixels=held_out,
        passed=difference <= bound and all(part.same_mask for part in done),
        mean_abs_difference=sum(part.total for part in done) / max(valid * classes, 1),
        equal_classes=sum(part.equal for part in done) / max(valid, 1),
    )


_READ = "predictors_valid"
_ANSWERED = "probabilities_valid"


def _side_by_side(
    predictors: Expression, probabilities: Expression, names: list[str], shares: list[str]
) -> Expression:
    """Predictors, probabilities and both masks as bands, all valid everywhere."""
    read = to_image(predictors).select(names)
    answered = to_image(probabilities).select(shares)
    masks = [
        image.mask().reduce("min").gt(0).rename(name)
        for image, name in ((read, _READ), (answered, _ANSWERED))
    ]
    stack = read.unmask(_FILL, False).addBands(answered.unmask(_FILL, False))
    return to_expression(
        stack.addBands(masks[0].unmask(0, False)).addBands(masks[1].unmask(0, False)).toFloat()
    )


def _fetched(
    connection: Connection, image: Expression, block: Grid, bands: Sequence[str]
) -> NDArray[np.float32]:
    """Bands of a block, in as many requests as they need."""
    most = MOST_BANDS - 1
    parts = [
        fetch(connection, image, block, bands[first : first + most], dtype=np.float32)[0]
        for first in range(0, len(bands), most)
    ]
    return np.concatenate(parts, axis=-1).astype(np.float32)


def _compare(values: NDArray[np.float32], artifact: Artifact, count: int, margin: int) -> _Compared:
    """Compare the inside of a block; `count` bands are inputs, the last two masks."""
    inside = slice(margin, -margin or None)
    inner = values[inside, inside]
    read, answered = inner[..., -2] > 0, inner[..., -1] > 0
    same = bool((read == answered).all())
    if not read.any():
        return _Compared(0.0, 0.0, 0, read.size, 0, same)
    expected = _expected(values, artifact, count, margin)[read]
    came = inner[read][:, count:-2]
    difference = np.abs(expected - came)
    # NaN compares as different.
    greatest = float(difference.max()) if np.isfinite(difference).all() else float("inf")
    equal = int((expected.argmax(axis=1) == came.argmax(axis=1)).sum())
    total = float(difference.sum(dtype=np.float64))
    return _Compared(greatest, total, equal, read.size, int(read.sum()), same)


def _expected(
    values: NDArray[np.float32], artifact: Artifact, count: int, margin: int
) -> NDArray[np.float32]:
    """What Keras gives inside of a block, shape (rows, columns, classes)."""
    form, inputs = form_of(artifact.network), values[..., :count]
    seen = values[..., -2] > 0
    if form == "pixel":
        return artifact.predict(inputs)
    if form == "series":
        flat = len(artifact.card.predictors) * artifact.network.inputs[0].shape[1]
        series = inputs[..., :flat].reshape(*inputs.shape[:2], -1, len(artifact.card.predictors))
        return artifact.predict(series, inputs[..., flat:] > 0 if count > flat else None)
    filled = np.where(seen[..., None], inputs, np.float32(0))
    if None in artifact.network.inputs[0].shape[1:3]:
        inside = slice(margin, -margin or None)
        return artifact.predict(filled, seen, dense=True)[inside, inside]
    sides = (2 * margin + 1, 2 * margin + 1)
    patches = np.lib.stride_tricks.sliding_window_view(filled, sides, (0, 1))
    flags = np.lib.stride_tricks.sliding_window_view(seen, sides, (0, 1))
    return artifact.predict(np.moveaxis(patches, 2, 4), flags)


def _margin(artifact: Artifact) -> int:
    """Pixels around a block that a network must see for the block's answers."""
    if form_of(artifact.network) != "patch":
        return 0
    side = artifact.network.inputs[0].shape[1]
    return reach_of(artifact.network) if side is None else int(side) // 2


def _blocks_around(
    grid: Grid, lon: ArrayLike, lat: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All blocks of the grid, those with the most held-out samples first, and their samples.

    Blocks without samples follow by their distance from the first.
    """
    rows, cols = grid.rowcol(lon, lat)
    height, width = grid.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    if not inside.any():
        raise DeploymentError(
            "No held-out sample lies on the training grid, so nothing can be compared.",
            hint="Draw the samples again.",
        )
    counts = np.zeros((-(-height // _BLOCK), -(-width // _BLOCK)), np.int64)
    np.add.at(counts, (rows[inside] // _BLOCK, cols[inside] // _BLOCK), 1)
    places = np.argwhere(counts >= 0)
    away = np.abs(places - places[counts.argmax()]).max(axis=1)
    order = np.lexsort((away, -counts.ravel()))
    return places[order], counts.ravel()[order]


def _block(grid: Grid, row: int, col: int, *, margin: int) -> Grid:
    height, width = grid.shape
    top, left = int(row) * _BLOCK, int(col) * _BLOCK
    bottom, right = min(top + _BLOCK, height), min(left + _BLOCK, width)
    return grid.window((slice(top - margin, bottom + margin), slice(left - margin, right + margin)))
