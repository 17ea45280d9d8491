"""Connected objects, distances, texture and differences between neighbouring pixels."""

# ruff: noqa: A002, ARG002 - parameters are those of the signature list

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading, Source, intersect
from lib.localearth.raster.neighbourhood import (
    Cell,
    Margin,
    cells_of,
    margin_of,
    shifted,
    shifted_plane,
)
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import band_like, from_source
from lib.localearth.raster.weighing import announce
from lib.localearth.registry import implements
from lib.localearth.values import Kernel

CENTRE = Cell(0, 0, 1.0)
# What these functions hold at once, measured with tracemalloc under NumPy 2.4 and SciPy 1.17.
OBJECT_BYTES = 30  # of a pixel whose object is looked for
LINK_BYTES = 60  # of two pixels of one object that touch
DISTANCE_BYTES = 33  # of a pixel with squared distances; others need a third
ENTROPY_BYTES = 11  # of a pixel under a kernel: as an integer of 8 bytes, and where it is equal
Compute = Callable[[Plane, Grid], Plane]


class Around(Source):
    """Each plane is computed from the same band with a margin around the grid."""

    def __init__(self, image: Image, margin: Margin, compute: Compute) -> None:
        """Keep the function, which gets the plane with its margin and the grid without."""
        self._image = image
        self._margin = margin
        self._compute = compute

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Read with the margin and compute."""
        bands = Image(tuple(self._image.bands[index] for index in indices))
        planes = bands.planes(self._margin.around(grid), reading)
        return [self._compute(plane, grid) for plane in planes]


@implements("Image.connectedPixelCount")
def connected_pixel_count(input: Image, max_size: int, eight_connected: bool) -> Image:
    """Size of the object of equal values that each pixel is part of, up to a limit."""
    size = int(max_size)
    margin = Margin(size, size, size, size)
    kinds = [PixelType("int", 0, size) for _ in input.bands]

    def count(plane: Plane, grid: Grid) -> Plane:
        found = object_sizes(plane, eight=eight_connected)
        inner = shifted(found, CENTRE, margin, grid)
        mask = shifted_plane(plane, CENTRE, margin, grid).mask
        if choice("connected_cap") == "mask":
            mask = intersect(mask, inner <= size)
        return Plane(np.minimum(inner, size).astype(kinds[0].dtype), mask)

    return from_source(input, Around(input, margin, count), types=kinds)


def object_sizes(plane: Plane, *, eight: bool) -> NDArray[np.int64]:
    """Pixels of the object of equal valid values around each pixel; 0 where it is masked."""
    height, width = plane.data.shape
    numbers = np.arange(height * width).reshape(height, width)
    valid = plane.valid
    first, second = [], []
    for a, b in _neighbours(eight):
        joined = (plane.data[a] == plane.data[b]) & valid[a] & valid[b]
        first.append(numbers[a][joined])
        second.append(numbers[b][joined])
    rows, columns = np.concatenate(first), np.concatenate(second)
    announce(numbers.size * OBJECT_BYTES + len(rows) * LINK_BYTES)
    links = sparse.coo_matrix(
        (np.ones(len(rows), bool), (rows, columns)), shape=(numbers.size,) * 2
    )
    _, labels = csgraph.connected_components(links, directed=False)
    sizes = np.bincount(labels)[labels].reshape(height, width)
    return np.where(valid, sizes, 0)


def _neighbours(eight: bool) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    every, head, tail = slice(None), slice(None, -1), slice(1, None)
    pairs = [((every, head), (every, tail)), ((head, every), (tail, every))]
    if eight:
        pairs += [((head, head), (tail, tail)), ((head, tail), (tail, head))]
    return pairs


@implements("Image.fastDistanceTransform")
def fast_distance_transform(image: Image, neighborhood: int, units: str, metric: str) -> Image:
    """Distance to the nearest pixel that is not zero: squared pixels by default."""
    reach = int(neighborhood)
    if units != "pixels":
        raise EarthError("Local Earth measures in 'pixels' only.")
    if metric not in ("squared_euclidean", "manhattan", "chebyshev"):
        raise EarthError(f"Unknown metric '{metric}'.")
    margin = Margin(reach, reach, reach, reach)

    def measure(plane: Plane, grid: Grid) -> Plane:
        empty = ~((plane.data != 0) & plane.valid)
        announce(empty.size * DISTANCE_BYTES)
        if metric == "squared_euclidean":
            found = ndimage.distance_transform_edt(empty) ** 2 if not empty.all() else None
        else:
            name = "taxicab" if metric == "manhattan" else "chessboard"
            found = ndimage.distance_transform_cdt(empty, name) if not empty.all() else None
        if found is None:
            size = (grid.height, grid.width)
            return Plane(np.zeros(size, np.float32), np.zeros(size, bool))
        inner = np.round(shifted(found, CENTRE, margin, grid)).astype(np.float32)
        limit = reach**2 if metric == "squared_euclidean" else reach
        near = inner <= limit
        return Plane(inner, None if near.all() else near)

    source = Around(image.with_bands(image.bands[:1]), margin, measure)
    band = image.bands[0]
    return image.with_bands([band_like(band, "distance", PixelType("float"), source, 0)])


@implements("Image.distance")
def distance(image: Image, kernel: Kernel | None, skip_masked: bool) -> Image:
    """Distance, by a kernel of distances, to the nearest pixel that is not zero."""
    if kernel is None:
        y, x = np.mgrid[-100:101, -100:101]
        kernel = Kernel(np.hypot(x, y), 100, 100)
    cells = sorted(cells_of(kernel, all_cells=True), key=lambda cell: cell.weight)
    margin = margin_of(cells)

    def nearest(plane: Plane, grid: Grid) -> Plane:
        there = (plane.data != 0) & plane.valid
        best = np.full((grid.height, grid.width), np.inf)
        for cell in cells:
            hit = shifted(there, cell, margin, grid) & np.isinf(best)
            best[hit] = cell.weight
            if not np.isinf(best).any():
                break
        known = np.isfinite(best)
        mask = None if known.all() else known
        if skip_masked:
            mask = intersect(mask, shifted_plane(plane, CENTRE, margin, grid).mask)
        return Plane(np.where(known, best, 0), mask)

    kinds = [PixelType("double") for _ in image.bands]
    return from_source(image, Around(image, margin, nearest), types=kinds)


@implements("Image.derivative")
def derivative(image: Image) -> Image:
    """Central differences in pixels along columns (_x) and rows (_y) of each band."""
    margin = Margin(1, 1, 1, 1)

    class Derivatives(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            wanted = sorted({index // 2 for index in indices})
            bands = Image(tuple(image.bands[index] for index in wanted))
            planes = dict(zip(wanted, bands.planes(margin.around(grid), reading), strict=True))
            return [_difference(planes[i // 2], i % 2, margin, grid) for i in indices]

    source, kind = Derivatives(), PixelType("float")
    bands = [
        band_like(band, f"{band.name}_{axis}", kind, source, 2 * b + a)
        for b, band in enumerate(image.bands)
        for a, axis in enumerate("xy")
    ]
    return image.with_bands(bands)


def _difference(plane: Plane, axis: int, margin: Margin, grid: Grid) -> Plane:
    after, before = (
        (Cell(1, 0, 1), Cell(-1, 0, 1)) if axis == 0 else (Cell(0, 1, 1), Cell(0, -1, 1))
    )
    late, early = (
        shifted_plane(plane, after, margin, grid),
        shifted_plane(plane, before, margin, grid),
    )
    data = (late.data.astype(np.float64) - early.data) / 2
    own = shifted_plane(plane, CENTRE, margin, grid).mask
    return Plane(data.astype(np.float32), intersect(late.mask, early.mask, own))


@implements("Image.zeroCrossing")
def zero_crossing(image: Image) -> Image:
    """1 where the pixel to the right, below, or both has the opposite sign."""
    margin = Margin(0, 0, 1, 1)

    def cross(plane: Plane, grid: Grid) -> Plane:
        signs = np.sign(plane.data.astype(np.float64)) * plane.valid
        own = shifted(signs, CENTRE, margin, grid)
        others = [shifted(signs, Cell(x, y, 1), margin, grid) for x, y in ((1, 0), (0, 1), (1, 1))]
        found = np.logical_or.reduce([own * other < 0 for other in others])
        return Plane(found.astype(np.uint8), shifted_plane(plane, CENTRE, margin, grid).mask)

    kinds = [PixelType("int", 0, 1) for _ in image.bands]
    return from_source(image, Around(image, margin, cross), types=kinds)


@implements("Image.entropy")
def entropy(image: Image, kernel: Kernel) -> Image:
    """Entropy in bits of the values under a kernel."""
    if any(band.type.precision != "int" for band in image.bands):
        raise EarthError("Image.entropy: The bands must hold integers.")
    cells = cells_of(kernel)
    margin = margin_of(cells)

    def measure(plane: Plane, grid: Grid) -> Plane:
        stack = np.stack([shifted(plane.data, cell, margin, grid) for cell in cells])
        valid = np.stack([shifted(plane.valid, cell, margin, grid) for cell in cells])
        announce(stack.size * (stack.itemsize + ENTROPY_BYTES))
        data = _entropy(stack.astype(np.int64), valid)
        return Plane(data.astype(np.float32), shifted_plane(plane, CENTRE, margin, grid).mask)

    kinds = [PixelType("float") for _ in image.bands]
    return from_source(image, Around(image, margin, measure), types=kinds)


def _entropy(stack: NDArray[np.int64], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each value's share, counted once for each of its places: -sum(log2 p) / n."""
    total = valid.sum(axis=0)
    result = np.zeros(total.shape)
    for level, own in zip(stack, valid, strict=True):
        same = ((stack == level) & valid).sum(axis=0)
        share = same / np.maximum(total, 1)
        result -= np.where(own, np.log2(np.where(share > 0, share, 1)), 0)
    return np.asarray(result / np.maximum(total, 1))


@implements("Image.interpolate")
def interpolate(image: Image, x: Sequence[float], y: Sequence[float], behavior: str) -> Image:
    """Map the first band through straight lines between points."""
    if len(x) != len(y) or len(x) < 2 or any(np.diff(x) <= 0):
        raise EarthError("The lists x and y must be of one length, and x must increase.")
    if behavior not in ("extrapolate", "clamp", "mask", "input"):
        raise EarthError(f"Unknown behavior '{behavior}'.")
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)

    class Interpolated(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            (plane,) = Image(image.bands[:1]).planes(grid, reading)
            return [_through(plane, xs, ys, behavior)]

    band = band_like(image.bands[0], image.bands[0].name, PixelType("double"), Interpolated(), 0)
    return image.with_bands([band])


def _through(
    plane: Plane, xs: NDArray[np.float64], ys: NDArray[np.float64], behavior: str
) -> Plane:
    values = plane.data.astype(np.float64)
    found = np.interp(values, xs, ys)
    below, above = values < xs[0], values > xs[-1]
    if behavior == "extrapolate":
        first, last = (ys[1] - ys[0]) / (xs[1] - xs[0]), (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
        found = np.where(below, ys[0] + (values - xs[0]) * first, found)
        found = np.where(above, ys[-1] + (values - xs[-1]) * last, found)
    if behavior == "input":
        found = np.where(below | above, values, found)
    mask = intersect(plane.mask, ~(below | above)) if behavior == "mask" else plane.mask
    return Plane(found, mask)
