"""Pixels of an own raster: a pyramid of GeoTIFFs, of which a request reads the fitting level."""

import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from shapely.geometry import shape

from lib.localearth.geometry import Geometry
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import (
    BandSpec,
    Image,
    Plane,
    Reading,
    Source,
    image_from,
)
from lib.localearth.raster.projection import PixelType, Projection, Transform
from lib.localearth.raster.sampling import Picks, pick, pixel_step

OPEN_FILES = 24  # handles that one thread keeps open
_CACHE_MB = 64
_local = threading.local()


class RasterSource(Source):
    """Reads an own raster from its folder.

    Level k of the pyramid is `k.tif` with pixels of 2**k native ones; `k.mask.tif`, where it is
    there, holds the masks as bytes, one band for each or one for all.
    """

    def __init__(
        self,
        folder: Path,
        projection: Projection,
        size: tuple[int, int],
        *,
        levels: int,
        masks: int,
    ) -> None:
        """Keep where and how; nothing is opened yet.

        Args:
            folder: Of the asset.
            projection: Of level 0.
            size: Width and height of level 0.
            levels: How many there are.
            masks: How many masks: 0, 1 for all bands, or one for each.
        """
        self._folder = folder
        self._projection = projection
        self._size = size
        self._levels = levels
        self._masks = masks

    def read(
        self,
        grid: Grid,
        indices: tuple[int, ...],
        reading: Reading,  # noqa: ARG002 files are read alone
    ) -> list[Plane]:
        """Pick the pixel that contains the centre of each of the grid's pixels."""
        level = self._level(grid)
        dataset = _opened(self._folder / f"{level}.tif")
        width, height = self._size
        picks = pick(grid, self._at(level), width / 2**level, height / 2**level)
        if picks is None:
            return _nothing(grid, [dataset.dtypes[index] for index in indices])
        numbers = [index + 1 for index in indices]
        bands = picks.take(dataset.read(numbers, window=picks.window))
        masks = self._mask_planes(level, indices, picks)
        return [Plane(bands[i], masks[i]) for i in range(len(indices))]

    def _level(self, grid: Grid) -> int:
        """The coarsest level whose pixels are not larger than those of the grid."""
        step = pixel_step(grid, self._projection)
        level = math.floor(math.log2(max(step, 1.0)) + 1e-6)
        return min(level, self._levels - 1)

    def _at(self, level: int) -> Projection:
        a, b, c, d, e, f = self._projection.transform
        size = 2.0**level
        return Projection(self._projection.crs, (a * size, b * size, c, d * size, e * size, f))

    def _mask_planes(
        self, level: int, indices: tuple[int, ...], picks: Picks
    ) -> list[NDArray[Any] | None]:
        inside = picks.inside
        if not self._masks:
            return [inside] * len(indices)
        dataset = _opened(self._folder / f"{level}.mask.tif")
        numbers = [1] if self._masks == 1 else [index + 1 for index in indices]
        masks = picks.take(dataset.read(numbers, window=picks.window))
        planes = [_mask(mask, inside) for mask in masks]
        return planes * len(indices) if self._masks == 1 else planes


def _mask(levels: NDArray[np.uint8], inside: NDArray[np.bool_] | None) -> NDArray[Any] | None:
    if inside is not None:
        levels = np.where(inside, levels, np.uint8(0))
    if levels.min() == 255:
        return None
    partial = (levels > 0) & (levels < 255)
    return levels.astype(np.float32) / np.float32(255) if partial.any() else levels > 0


def _nothing(grid: Grid, dtypes: list[str]) -> list[Plane]:
    size = (grid.height, grid.width)
    mask = np.broadcast_to(np.zeros((), bool), size)
    return [Plane(np.broadcast_to(np.zeros((), dtype), size), mask) for dtype in dtypes]


def _opened(path: Path) -> Any:
    """A handle of this thread on a file; GDAL's handles may not be shared."""
    files: dict[Path, Any] = _local.__dict__.setdefault("files", {})
    stamp = path.stat().st_mtime_ns
    known = files.pop(path, None)
    if known is None or known[0] != stamp:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            known = stamp, rasterio.open(path)
    files[path] = known
    if len(files) > OPEN_FILES:
        files.pop(next(iter(files)))[1].close()
    return known[1]


def open_raster(folder: Path, asset_id: str, described: Mapping[str, Any]) -> Image:
    """The image of an own raster, from what `asset.json` says of it."""
    crs = str(described["crs"])
    a, b, c, d, e, f = described["transform"]
    transform: Transform = (a, b, c, d, e, f)
    projection = Projection(crs, transform)
    size = (int(described["width"]), int(described["height"]))
    specs = [
        BandSpec(band["id"], _pixel_type(band), projection, size) for band in described["bands"]
    ]
    source = RasterSource(
        folder, projection, size, levels=described["levels"], masks=described["masks"]
    )
    footprint = Geometry(shape(described["geometry"]), geodesic=False)
    properties = dict(described["properties"])
    return image_from(source, specs, properties=properties, footprint=footprint, asset_id=asset_id)


def _pixel_type(band: Mapping[str, Any]) -> PixelType:
    kind = band["dataType"]
    return PixelType(kind["precision"], kind.get("min"), kind.get("max"))
