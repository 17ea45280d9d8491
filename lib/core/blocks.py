"""Square blocks on the ground: a grid, halved only where a class would be in too few of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.core.ellipsoid import METRES_PER_DEGREE
from lib.core.errors import SampleError

Ints = NDArray[np.int64]

_HALVINGS = 3  # a block shrinks to an eighth of the side asked for, at most
_PARTS = 3  # blocks that a class needs to be in every part


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks that hold samples.

    Attributes:
        ids: Block of each sample, from 0, shape (samples,).
        smallest_m: Side of the smallest block in metres.
        halved: Blocks of the side asked for that were made smaller.
        whole: Blocks of the side asked for that were left.
        classes: Classes for whose sake blocks were made smaller.
    """

    ids: Ints
    smallest_m: float
    halved: int = 0
    whole: int = 0
    classes: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return int(self.ids.max()) + 1


def block_ids(lon: NDArray[np.float64], lat: NDArray[np.float64], *, size_m: float) -> Ints:
    """Number the square blocks that hold points, from 0.

    Args:
        lon: Longitudes in degrees, shape (points,).
        lat: Latitudes in degrees, shape (points,).
        size_m: Side of a block in metres, on a sinusoidal grid about the mean longitude.
    """
    return _numbered(*_cells(lon, lat, size_m=size_m))


def adaptive_blocks(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    class_index: NDArray[np.integer],
    *,
    size_m: float,
    needed: int = _PARTS,
) -> Blocks:
    """Lay a grid of blocks and halve those that hold a class which is in too few of them.

    Blocks are halved up to three times, and only where that puts a class into more blocks.

    Args:
        lon: Longitudes in degrees, shape (points,).
        lat: Latitudes in degrees, shape (points,).
        class_index: Class of each point, shape (points,).
        size_m: Side of a block in metres.
        needed: Blocks that each class should be in.

    Raises:
        SampleError: A point has no place.
    """
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise SampleError(
            "The samples have no places, so blocks of land cannot part them.",
            hint="Name the columns of longitude and latitude, or split at random.",
            field="split",
        )
    col, row = _cells(lon, lat, size_m=size_m / 2**_HALVINGS)
    base = _numbered(col >> _HALVINGS, row >> _HALVINGS)
    depth = np.zeros(int(base.max()) + 1, dtype=np.int64)
    helped = []
    for index in _scarce(base, class_index, needed):
        members = np.flatnonzero(class_index == index)
        halvings = _halvings(col[members], row[members], needed)
        if halvings:
            depth[base[members]] = np.maximum(depth[base[members]], halvings)
            helped.append(int(index))
    if not helped:
        return Blocks(base, size_m, whole=len(depth))
    shift = _HALVINGS - depth[base]
    ids = _numbered(col >> shift, row >> shift, depth[base])
    halved = int(np.count_nonzero(depth))
    smallest = size_m / 2 ** int(depth.max())
    return Blocks(ids, smallest, halved, len(depth) - halved, tuple(helped))


def groups_of_classes(groups: Ints, class_index: NDArray[np.integer], n_classes: int) -> Ints:
    """Count the groups in which each class occurs, shape (classes,)."""
    cells = np.unique(groups * n_classes + class_index)
    return np.bincount(cells % n_classes, minlength=n_classes)


def _cells(
    lon: NDArray[np.float64], lat: NDArray[np.float64], *, size_m: float
) -> tuple[Ints, Ints]:
    """Return column and row of each point in a grid whose corner is south-west of them all."""
    east = (lon - lon[0] + 180) % 360 - 180
    east = (east - east.mean()) * np.cos(np.radians(lat)) * METRES_PER_DEGREE
    north = (lat - lat.min()) * METRES_PER_DEGREE
    col = np.floor((east - east.min()) / size_m).astype(np.int64)
    return col, np.floor(north / size_m).astype(np.int64)


def _numbered(col: Ints, row: Ints, depth: Ints | None = None) -> Ints:
    """Number the cells that occur, from 0; cells of another depth are others."""
    wide, high = int(col.max()) + 1, int(row.max()) + 1
    key = row * wide + col if depth is None else (depth * high + row) * wide + col
    return np.asarray(np.unique(key, return_inverse=True)[1], dtype=np.int64)


def _scarce(groups: Ints, class_index: NDArray[np.integer], needed: int) -> Ints:
    """Return the classes that occur in fewer groups than needed."""
    held = groups_of_classes(groups, class_index, int(class_index.max()) + 1)
    return np.asarray(np.flatnonzero((held > 0) & (held < needed)))


def _halvings(col: Ints, row: Ints, needed: int) -> int:
    """Return how often blocks must be halved for a class; 0 where halving does not help."""
    counts = []
    for depth in range(_HALVINGS + 1):
        shift = _HALVINGS - depth
        counts.append(int(_numbered(col >> shift, row >> shift).max()) + 1)
        if counts[-1] >= needed:
            return depth
    return int(np.argmax(counts))
