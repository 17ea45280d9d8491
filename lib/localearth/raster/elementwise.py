"""Pixel-by-pixel functions of images: bands matched in order, masks intersected."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Band, Image, Plane, intersect
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.sources import (
    Banded,
    Pixels,
    aligned,
    band_like,
    cast,
    compute_pixels,
    from_source,
)

TypeRule = Callable[[PixelType, PixelType], PixelType]
PixelFunction = Callable[..., Pixels]


def unary(
    image: Image, function: PixelFunction, kinds: Sequence[PixelType], *, metadata: bool = False
) -> Image:
    """Apply a function to each band.

    Args:
        image: Its masks stay.
        function: Takes an array and returns one of the same size.
        kinds: Types of the resulting bands, into which results are cast.
        metadata: Whether properties are kept.
    """

    def compute(index: int, planes: list[Plane]) -> Plane:
        (plane,) = planes
        with np.errstate(all="ignore"):
            data = cast(compute_pixels(function, [plane]), kinds[index])
        return Plane(data, domain_mask(data, plane.mask))

    result = from_source(image, Banded([image], compute), types=kinds)
    return result if metadata else result.with_properties(arithmetic_properties(image))


def binary(
    image1: Image,
    image2: Image,
    function: Callable[[Pixels, Pixels], Pixels],
    kind: TypeRule,
    *,
    working: TypeRule | None = None,
) -> Image:
    """Apply a function to bands pairwise, or to an only band and each of the other's.

    Args:
        image1: Gives the names, unless the other has more bands.
        image2: As many bands, or one, or many where the other has one.
        function: Takes two arrays.
        kind: Gives the type of a result.
        working: Gives the type to which operands are brought first; they stay as they are if None.

    Raises:
        EarthError: The numbers of bands do not match.
    """
    pairs = matched(image1, image2)
    kinds = [kind(left.type, right.type) for left, right in pairs]
    wide = [working(left.type, right.type).dtype for left, right in pairs] if working else None

    def compute(index: int, planes: list[Plane]) -> Plane:
        def apply(left: Pixels, right: Pixels) -> Pixels:
            if wide is not None:
                left = left.astype(wide[index], copy=False)
                right = right.astype(wide[index], copy=False)
            return cast(function(*_paired(left, right)), kinds[index])

        with np.errstate(all="ignore"):
            data = compute_pixels(apply, planes)
        return Plane(data, domain_mask(data, intersect(*(plane.mask for plane in planes))))

    source = Banded([image1, image2], compute)
    longer = image1 if len(image1.bands) >= len(image2.bands) else image2
    bands = [
        band_like(place(left, right), band.name, kinds[index], source, index)
        for index, ((left, right), band) in enumerate(zip(pairs, longer.bands, strict=True))
    ]
    return Image(tuple(bands), arithmetic_properties(image1), footprint_of(image1, image2))


def _paired(left: Pixels, right: Pixels) -> tuple[Pixels, Pixels]:
    if left.ndim == right.ndim == 2:
        return left, right
    first, second = aligned([left, right])
    return first, second


def matched(image1: Image, image2: Image) -> list[tuple[Band, Band]]:
    """Pair the bands of two images in order, an only band with each of the other's.

    Raises:
        EarthError: The numbers of bands do not match.
    """
    first, second = len(image1.bands), len(image2.bands)
    if first == second:
        return list(zip(image1.bands, image2.bands, strict=True))
    if 0 in (first, second):
        raise EarthError(
            "If one image has no bands, the other must also have no bands. "
            f"Got {first} and {second}."
        )
    if first != 1 and second != 1:
        raise EarthError(f"Images must contain the same number of bands. Got {first} and {second}.")
    count = max(first, second)
    return [
        (image1.bands[0 if first == 1 else i], image2.bands[0 if second == 1 else i])
        for i in range(count)
    ]


def place(*bands: Band) -> Band:
    """The band whose projection a result takes."""
    if choice("binary_projection") == "first":
        return bands[0]
    return next((band for band in bands if band.projection != Projection()), bands[0])


def arithmetic_properties(image: Image) -> Mapping[str, Any]:
    """What arithmetic keeps of an image's properties."""
    kept = choice("binary_properties")
    if kept == "all":
        return image.properties
    if kept == "index" and "system:index" in image.properties:
        return {"system:index": image.properties["system:index"]}
    return {}


def footprint_of(*images: Image) -> Geometry | None:
    """Where all images may be valid: the overlap of their footprints."""
    result: Geometry | None = None
    for image in images:
        shape = image.footprint
        if shape is None or shape.unbounded or shape is result:
            continue
        result = shape if result is None else _overlap(result, shape)
    return result


def _overlap(first: Geometry, second: Geometry) -> Geometry:
    if first.crs != second.crs or first.shape.equals(second.shape):
        return first
    return Geometry(
        first.shape.intersection(second.shape),
        first.crs,
        first.geodesic and second.geodesic,
        first.even_odd,
    )


def domain_mask(data: Pixels, mask: Any) -> Any:
    """Mask NaN results where the table of assumptions says so."""
    if choice("domain_errors") == "nan" or data.dtype.kind != "f" or data.ndim > 2:
        return mask
    finite = np.isfinite(data)
    return mask if finite.all() else intersect(mask, finite)
