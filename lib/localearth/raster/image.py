"""Lazy images: bands that know their metadata and are read when a grid asks for them.

Nothing has pixels until a request names a grid; the grid is handed down to the leaves. A `Source`
gives planes for a grid. `Reading` is one request's reading: it remembers planes within a budget
of bytes, so that bands with a common source are computed once.
"""

import math
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.geometry import Geometry
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.projection import PixelType, Projection

Mask = NDArray[Any] | None
MEMO_BYTES = 400 * 2**20


@dataclass(frozen=True)
class Plane:
    """One band on one grid.

    Attributes:
        data: `(height, width)`, or `(height, width, *array shape)` for array-valued pixels.
        mask: `(height, width)` of bool, or float32 in 0..1 where it is fractional; None where
            every pixel is valid. Values under a zero mask mean nothing.
    """

    data: NDArray[Any]
    mask: Mask = None

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Where the mask is above zero, `(height, width)`."""
        if self.mask is None:
            return np.ones(self.data.shape[:2], bool)
        return self.mask if self.mask.dtype == bool else self.mask > 0

    @property
    def weights(self) -> NDArray[np.float32]:
        """The mask as numbers in 0..1, `(height, width)`."""
        if self.mask is None:
            return np.ones(self.data.shape[:2], np.float32)
        return self.mask.astype(np.float32)


def intersect(*masks: Mask) -> Mask:
    """The mask where all are valid: the least of the fractions."""
    result: Mask = None
    for mask in masks:
        if mask is None:
            continue
        if result is None:
            result = mask
        elif result.dtype == bool and mask.dtype == bool:
            result = result & mask
        else:
            result = np.minimum(result.astype(np.float32), mask.astype(np.float32))
    return result


class Source(ABC):
    """Gives the planes of one or more bands on a grid."""

    @abstractmethod
    def read(self, grid: Grid, indices: tuple[int, ...], reading: "Reading") -> list[Plane]:
        """Compute the planes of the bands with these indices, in their order.

        Args:
            grid: Pixels that are wanted.
            indices: Which of the source's bands; ascending, without repetition.
            reading: The request; parents are read through it.
        """


class Computed(Source):
    """A source whose planes a function computes from the planes of whole images."""

    def __init__(self, images: Sequence["Image"], compute: Callable[..., list[Plane]]) -> None:
        """Keep the function; it gets one list of planes per image and returns all planes."""
        self._images = tuple(images)
        self._compute = compute

    def read(self, grid: Grid, indices: tuple[int, ...], reading: "Reading") -> list[Plane]:
        """Compute all planes and return those asked for."""
        planes = self._compute(*(image.planes(grid, reading) for image in self._images))
        return [planes[index] for index in indices]


class CrowdedError(Exception):
    """Planes are computed again and again, because memory does not hold them until they serve."""


class Reading:
    """One request's reading of sources, with a memory of planes that is bounded in bytes.

    Args:
        memo_bytes: The bound.
        heavy: Whether the request may hold far more than a few numbers for each pixel.
        patience_bytes: Planes that may be computed a second time; more raise `CrowdedError`.

    Attributes:
        heavy: The same.
        needs: What was measured of images' need of memory, for `memory.block_side`.
    """

    def __init__(
        self,
        memo_bytes: int = MEMO_BYTES,
        *,
        heavy: bool = False,
        patience_bytes: float = math.inf,
    ) -> None:
        """Start with an empty memory."""
        self.heavy = heavy
        self.needs: dict[Any, Any] = {}
        self._memo: OrderedDict[tuple[int, Grid, int], tuple[Source, Plane]] = OrderedDict()
        self._bytes = 0
        self._limit = memo_bytes
        self._patience = patience_bytes
        self._forgotten: set[tuple[int, Grid, int]] = set()

    def planes(self, source: Source, grid: Grid, indices: Sequence[int]) -> list[Plane]:
        """Planes of a source, from memory where they are known."""
        known = {index: self._recall(source, grid, index) for index in set(indices)}
        missing = tuple(sorted(index for index, plane in known.items() if plane is None))
        if missing:
            for index, found in zip(missing, source.read(grid, missing, self), strict=True):
                known[index] = found
                self._remember(source, grid, index, found)
        return [plane for index in indices if (plane := known[index]) is not None]

    def _recall(self, source: Source, grid: Grid, index: int) -> Plane | None:
        key = (id(source), grid, index)
        if key not in self._memo:
            return None
        self._memo.move_to_end(key)
        return self._memo[key][1]

    def _remember(self, source: Source, grid: Grid, index: int, plane: Plane) -> None:
        key = (id(source), grid, index)
        if key in self._forgotten:
            self._patience -= _size(plane)
            if self._patience < 0:
                raise CrowdedError
        self._memo[key] = (source, plane)
        self._bytes += _size(plane)
        while self._bytes > self._limit and len(self._memo) > 1:
            oldest, (_, dropped) = self._memo.popitem(last=False)
            self._forgotten.add(oldest)
            self._bytes -= _size(dropped)


def _size(plane: Plane) -> int:
    return held(plane.data) + (0 if plane.mask is None else held(plane.mask))


def held(array: NDArray[Any]) -> int:
    """Bytes that an array holds in memory: axes that repeat one element cost nothing."""
    size = array.itemsize
    for length, stride in zip(array.shape, array.strides, strict=True):
        size *= length if stride else 1
    return size


@dataclass(frozen=True)
class Band:
    """A band of an image.

    Attributes:
        name: Its name.
        type: What values it holds.
        projection: Its default projection.
        source, index: Where its planes come from.
        dimensions: Width and height of its pixels, or None where it is unbounded.
        origin: Column and row of the first pixel within the projection, after a clip.
    """

    name: str
    type: PixelType
    projection: Projection
    source: Source
    index: int
    dimensions: tuple[int, int] | None = None
    origin: tuple[int, int] | None = None


@dataclass(frozen=True)
class Image:
    """A lazy image: bands, properties and the footprint within which it may be valid.

    Attributes:
        bands: In order; names are unique.
        properties: Metadata; "system:index" and "system:time_start" among them where known.
        footprint: None where the image is unbounded.
        asset_id: Full asset id, empty for computed images.
    """

    bands: tuple[Band, ...]
    properties: Mapping[str, Any] = field(default_factory=dict)
    footprint: Geometry | None = None
    asset_id: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Band names in order."""
        return tuple(band.name for band in self.bands)

    def planes(self, grid: Grid, reading: Reading) -> list[Plane]:
        """All bands on a grid; bands with a common source are read together."""
        by_source: dict[int, list[int]] = {}
        for position, band in enumerate(self.bands):
            by_source.setdefault(id(band.source), []).append(position)
        result: list[Plane | None] = [None] * len(self.bands)
        for positions in by_source.values():
            source = self.bands[positions[0]].source
            indices = [self.bands[position].index for position in positions]
            planes = reading.planes(source, grid, indices)
            for position, plane in zip(positions, planes, strict=True):
                result[position] = plane
        return [plane for plane in result if plane is not None]

    def with_bands(self, bands: Sequence[Band]) -> "Image":
        """The same image with other bands."""
        return replace(self, bands=tuple(bands))

    def with_properties(self, properties: Mapping[str, Any]) -> "Image":
        """The same image with these properties instead."""
        return replace(self, properties=dict(properties))


@dataclass(frozen=True)
class BandSpec:
    """Metadata of a band that a source is about to provide."""

    name: str
    type: PixelType
    projection: Projection = Projection()
    dimensions: tuple[int, int] | None = None


def image_from(
    source: Source,
    specs: Sequence[BandSpec],
    *,
    properties: Mapping[str, Any] | None = None,
    footprint: Geometry | None = None,
    asset_id: str = "",
) -> Image:
    """Make an image whose band i is the source's band i."""
    bands = tuple(
        Band(spec.name, spec.type, spec.projection, source, index, spec.dimensions)
        for index, spec in enumerate(specs)
    )
    return Image(bands, dict(properties or {}), footprint, asset_id)
