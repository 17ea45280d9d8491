"""Images made of collections of images: reductions over time, mosaics and stacks."""

# ruff: noqa: A002 - parameters are those of the signature list

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_bands import find_bands, joined
from lib.localearth.functions.image_cast import cast as cast_bands
from lib.localearth.functions.image_cast import masked_band
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import BandSpec, Image, Plane, Reading, Source, image_from
from lib.localearth.raster.pixel_types import union
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.reduction import Outcome, outcome, reduce_stacks
from lib.localearth.raster.sources import Pixels
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements, register
from lib.localearth.values import Collection, Narrowing

STACK_BYTES = 128 * 2**20
MAX_BANDS = 5000
DAY_MILLIS = 86_400_000
_INTEGERS = {
    (0, 255): "Byte", (-128, 127): "Byte<-128, 127>", (-32768, 32767): "Short",
    (-(2**31), 2**31 - 1): "Integer", (-(2**63), 2**63 - 1): "Long",
}  # fmt: skip


def images_of(collection: Collection) -> list[Image]:
    """The images of a collection.

    Raises:
        EarthError: It holds something else.
    """
    found = [element for element in collection.elements if isinstance(element, Image)]
    if len(found) != len(collection.elements):
        raise EarthError("The collection does not hold images.")
    return found


def check_homogeneous(images: Sequence[Image]) -> None:
    """Require the same bands, in the same order and of the same precision, in all images.

    Raises:
        EarthError: They differ; the message has Earth Engine's wording.
    """
    first = images[0]
    for position, image in enumerate(images):
        if image.names != first.names:
            raise EarthError(
                "Expected a homogeneous image collection, but an image with incompatible bands was "
                f"encountered: First image type: {len(first.bands)} bands ({_listed(first)}). "
                f"Current image type: {len(image.bands)} bands ({_listed(image)})."
            )
        for expected, actual in zip(first.bands, image.bands, strict=True):
            if expected.type.precision != actual.type.precision:
                index = image.properties.get("system:index", position)
                raise EarthError(
                    "Expected a homogeneous image collection, but an image with an incompatible "
                    f"band was encountered. Mismatched type for band '{actual.name}':\n"
                    f"Expected type: {describe(expected.type)}.\n"
                    f"  Actual type: {describe(actual.type)}.\n"
                    f"     Image ID: {index}\nThis band might require an explicit cast."
                )


def _listed(image: Image) -> str:
    return f"[{', '.join(image.names)}]"


def describe(kind: PixelType) -> str:
    """Earth Engine's words for a pixel type in messages."""
    if kind.precision == "int":
        limits = (kind.minimum, kind.maximum)
        return _INTEGERS.get(limits, f"Integer<{limits[0]}, {limits[1]}>")  # type: ignore[arg-type]
    word = kind.precision.capitalize()
    if kind.minimum is None or kind.maximum is None:
        return word
    return f"{word}<{kind.minimum}, {kind.maximum}>"


def band_unions(images: Sequence[Image]) -> list[PixelType]:
    """For each band the type that holds all images' values."""
    return [
        union([image.bands[index].type for image in images])
        for index in range(len(images[0].bands))
    ]


class Stacked(Source):
    """A reducer over the images of a collection, read one after the other."""

    def __init__(
        self, images: Sequence[Image], reducer: Reducer, found: Outcome, kinds: Sequence[PixelType]
    ) -> None:
        """Keep the images, what the reducer makes of them, and the bands' common types."""
        self._images = tuple(images)
        self._reducer = reducer
        self._outcome = found
        self._dtypes = [kind.dtype for kind in kinds]

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Reduce the bands that are wanted, in strips where the stack would be too large."""
        calls = sorted({self._outcome.needed(index)[0] for index in indices})
        bands = sorted({band for call in calls for band in self._outcome.groups[call]})
        size = sum(self._dtypes[band].itemsize + 4 for band in bands) * len(self._images)
        rows = max(1, STACK_BYTES // max(1, size * grid.width))
        if rows >= grid.height:
            return self._strip(grid, indices, bands, reading)
        strips = [
            self._strip(
                grid.window(0, top, grid.width, min(rows, grid.height - top)),
                indices,
                bands,
                reading,
            )
            for top in range(0, grid.height, rows)
        ]
        return [joined_rows(parts) for parts in zip(*strips, strict=True)]

    def _strip(
        self, grid: Grid, indices: tuple[int, ...], bands: list[int], reading: Reading
    ) -> list[Plane]:
        stacks = self._fill(grid, bands, reading)
        outputs = len(self._outcome.names) // len(self._outcome.groups)
        planes: dict[int, list[Plane]] = {}
        for index in indices:
            call, _ = self._outcome.needed(index)
            if call not in planes:
                group = [stacks[band] for band in self._outcome.groups[call]]
                kinds = self._outcome.types[call * outputs : (call + 1) * outputs]
                planes[call] = reduce_stacks(
                    self._reducer, [s for s, _ in group], [w for _, w in group], kinds
                )
        return [planes[call][output] for call, output in map(self._outcome.needed, indices)]

    def _fill(
        self, grid: Grid, bands: list[int], reading: Reading
    ) -> dict[int, tuple[Pixels, NDArray[np.float32] | None]]:
        shape = (len(self._images), grid.height, grid.width)
        values = {band: np.empty(shape, self._dtypes[band]) for band in bands}
        weights: dict[int, NDArray[np.float32] | None] = dict.fromkeys(bands)
        for position, image in enumerate(self._images):
            wanted = Image(tuple(image.bands[band] for band in bands))
            for band, plane in zip(bands, wanted.planes(grid, reading), strict=True):
                if plane.data.ndim > 2 or plane.data.dtype == object:
                    raise EarthError("ImageCollection.reduce: Array bands cannot be reduced here.")
                values[band][position] = plane.data
                if plane.mask is not None:
                    if weights[band] is None:
                        weights[band] = np.ones(shape, np.float32)
                    weights[band][position] = plane.mask  # type: ignore[index]
        return {band: (values[band], weights[band]) for band in bands}


def joined_rows(parts: Sequence[Plane]) -> Plane:
    """Put strips of a plane back together."""
    data = np.concatenate([part.data for part in parts])
    if all(part.mask is None for part in parts):
        return Plane(data)
    fractional = any(part.mask is not None and part.mask.dtype != bool for part in parts)
    masks = [part.weights if fractional else part.valid for part in parts]
    return Plane(data, np.concatenate(masks))


def reduce_images(images: Sequence[Image], reducer: Reducer, *, plain: str) -> Image:
    """Reduce images to one: EPSG:4326 at one degree, unbounded, without properties."""
    if not images:
        return Image(())
    check_homogeneous(images)
    kinds = band_unions(images)
    found = outcome(reducer, images[0].names, kinds, plain=plain)
    if not found.names:
        return Image(())
    source = Stacked(images, reducer, found, kinds)
    specs = [BandSpec(name, kind) for name, kind in zip(found.names, found.types, strict=True)]
    return image_from(source, specs)


@implements("ImageCollection.reduce")
def reduce(collection: Collection, reducer: Reducer, parallel_scale: float) -> Image:
    """Reduce the images band by band; bands are named band_output."""
    return reduce_images(images_of(collection), reducer, plain="suffix")


def _shortcut(name: str) -> Callable[..., Image]:
    def apply(context: Any, collection: Collection) -> Image:
        reducer = context.call(f"Reducer.{name}")
        return reduce_images(images_of(collection), reducer, plain="keep")

    return apply


for _name in ("min", "max", "count", "sum", "product", "mean", "and", "or", "median", "mode"):
    register(f"reduce.{_name}", _shortcut(_name))


@implements("ImageCollection.toBands")
def to_bands(collection: Collection) -> Image:
    """All bands of all images in one image, named imageId_band."""
    images = images_of(collection)
    count = sum(len(image.bands) for image in images)
    if count > MAX_BANDS:
        raise EarthError(f"Too many bands: {count}. At most {MAX_BANDS} are allowed.")
    bands = [
        replace(band, name=f"{image.properties.get('system:index', position)}_{band.name}")
        for position, image in enumerate(images)
        for band in image.bands
    ]
    return joined(Image((), {}, None), bands)


@implements("ImageCollection.fromImages")
def from_images(images: Sequence[Image]) -> Collection:
    """A collection of images; those without an index get their position."""
    return Collection.of([_indexed(i, image) for i, image in enumerate(images)], of_images=True)


def _indexed(position: int, image: Image) -> Image:
    if "system:index" in image.properties:
        return image
    return image.with_properties({**image.properties, "system:index": str(position)})


@implements("ImageCollection.cast")
def cast_collection(
    collection: Collection, band_types: dict[str, Any], band_order: Sequence[str]
) -> Collection:
    """Cast the bands of every image."""

    def cast_all() -> list[Image]:
        return [cast_bands(image, band_types, band_order) for image in images_of(collection)]

    return Collection(cast_all, of_images=True, properties=collection.properties)


@implements("ImageCollection.combine")
def combine(primary: Collection, secondary: Collection, overwrite: bool) -> Collection:
    """Add to each image the bands of the one with the same index in another collection."""

    def combined() -> list[Image]:
        others = {image.properties.get("system:index"): image for image in images_of(secondary)}
        pairs = [(image, others.get(_index(image))) for image in images_of(primary)]
        return [joined(a, b.bands, overwrite=overwrite) for a, b in pairs if b is not None]

    return Collection(combined, of_images=True, properties=primary.properties)


def _index(image: Image) -> Any:
    return image.properties.get("system:index")


@implements("Image.linkCollection")
def link_collection(
    input: Image,
    image_collection: Collection,
    linked_bands: Any,
    linked_properties: Any,
    match_property_name: str,
) -> Image:
    """Take bands and properties from the image with the same value of a property."""
    images = images_of(_near(image_collection, input))
    wanted = input.properties.get(match_property_name)
    found = next((i for i in images if i.properties.get(match_property_name) == wanted), None)
    names = _as_names(linked_bands)
    properties = dict(input.properties)
    for name in _as_names(linked_properties):
        properties[name] = found.properties.get(name) if found else None
    if found is not None:
        added = [band for name in names for band in find_bands(found, name)]
    else:
        kinds = {band.name: band.type for image in images[:1] for band in image.bands}
        added = [masked_band(name, kinds.get(name, PixelType("double"))) for name in names]
    return joined(input, added, overwrite=True).with_properties(properties)


def _near(collection: Collection, image: Image) -> Collection:
    """The part of a large catalogue in which an image's match can be: its day and its place."""
    start = image.properties.get("system:time_start")
    millis = getattr(start, "millis", start)
    if collection.narrow is None or millis is None:
        return collection
    place = None if image.footprint is None or image.footprint.unbounded else image.footprint
    return collection.narrow(Narrowing(millis - DAY_MILLIS, millis + DAY_MILLIS, place))


def _as_names(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
