"""Pixels become files: NPY, GeoTIFF, PNG and JPEG; and values become colours."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageColor

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Plane
from lib.localearth.raster.projection import PixelType

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Visualisation:
    """How values become colours.

    Attributes:
        ranges: (least, greatest) for all bands or for each; empty for the types' defaults.
        palette: `(n, 3)` colours of a single band, or None.
        gamma: Exponent of the correction is 1 / gamma.
        opacity: 0..1.
    """

    ranges: tuple[tuple[float, float], ...] = ()
    palette: Bytes | None = None
    gamma: float = 1.0
    opacity: float = 1.0

    @classmethod
    def from_request(cls, options: Mapping[str, Any] | None) -> "Visualisation":
        """Read the REST API's VisualizationOptions.

        Raises:
            EarthError: A colour is unknown.
        """
        options = options or {}
        ranges = tuple((_number(r, "min"), _number(r, "max")) for r in options.get("ranges", ()))
        colours = options.get("paletteColors")
        palette = np.array([colour(name) for name in colours], np.uint8) if colours else None
        return cls(ranges, palette, _value(options.get("gamma")), _value(options.get("opacity")))


def _number(mapping: Mapping[str, Any], key: str) -> float:
    return float(mapping.get(key, 0.0))


def _value(wrapped: Any) -> float:
    if isinstance(wrapped, Mapping):
        wrapped = wrapped.get("value")
    return 1.0 if wrapped is None else float(wrapped)


def colour(name: str) -> tuple[int, int, int]:
    """Red, green and blue of a CSS name or of hexadecimal digits with or without "#"."""
    text = str(name).strip()
    if text and all(digit in "0123456789abcdefABCDEF" for digit in text) and len(text) in (3, 6):
        text = f"#{text}"
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        raise EarthError(f"Invalid color: '{name}'.") from None
    return red, green, blue


def default_range(kind: PixelType) -> tuple[float, float]:
    """The values shown as black and white where none are given."""
    if kind.precision != "int":
        return 0.0, 1.0
    info = np.iinfo(str(kind.dtype))
    return float(info.min), float(info.max)


def to_rgba(planes: Sequence[Plane], types: Sequence[PixelType], look: Visualisation) -> Bytes:
    """Colour one, two or three and more bands.

    One band is grey or takes the palette; of two the first is red and the second blue; of more
    the first three are red, green and blue. A pixel is as opaque as the least of its masks.

    Returns:
        `(height, width, 4)`.

    Raises:
        EarthError: There is no band, a palette meets several bands, or pixels are arrays.
    """
    if not planes:
        raise EarthError("Image.visualize: The image has no bands.")
    if look.palette is not None and len(planes) > 1:
        raise EarthError("A palette may only be used with a single band.")
    if any(kind.dimensions for kind in types):
        raise EarthError("Array-valued bands cannot be shown.")
    shown = list(zip(planes, types, strict=True))[:3]
    scaled = [_unit(p.data, _range(look, i, t), look.gamma) for i, (p, t) in enumerate(shown)]
    picture = np.empty((*planes[0].data.shape[:2], 4), np.uint8)
    picture[..., :3] = _colours(scaled, look.palette)
    picture[..., 3] = _alpha([plane for plane, _ in shown], look.opacity)
    return picture


def _range(look: Visualisation, index: int, kind: PixelType) -> tuple[float, float]:
    if not look.ranges:
        if look.palette is not None and kind.precision == "int":
            return 0.0, float(len(look.palette) - 1)
        return default_range(kind)
    return look.ranges[min(index, len(look.ranges) - 1)]


def _unit(data: NDArray[Any], limits: tuple[float, float], gamma: float) -> NDArray[np.float32]:
    low, high = limits
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = (data.astype(np.float32) - np.float32(low)) / np.float32((high - low) or 1.0)
        unit = np.clip(np.nan_to_num(shifted, nan=0.0), 0.0, 1.0)
    corrected: NDArray[np.float32] = unit if gamma == 1.0 else unit ** np.float32(1.0 / gamma)
    return corrected


def _colours(scaled: Sequence[NDArray[np.float32]], palette: Bytes | None) -> Bytes:
    if palette is not None:
        return _palette(scaled[0], palette)
    levels = [(unit * 255.0 + 0.5).astype(np.uint8) for unit in scaled]
    if len(levels) == 1:
        levels = levels * 3
    if len(levels) == 2:
        levels = [levels[0], np.zeros_like(levels[0]), levels[1]]
    return np.stack(levels, axis=-1)


def _palette(unit: NDArray[np.float32], palette: Bytes) -> Bytes:
    """Interpolate between the colours through a table of 1024 steps and the colours themselves."""
    steps = (len(palette) - 1) * max(1, math.ceil(1023 / max(1, len(palette) - 1)))
    places = np.linspace(0, len(palette) - 1, steps + 1)
    stops = np.arange(len(palette))
    table = np.stack([np.interp(places, stops, palette[:, band]) for band in range(3)], axis=-1)
    rounded = (table + 0.5).astype(np.uint8)
    return rounded[(unit * steps + 0.5).astype(np.int32)]


def _alpha(planes: Sequence[Plane], opacity: float) -> Any:
    alpha: Any = None
    for plane in planes:
        if plane.mask is None:
            continue
        level = plane.mask.astype(np.float32)
        alpha = level if alpha is None else np.minimum(alpha, level)
    if alpha is None:
        return round(255 * opacity)
    return (np.clip(alpha, 0, 1) * (255 * opacity) + 0.5).astype(np.uint8)


def png(picture: Bytes) -> bytes:
    """Write `(height, width, 4)` as a PNG with transparency."""
    file = io.BytesIO()
    Picture.fromarray(picture, "RGBA").save(file, "PNG", compress_level=1)
    return file.getvalue()


def jpeg(picture: Bytes) -> bytes:
    """Write `(height, width, 4)` as a JPEG; what is masked becomes black."""
    opaque = picture[..., :3] * (picture[..., 3:] > 0)
    file = io.BytesIO()
    Picture.fromarray(opaque.astype(np.uint8), "RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def npy(bands: Mapping[str, NDArray[Any]]) -> bytes:
    """Write bands as one structured NumPy array with a field for each."""
    first = next(iter(bands.values()))
    table = np.empty(first.shape, [(name, array.dtype) for name, array in bands.items()])
    for name, array in bands.items():
        table[name] = array
    file = io.BytesIO()
    np.save(file, table, allow_pickle=False)
    return file.getvalue()


def geotiff(
    bands: Mapping[str, NDArray[Any]], grid: Grid, *, tags: Mapping[str, str] | None = None
) -> bytes:
    """Write bands as a tiled GeoTIFF; band descriptions are the names.

    Raises:
        EarthError: The bands' types differ.
    """
    from affine import Affine
    from rasterio.io import MemoryFile

    dtype = common_type([array.dtype for array in bands.values()])
    arrays = [array.astype(dtype, copy=False) for array in bands.values()]
    profile = {
        "driver": "GTiff", "width": grid.width, "height": grid.height, "count": len(arrays),
        "dtype": arrays[0].dtype, "crs": grid.crs, "transform": Affine(*grid.transform),
        "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate",
    }  # fmt: skip
    with MemoryFile() as file:
        with file.open(**profile) as dataset:
            dataset.update_tags(**(tags or {}))
            for number, (name, array) in enumerate(zip(bands, arrays, strict=True), start=1):
                dataset.write(array, number)
                dataset.set_band_description(number, name)
        return bytes(file.read())


def common_type(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """The one type of a GeoTIFF's bands; whole numbers of 64 bits are written as doubles.

    Raises:
        EarthError: The bands' types differ.
    """
    written = [np.dtype(np.float64) if dtype == np.int64 else dtype for dtype in dtypes]
    kinds = sorted({str(dtype).capitalize() for dtype in written})
    if len(kinds) > 1:
        raise EarthError(
            "Exported bands must have compatible data types; "
            f"found inconsistent types: {' and '.join(kinds)}."
        )
    return written[0]
