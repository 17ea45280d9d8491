"""Reductions of the bands of one image at each pixel."""

from lib.localearth.errors import EarthError
from lib.localearth.raster.elementwise import place
from lib.localearth.raster.image import Image, Plane
from lib.localearth.raster.reduction import common_type, reduce_stacks, stacked
from lib.localearth.raster.sources import Whole, band_like
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements


@implements("Image.reduce")
def reduce(image: Image, reducer: Reducer) -> Image:
    """Reduce the stack of bands at each pixel; masked bands are passed over."""
    if reducer.inputs != 1:
        raise EarthError(f"Need 1 input for an image's bands, Reducer.{reducer.name} has more.")
    if not image.bands:
        return Image((), image.properties, image.footprint)
    kinds = reducer.types([common_type([band.type for band in image.bands])])

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        values, weights = stacked(planes)
        found = reduce_stacks(reducer, [values], [weights], kinds)
        return [found[index] for index in indices]

    source = Whole(image, compute)
    base = place(*image.bands)
    bands = [
        band_like(base, name, kind, source, index)
        for index, (name, kind) in enumerate(zip(reducer.outputs, kinds, strict=True))
    ]
    return image.with_bands(bands)
