"""Bands of images: made, picked, renamed, brought together, and told about."""

# ruff: noqa: A002 - parameters are those of the signature list

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.raster.image import Band, BandSpec, Image, image_from
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.sources import Constant, Pixels, unique_names
from lib.localearth.registry import implements
from lib.localearth.values import Array, Date


@implements("Image.constant")
def constant(value: Any) -> Image:
    """Make an image with the same value everywhere; a list gives a band for each element."""
    listed = value if isinstance(value, list) else [value]
    names = ["constant"] if len(listed) == 1 else [f"constant_{i}" for i in range(len(listed))]
    found = [_constant_band(item) for item in listed]
    specs = [BandSpec(name, kind) for name, (kind, _) in zip(names, found, strict=True)]
    return image_from(Constant([data for _, data in found]), specs)


def _constant_band(value: Any) -> tuple[PixelType, Pixels]:
    if isinstance(value, Array):
        kind = replace(value.type, dimensions=value.data.ndim)
        return kind, np.asarray(value.data, kind.dtype)
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, int):
        kind = PixelType("int", value, value)
    elif isinstance(value, float):
        finite = value if np.isfinite(value) else None
        kind = PixelType("double", finite, finite)
    else:
        raise EarthError("Parameter 'value' must be a number, an Array, or a list of these.")
    return kind, np.asarray(value, kind.dtype)


@implements("Image.select")
def select(input: Image, band_selectors: Sequence[Any], new_names: Sequence[str] | None) -> Image:
    """Pick bands by name, by regular expression or by position, and perhaps rename them."""
    bands = [band for selector in band_selectors for band in find_bands(input, selector)]
    names = unique_names([band.name for band in bands])
    if new_names is not None:
        names = _checked_names(new_names, len(bands))
    return input.with_bands(
        [replace(band, name=name) for band, name in zip(bands, names, strict=True)]
    )


def find_bands(image: Image, selector: Any) -> list[Band]:
    """Bands that a name, regular expression or position means.

    Raises:
        EarthError: None does; the message has Earth Engine's wording.
    """
    if isinstance(selector, (int, float)):
        return [_band_at(image, int(selector))]
    if not isinstance(selector, str):
        raise EarthError("Band selectors must be strings or numbers.")
    exact = [band for band in image.bands if band.name == selector]
    found = exact or [band for band in image.bands if _matches(selector, band.name)]
    if found:
        return found
    if not image.bands:
        raise EarthError(
            f"Band pattern '{selector}' was applied to an Image with no bands. "
            "See https://developers.google.com/earth-engine/guides/debugging#no_bands."
        )
    names = ", ".join(image.names)
    raise EarthError(
        f"Band pattern '{selector}' did not match any bands. Available bands: [{names}]"
    )


def one_band(image: Image, name: str) -> Band:
    """The one band of that name.

    Raises:
        EarthError: There is none.
    """
    return find_bands(image, name)[0]


def _band_at(image: Image, position: int) -> Band:
    if not 0 <= position < len(image.bands):
        raise EarthError(
            f"Tried to select band {position}, but the image only has {len(image.bands)} bands."
        )
    return image.bands[position]


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        raise EarthError(f"Invalid band pattern '{pattern}'.") from None


def _checked_names(names: Sequence[str], count: int) -> list[str]:
    if len(names) != count:
        raise EarthError(
            f"The number of names ({len(names)}) must match the number of bands ({count})."
        )
    repeated = [name for index, name in enumerate(names) if name in names[:index]]
    if repeated:
        raise EarthError(f"Duplicate band name: '{repeated[0]}'.")
    return list(names)


@implements("Image.rename")
def rename(input: Image, names: Sequence[str]) -> Image:
    """Give all bands new names."""
    return renamed(input, _checked_names(names, len(input.bands)))


def renamed(image: Image, names: Sequence[str]) -> Image:
    """The image with these band names."""
    bands = [replace(band, name=name) for band, name in zip(image.bands, names, strict=True)]
    return image.with_bands(bands)


@implements("Image.regexpRename")
def regexp_rename(input: Image, regex: str, replacement: str, all: bool) -> Image:
    """Replace matches within band names; "$1" in the replacement is the first group."""
    python_form = re.sub(r"\$(\d+)", r"\\g<\1>", replacement)
    count = 0 if all else 1
    names = [re.sub(regex, python_form, name, count=count) for name in input.names]
    return renamed(input, _checked_names(names, len(names)))


@implements("Image.slice")
def slice_bands(image: Image, start: int, end: int | None) -> Image:
    """Pick neighbouring bands by position; negative positions count from the end."""
    return image.with_bands(image.bands[start:end])


@implements("Image.addBands")
def add_bands(
    dst_img: Image, src_img: Image, names: Sequence[str] | None, overwrite: bool
) -> Image:
    """Append bands; a name that is taken gets a suffix, or its band is replaced."""
    added = src_img.bands
    if names is not None:
        added = tuple(band for name in names for band in find_bands(src_img, name))
    return joined(dst_img, added, overwrite=overwrite)


def joined(image: Image, added: Sequence[Band], *, overwrite: bool = False) -> Image:
    """The image with bands appended, under names that differ from all others."""
    bands = {band.name: band for band in image.bands}
    for band in added:
        name = band.name
        count = 0
        while name in bands and not overwrite:
            count += 1
            name = f"{band.name}_{count}"
        bands[name] = replace(band, name=name)
    return image.with_bands(list(bands.values()))


@implements("Image.cat")
def cat(context: Any, images: Sequence[Any]) -> Image:
    """Bring all bands of all images into one image with the first one's metadata."""
    parts = [_as_image(context, image) for image in images]
    if not parts:
        return Image(())
    return joined(parts[0], [band for part in parts[1:] for band in part.bands])


def _as_image(context: Any, value: Any) -> Image:
    if isinstance(value, Image):
        return value
    image: Image = context.call("Image.constant", value)
    return image


@implements("Image.bandNames")
def band_names(image: Image) -> list[str]:
    """Names of the bands, in order."""
    return list(image.names)


@implements("Image.bandTypes")
def band_types(image: Image) -> dict[str, PixelType]:
    """Pixel types by band name."""
    return {band.name: band.type for band in image.bands}


@implements("Image.projection")
def projection(image: Image) -> Projection:
    """The default projection, which all bands must share."""
    found = {band.projection for band in image.bands}
    if not found:
        raise EarthError("The image has no bands and therefore no projection.")
    if len(found) > 1:
        raise EarthError(
            "The bands of the specified image contain different projections. "
            "Use Image.select to pick a single band."
        )
    return found.pop()


@implements("Image.date")
def date(image: Image) -> Date:
    """The image's acquisition time."""
    start = image.properties.get("system:time_start")
    if isinstance(start, Date):
        return start
    if start is None:
        raise EarthError("Parameter 'value' is required and may not be null.")
    return Date(float(start))


@implements("Image.metadata")
def metadata(image: Image, property: str, name: str | None) -> Image:
    """A constant image of a numeric property."""
    value = image.properties.get(property)
    if isinstance(value, Date):
        value = value.millis
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise EarthError(f"Metadata property '{property}' is missing or not a number.")
    kind = PixelType("double")
    source = Constant([np.asarray(value, np.float64)])
    return image_from(source, [BandSpec(name or property, kind)])


def picked(image: Image, bands: Sequence[Band]) -> Image:
    """An image of some bands, with everything else as it is."""
    return image.with_bands(bands)
