"""Images for the eye: stretched, coloured, and conversions between colour spaces."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import assumptions
from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.functions.image_bands import find_bands
from lib.localearth.raster.hashing import combine
from lib.localearth.raster.image import Band, Image, Mask, Plane, intersect
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Whole, band_like
from lib.localearth.registry import implements
from lib.localearth.render import colour, default_range

BYTE = PixelType("int", 0, 255)
UNIT = PixelType("float", 0, 1)
RGB = ("vis-red", "vis-green", "vis-blue")
Floats = NDArray[Any]


@implements("Image.visualize")
def visualize(
    image: Image,
    bands: Any,
    gain: Any,
    bias: Any,
    min: Any,  # noqa: A002
    max: Any,  # noqa: A002
    gamma: Any,
    opacity: float | None,
    palette: Any,
    force_rgb_output: bool,
) -> Image:
    """Stretch one to three bands to bytes, one of them through a palette."""
    shown = _shown(image, bands)
    colours = _palette(palette)
    if colours is not None and len(shown) > 1:
        raise EarthError("Cannot provide a palette when visualizing more than one band.")
    ramps = _ramps(shown, {"gain": gain, "bias": bias, "min": min, "max": max}, colours)
    exponents = _listed("gamma", gamma, len(shown)) or [1.0] * len(shown)
    names = list(RGB) if len(shown) > 1 or colours is not None or force_rgb_output else ["vis-gray"]

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        units = [
            _unit(plane.data, ramp, exponent)
            for plane, ramp, exponent in zip(planes, ramps, exponents, strict=True)
        ]
        mask = _faded(intersect(*(plane.mask for plane in planes)), opacity, planes[0])
        levels = _levels(units, colours, len(names))
        return [Plane(levels[index], mask) for index in indices]

    source = Whole(image.with_bands(shown), compute)
    made = [band_like(shown[0], name, BYTE, source, index) for index, name in enumerate(names)]
    return image.with_bands(made)


def _shown(image: Image, bands: Any) -> list[Band]:
    if not image.bands:
        raise EarthError("The image has no bands.")
    if bands is None or bands == []:
        return list(image.bands[:3])
    listed = bands.split(",") if isinstance(bands, str) else bands
    if not isinstance(listed, list) or not all(isinstance(name, (str, int)) for name in listed):
        raise EarthError("Expected a string or list of strings for field 'bands'.")
    found = [
        band
        for name in listed
        for band in find_bands(image, name.strip() if isinstance(name, str) else name)
    ]
    if len(found) > 3:
        raise EarthError(f"Cannot visualize more than 3 bands. Got {len(found)}.")
    return found


def _listed(name: str, value: Any, count: int) -> list[float] | None:
    """One number for each band, from a number, a list or a text with commas.

    Raises:
        EarthError: The list has another length.
    """
    if value is None or value == []:
        return None
    if isinstance(value, str):
        value = [float(part) for part in value.split(",")]
    numbers = [float(each) for each in value] if isinstance(value, list) else [float(value)]
    if len(numbers) == 1:
        return numbers * count
    if len(numbers) != count:
        raise EarthError(f"The list '{name}' must have one value or as many as bands ({count}).")
    return numbers


def _palette(palette: Any) -> Floats | None:
    if palette is None or palette == []:
        return None
    listed = palette.split(",") if isinstance(palette, str) else palette
    return np.array([colour(str(name)) for name in listed], np.float32)


def _ramps(
    bands: Sequence[Band], given: dict[str, Any], colours: Floats | None
) -> list[tuple[float, float]]:
    """The values shown as 0 and as 255, for each band.

    Raises:
        EarthError: Both ways of stretching are used.
    """
    numbers = {name: _listed(name, value, len(bands)) for name, value in given.items()}
    gain, bias, low, high = (numbers[name] for name in ("gain", "bias", "min", "max"))
    if (gain or bias) and (low or high):
        raise EarthError("Cannot specify both gain or bias and min or max.")
    ramps = []
    for index, band in enumerate(bands):
        first, last = default_range(band.type)
        if colours is not None and band.type.precision == "int":
            first, last = 0.0, float(len(colours) - 1)
        if gain or bias:
            factor = gain[index] if gain else 1.0
            shift = bias[index] if bias else 0.0
            first, last = -shift / factor, (255.0 - shift) / factor
        elif low or high:
            first, last = low[index] if low else 0.0, high[index] if high else 1.0
        ramps.append((first, last))
    return ramps


def _unit(data: Floats, ramp: tuple[float, float], gamma: float) -> Floats:
    low, high = np.float32(ramp[0]), np.float32(ramp[1])
    with np.errstate(invalid="ignore", over="ignore"):
        unit = (data.astype(np.float32) - low) / ((high - low) or np.float32(1))
    unit = np.clip(np.nan_to_num(unit, nan=0.0), 0, 1)
    return np.asarray(unit if gamma == 1 else unit ** np.float32(1 / gamma))


def to_bytes(unit: Floats) -> NDArray[np.uint8]:
    """Numbers in 0..1 as bytes."""
    if choice("visualize_rounding") == "floor_256":
        return np.minimum(unit * np.float32(256), 255).astype(np.uint8)
    return (unit * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def _levels(units: list[Floats], colours: Floats | None, count: int) -> list[NDArray[np.uint8]]:
    if colours is not None:
        stops = np.linspace(0, 1, len(colours)) if len(colours) > 1 else np.zeros(1)
        flat = units[0].ravel()
        return [
            (np.interp(flat, stops, colours[:, band]) + 0.5)
            .astype(np.uint8)
            .reshape(units[0].shape)
            for band in range(3)
        ]
    levels = [to_bytes(unit) for unit in units]
    if len(levels) == 2:
        return [levels[0], np.zeros_like(levels[0]), levels[1]]
    return levels * count if len(levels) == 1 else levels


def _faded(mask: Mask, opacity: float | None, plane: Plane) -> Mask:
    if opacity is None or opacity == 1:
        return mask
    return Plane(plane.data, mask).weights * np.float32(opacity)


@implements("Image.rgbToHsv")
def rgb_to_hsv(image: Image) -> Image:
    """Red, green and blue in 0..1 as hue, saturation and value."""
    return _converted(image, ("hue", "saturation", "value"), _to_hsv)


@implements("Image.hsvToRgb")
def hsv_to_rgb(image: Image) -> Image:
    """Hue, saturation and value in 0..1 as red, green and blue."""
    return _converted(image, ("red", "green", "blue"), _to_rgb)


def _converted(image: Image, names: tuple[str, ...], convert: Any) -> Image:
    if len(image.bands) != 3:
        raise EarthError(f"Expected a 3-band image. Got {len(image.bands)} bands.")

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        found = convert(*(plane.data.astype(np.float32) for plane in planes))
        mask = intersect(*(plane.mask for plane in planes))
        return [Plane(found[index].astype(np.float32), mask) for index in indices]

    source = Whole(image, compute)
    return image.with_bands(
        [band_like(image.bands[0], name, UNIT, source, index) for index, name in enumerate(names)]
    )


def _to_hsv(red: Floats, green: Floats, blue: Floats) -> list[Floats]:
    value = np.maximum(np.maximum(red, green), blue)
    spread = value - np.minimum(np.minimum(red, green), blue)
    safe = np.where(spread == 0, 1, spread)
    hue = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    saturation = np.where(value == 0, 0, spread / np.where(value == 0, 1, value))
    return [np.where(spread == 0, 0, hue / 6), saturation, value]


def _to_rgb(hue: Floats, saturation: Floats, value: Floats) -> list[Floats]:
    def channel(shift: float) -> Floats:
        k = (shift + hue * 6) % 6
        return np.asarray(value - value * saturation * np.clip(np.minimum(k, 4 - k), 0, 1))

    return [channel(5), channel(3), channel(1)]


@implements("Image.randomVisualizer")
def random_visualizer(image: Image) -> Image:
    """A colour for each value of the first band, drawn by its hash."""
    band = image.bands[0]

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        data = planes[0].data
        floats = data.dtype.kind == "f"
        words = combine(
            0, data.astype(np.float64).view(np.int64) if floats else data.astype(np.int64)
        )
        shifts = [np.uint64(8 * index) for index in indices]
        levels = [(words >> shift & np.uint64(255)).astype(np.uint8) for shift in shifts]
        return [Plane(level, planes[0].mask) for level in levels]

    source = Whole(image.with_bands([band]), compute)
    names = assumptions.RANDOM_VISUALIZER_BANDS
    made = [band_like(band, name, BYTE, source, index) for index, name in enumerate(names)]
    return image.with_bands([*made, *image.bands])
