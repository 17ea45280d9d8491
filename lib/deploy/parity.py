"""Proof that the deployed form and the Keras model give the same answers on the same pixels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.earthengine.access import Connection, map_requests, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.pixels import fetch
from lib.models.artifact import Artifact

BOUND = 1e-4
"""Greatest difference of a probability. Weights keep 7 digits and Keras computes in float32:
some 1e-6 is usual."""

_BLOCK = 32
_MOST_BLOCKS = 12
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
    """

    max_abs_difference: float
    bound: float
    pixels: int
    masked_pixels: int
    held_out_pixels: int
    passed: bool


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
    names = list(artifact.card.predictors)
    shares = [f"p{index}" for index in range(len(artifact.card.legend))]
    both = _side_by_side(predictors, probabilities, names, shares)
    blocks, held_out = _blocks_around(grid, lon, lat)

    def compare(block: Grid) -> tuple[float, int, int, bool]:
        bands = [*names, *shares, _READ, _ANSWERED]
        values, _ = fetch(connection, both, block, bands, dtype=np.float32)
        return _compared(values, artifact, len(names))

    found = map_requests(connection, compare, blocks)
    difference = max(row[0] for row in found)
    return Parity(
        max_abs_difference=difference,
        bound=bound,
        pixels=sum(row[1] for row in found),
        masked_pixels=sum(row[2] for row in found),
        held_out_pixels=held_out,
        passed=difference <= bound and all(row[3] for row in found),
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


def _compared(
    values: NDArray[np.generic], artifact: Artifact, count: int
) -> tuple[float, int, int, bool]:
    """Greatest difference, pixels, masked pixels, and whether the masks agree."""
    flat = np.asarray(values, np.float32).reshape(-1, values.shape[-1])
    read, answered = flat[:, -2] > 0, flat[:, -1] > 0
    if not read.any():
        return 0.0, len(flat), len(flat), not answered.any()
    expected = artifact.predict(flat[read, :count])
    difference = np.abs(expected - flat[read, count:-2])
    # NaN compares as different.
    greatest = float(difference.max()) if np.isfinite(difference).all() else float("inf")
    return greatest, len(flat), int((~read).sum()), bool((read == answered).all())


def _blocks_around(grid: Grid, lon: ArrayLike, lat: ArrayLike) -> tuple[list[Grid], int]:
    """Blocks of the grid that hold the most held-out samples, and how many samples they hold."""
    rows, cols = grid.rowcol(lon, lat)
    height, width = grid.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    if not inside.any():
        raise DeploymentError(
            "No held-out sample lies on the training grid, so nothing can be compared.",
            hint="Draw the samples again.",
        )
    places = np.stack([rows[inside] // _BLOCK, cols[inside] // _BLOCK], axis=1)
    found, counts = np.unique(places, axis=0, return_counts=True)
    best = np.argsort(-counts, kind="stable")[:_MOST_BLOCKS]
    return [_block(grid, *found[place]) for place in best], int(counts[best].sum())


def _block(grid: Grid, row: int, col: int) -> Grid:
    height, width = grid.shape
    top, left = int(row) * _BLOCK, int(col) * _BLOCK
    rows = slice(top, min(top + _BLOCK, height))
    return grid.window((rows, slice(left, min(left + _BLOCK, width))))
