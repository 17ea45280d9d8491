"""Changes of pixel type: fractions are cut off, values beyond the range clamped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.elementwise import unary
from lib.localearth.raster.image import Image, Plane
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Constant, OnGrid
from lib.localearth.registry import implements, register


def _integer(bits: int, *, signed: bool) -> PixelType:
    if signed:
        return PixelType("int", -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return PixelType("int", 0, 2**bits - 1)


NAMED_TYPES = {
    "uint8": _integer(8, signed=False),
    "int8": _integer(8, signed=True),
    "uint16": _integer(16, signed=False),
    "int16": _integer(16, signed=True),
    "uint32": _integer(32, signed=False),
    "int32": _integer(32, signed=True),
    "byte": _integer(8, signed=False),
    "short": _integer(16, signed=True),
    "int": _integer(32, signed=True),
    "int64": _integer(64, signed=True),
    "long": _integer(64, signed=True),
    "float": types.FLOAT,
    "double": types.DOUBLE,
}


def cast_image(image: Image, kind: PixelType) -> Image:
    """Bring all bands into a type; properties stay."""
    kinds = [_cast_type(band.type, kind) for band in image.bands]
    if all(kind == band.type for kind, band in zip(kinds, image.bands, strict=True)):
        return image
    return unary(image, lambda data: data, kinds, metadata=True)


def _cast_type(kind: PixelType, target: PixelType) -> PixelType:
    """The target type; a float keeps the range that is known."""
    if target.precision != "int":
        return types.with_range(target.precision, types.range_of(kind), kind.dimensions)
    return replace(target, dimensions=kind.dimensions)


def _registered(kind: PixelType) -> Callable[[Image], Image]:
    def apply(value: Image) -> Image:
        return cast_image(value, kind)

    return apply


for _name, _kind in NAMED_TYPES.items():
    register(f"Image.{_name}", _registered(_kind))
    register(f"Image.to{_name[0].upper()}{_name[1:]}", _registered(_kind))


@implements("Image.cast")
def cast(image: Image, band_types: Mapping[str, Any], band_order: Sequence[str] | None) -> Image:
    """Cast bands by name; bands that are missing are added, fully masked."""
    wanted = {name: pixel_type(kind) for name, kind in band_types.items()}
    bands = {}
    for band in image.bands:
        alone = image.with_bands([band])
        bands[band.name] = cast_image(alone, wanted.get(band.name, band.type)).bands[0]
    for name in sorted(set(wanted) - set(bands)):
        bands[name] = masked_band(name, wanted[name])
    order = list(band_order or bands)
    unknown = [name for name in order if name not in bands]
    if unknown:
        raise EarthError(f"Band '{unknown[0]}' is in bandOrder, but is not a band of the image.")
    return image.with_bands([bands[name] for name in order])


def pixel_type(kind: Any) -> PixelType:
    """A pixel type from itself, a name such as "uint8", or a dictionary.

    Raises:
        EarthError: It is none of these.
    """
    if isinstance(kind, PixelType):
        return kind
    if isinstance(kind, str) and kind in NAMED_TYPES:
        return NAMED_TYPES[kind]
    if isinstance(kind, Mapping) and "precision" in kind:
        return PixelType(
            kind["precision"], kind.get("min"), kind.get("max"), kind.get("dimensions") or 0
        )
    raise EarthError(f"'{kind}' is not a pixel type.")


def masked_band(name: str, kind: PixelType) -> Any:
    """A band that is masked everywhere."""
    from lib.localearth.raster.image import Band
    from lib.localearth.raster.projection import Projection

    zero = np.zeros((1,) * kind.dimensions, kind.dtype)
    constant = Constant([zero])

    def read(grid: Any, indices: tuple[int, ...], reading: Any) -> list[Plane]:
        (plane,) = constant.read(grid, (0,), reading)
        return [Plane(plane.data, np.broadcast_to(np.False_, (grid.height, grid.width)))]

    return Band(name, kind, Projection(), OnGrid(read), 0)
