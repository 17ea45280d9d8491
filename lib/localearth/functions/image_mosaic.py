"""Collections laid on each other: the last image on top, or the best by a band."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib.localearth.assumptions import choice
from lib.localearth.functions.image_bands import find_bands
from lib.localearth.functions.image_collection import band_unions, check_homogeneous, images_of
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import BandSpec, Image, Plane, Reading, Source, image_from
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Pixels
from lib.localearth.registry import implements
from lib.localearth.values import Collection


class Mosaic(Source):
    """Band by band the last image whose mask is above zero."""

    def __init__(self, images: Sequence[Image], kinds: Sequence[PixelType]) -> None:
        """Keep the images and the bands' common types."""
        self._images = tuple(images)
        self._kinds = tuple(kinds)

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Start from the last image and stop when nothing is left to fill."""
        top: dict[int, Plane] = {}
        waiting = list(indices)
        for image in reversed(self._images):
            wanted = Image(tuple(image.bands[index] for index in waiting))
            for index, plane in zip(waiting, wanted.planes(grid, reading), strict=True):
                top[index] = self._under(top.get(index), plane, index)
            waiting = [index for index in waiting if not _complete(top[index])]
            if not waiting:
                break
        return [top[index] for index in indices]

    def _under(self, above: Plane | None, below: Plane, index: int) -> Plane:
        dtype = self._kinds[index].dtype
        if above is None:
            return Plane(below.data.astype(dtype, copy=False), below.mask)
        covered = above.valid
        shape = covered.shape + (1,) * (above.data.ndim - 2)
        data = np.where(covered.reshape(shape), above.data, below.data.astype(dtype, copy=False))
        if (
            above.mask is not None
            and above.mask.dtype == bool
            and (below.mask is None or below.mask.dtype == bool)
        ):
            return Plane(data, covered | below.valid)
        return Plane(data, np.where(covered, above.weights, below.weights))


def _complete(plane: Plane) -> bool:
    return plane.mask is None or bool(plane.valid.all())


@implements("ImageCollection.mosaic")
def mosaic(collection: Collection) -> Image:
    """Lay the images on each other, the last on top."""
    images = images_of(collection)
    if not images:
        return Image(())
    check_homogeneous(images)
    kinds = band_unions(images)
    source = Mosaic(images, kinds)
    specs = [BandSpec(n, k) for n, k in zip(images[0].names, kinds, strict=True)]
    return image_from(source, specs)


class Best(Source):
    """All bands of the image whose quality band is greatest at a pixel."""

    def __init__(self, images: Sequence[Image], quality: int, kinds: Sequence[PixelType]) -> None:
        """Keep the images and the position of the quality band."""
        self._images = tuple(images)
        self._quality = quality
        self._kinds = tuple(kinds)

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Go through the images and keep what is best so far."""
        size = (grid.height, grid.width)
        best = np.full(size, -np.inf)
        data: dict[int, Pixels] = {}
        weights = {index: np.zeros(size, np.float32) for index in indices}
        for image in self._images:
            bands = [image.bands[index] for index in (self._quality, *indices)]
            quality, *planes = Image(tuple(bands)).planes(grid, reading)
            score = np.where(quality.valid, quality.data.astype(np.float64), -np.inf)
            later = choice("quality_tie") == "later"
            better = quality.valid & ((score >= best) if later else (score > best))
            best = np.where(better, score, best)
            for index, plane in zip(indices, planes, strict=True):
                kept = data.get(index, np.zeros(plane.data.shape, self._kinds[index].dtype))
                chosen = better.reshape(better.shape + (1,) * (plane.data.ndim - 2))
                data[index] = np.where(chosen, plane.data, kept).astype(kept.dtype, copy=False)
                weights[index] = np.where(better, plane.weights, weights[index])
        return [_masked(data[index], weights[index]) for index in indices]


def _masked(data: Pixels, weights: NDArray[np.float32]) -> Plane:
    if (weights == 1).all():
        return Plane(data)
    whole = (weights == 0) | (weights == 1)
    return Plane(data, weights > 0 if whole.all() else weights)


@implements("ImageCollection.qualityMosaic")
def quality_mosaic(collection: Collection, quality_band: str) -> Image:
    """Take each pixel from the image whose quality band is greatest there."""
    images = images_of(collection)
    if not images:
        return Image(())
    check_homogeneous(images)
    quality = images[0].bands.index(find_bands(images[0], quality_band)[0])
    kinds = band_unions(images)
    specs = [BandSpec(n, k) for n, k in zip(images[0].names, kinds, strict=True)]
    return image_from(Best(images, quality, kinds), specs)
