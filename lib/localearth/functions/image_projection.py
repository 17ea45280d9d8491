"""Where images are evaluated: projections, resampling, and shifts."""

# ruff: noqa: A002 - parameters are those of the signature list

from collections.abc import Sequence
from dataclasses import replace

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading, Source
from lib.localearth.raster.outline import inverse
from lib.localearth.raster.projection import PixelType, Projection, Transform, metres_per_unit
from lib.localearth.raster.resampling import (
    at_level,
    interpolate,
    level_for,
    nearest,
    offset_within,
)
from lib.localearth.raster.sources import from_source
from lib.localearth.registry import implements


def named_projection(
    projection: Projection, transform: Sequence[float] | None, scale: float | None
) -> Projection:
    """A projection from a CRS and either a transform or a scale.

    Raises:
        EarthError: Both are given, or the transform has not six numbers.
    """
    if transform is not None and scale is not None:
        raise EarthError("Cannot specify both crsTransform and scale.")
    if transform is not None:
        return Projection(projection.crs, six_numbers(transform))
    return projection if scale is None else projection.at_scale(scale)


def six_numbers(transform: Sequence[float]) -> Transform:
    """A transform from a list.

    Raises:
        EarthError: It has not six numbers.
    """
    if len(transform) != 6:
        raise EarthError(f"A crsTransform must have 6 numbers. Got {len(transform)}.")
    a, b, c, d, e, f = (float(number) for number in transform)
    return a, b, c, d, e, f


class Reprojected(Source):
    """An image evaluated on its own grid, of which nearest pixels are taken."""

    def __init__(self, image: Image, projection: Projection) -> None:
        """Keep both."""
        self._image = image
        self._projection = projection

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Take the nearest pixels."""
        wanted = Image(tuple(self._image.bands[index] for index in indices))
        return nearest(
            grid,
            self._projection,
            lambda window: wanted.planes(window, reading),
            what="Image.reproject",
        )


@implements("Image.reproject")
def reproject(
    image: Image, crs: Projection, crs_transform: Sequence[float] | None, scale: float | None
) -> Image:
    """Fix the grid on which everything before is evaluated."""
    return fixed_to(image, named_projection(crs, crs_transform, scale))


def fixed_to(image: Image, projection: Projection) -> Image:
    """The image evaluated in a projection, whatever grid is asked for."""
    result = from_source(image, Reprojected(image, projection))
    return _at(result, projection)


def _at(image: Image, projection: Projection) -> Image:
    bands = [
        band
        if band.projection == projection
        else replace(band, projection=projection, dimensions=None, origin=None)
        for band in image.bands
    ]
    return image.with_bands(bands)


@implements("Image.setDefaultProjection")
def set_default_projection(
    image: Image, crs: Projection, crs_transform: Sequence[float] | None, scale: float | None
) -> Image:
    """Say where the image's pixels are, without resampling."""
    return _at(image, named_projection(crs, crs_transform, scale))


class Resampled(Source):
    """An image interpolated between the pixels of its default projection."""

    def __init__(self, image: Image, *, cubic: bool) -> None:
        """Keep the image."""
        self._image = image
        self._cubic = cubic

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Interpolate each group of bands that share a projection."""
        return [self._band(index, grid, reading) for index in indices]

    def _band(self, index: int, grid: Grid, reading: Reading) -> Plane:
        band = self._image.bands[index]
        alone = Image((band,))
        native = at_level(band.projection, level_for(grid, band.projection))
        if offset_within(grid, native) is not None:
            plane = alone.planes(grid, reading)[0]
        else:
            (plane,) = interpolate(
                grid, native, lambda window: alone.planes(window, reading), cubic=self._cubic
            )
        return Plane(plane.data.astype(_interpolated_type(band.type).dtype, copy=False), plane.mask)


def _interpolated_type(kind: PixelType) -> PixelType:
    if kind.precision != "int":
        return kind
    return PixelType("float" if kind.dtype.itemsize <= 2 else "double", kind.minimum, kind.maximum)


@implements("Image.resample")
def resample(image: Image, mode: str) -> Image:
    """Interpolate instead of taking nearest pixels where grids differ."""
    if mode == "nearest":
        return image
    if mode not in ("bilinear", "bicubic"):
        raise EarthError(f"Unknown resampling mode '{mode}'. Use 'bilinear' or 'bicubic'.")
    source = Resampled(image, cubic=mode == "bicubic")
    bands = []
    for index, band in enumerate(image.bands):
        if band.projection == Projection() or band.type.dimensions:
            bands.append(band)
        else:
            kind = _interpolated_type(band.type)
            bands.append(replace(band, type=kind, source=source, index=index))
    return image.with_bands(bands)


class Moved(Source):
    """An image read from another place: the grid is handed on with another CRS or origin."""

    def __init__(self, image: Image, source: Projection, target: Projection) -> None:
        """Pixel p of `source` is put at pixel p of `target`."""
        self._image = image
        self._source = source
        self._target = target

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Read the grid that corresponds in the source's CRS."""
        wanted = Image(tuple(self._image.bands[index] for index in indices))
        if grid.crs == self._target.crs:
            return wanted.planes(self._carried(grid), reading)
        size = grid.projection.nominal_scale
        between = self._target.at_scale(size)
        return nearest(
            grid,
            between,
            lambda window: wanted.planes(self._carried(window), reading),
            what="Image.changeProj",
        )

    def _carried(self, grid: Grid) -> Grid:
        moved = _after(
            self._source.transform, _after(inverse(self._target.transform), grid.transform)
        )
        return replace(grid, crs=self._source.crs, transform=moved)


def _after(outer: Transform, inner: Transform) -> Transform:
    """The transform that applies `inner` first."""
    a, b, c, d, e, f = outer
    k, m, n, p, q, r = inner
    return (
        a * k + b * p, a * m + b * q, a * n + b * r + c,
        d * k + e * p, d * m + e * q, d * n + e * r + f,
    )  # fmt: skip


@implements("Image.changeProj")
def change_proj(input: Image, src_proj: Projection, dst_proj: Projection) -> Image:
    """Put pixels at the same coordinates of another projection, without resampling."""
    result = from_source(input, Moved(input, src_proj, dst_proj))
    return replace(_at(result, dst_proj), footprint=None)


@implements("Image.translate")
def translate(input: Image, x: float, y: float, units: str, proj: Projection | None) -> Image:
    """Shift an image by metres or pixels of a projection."""
    if not input.bands:
        return input
    base = proj or input.bands[0].projection
    a, b, c, d, e, f = base.transform
    if units == "meters":
        unit = metres_per_unit(base.crs)
        shifted = (a, b, c + x / unit, d, e, f + y / unit)
    else:
        shifted = (a, b, c + a * x + b * y, d, e, f + d * x + e * y)
    result = from_source(input, Moved(input, base, Projection(base.crs, shifted)))
    return replace(result, footprint=None)
