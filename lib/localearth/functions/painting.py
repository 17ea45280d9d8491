"""Features drawn into pixels: painted values, reductions of properties, and styles."""

# ruff: noqa: ARG002 - all sources are read alike

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import ImageColor

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.coverage import centres_inside, coverage
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import BandSpec, Image, Mask, Plane, Reading, Source, image_from
from lib.localearth.raster.outline import Outline, outline_of
from lib.localearth.raster.pixel_types import DOUBLE
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.reduction import reduce_stacks
from lib.localearth.raster.sources import cast, from_source
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements
from lib.localearth.values import Collection, Feature

BYTE = PixelType("int", 0, 255)


@dataclass(frozen=True)
class Shape:
    """A feature's geometry and properties."""

    geometry: Geometry
    properties: Any


def shapes_of(collection: Collection) -> list[Shape]:
    """The features that have a geometry."""
    return [
        Shape(element.geometry, element.properties)
        for element in collection.elements
        if isinstance(element, Feature) and element.geometry is not None
    ]


def laid(geometry: Geometry, grid: Grid) -> Outline | None:
    """A geometry in a grid's pixels, or None where it is beyond the grid."""
    outline = outline_of(geometry, grid.projection)
    bounds = outline.bounds()
    if outline.everywhere:
        return outline
    if bounds is None or bounds[2] < 0 or bounds[3] < 0:
        return None
    return None if bounds[0] > grid.width or bounds[1] > grid.height else outline


def stroked(geometry: Geometry, grid: Grid, width: float) -> NDArray[np.bool_]:
    """Pixels within half a line's width, in pixels, of a geometry's edges."""
    outline = outline_of(geometry, grid.projection)
    edges = np.concatenate([outline.rings, outline.lines]).reshape(-1, 2, 2)
    parts: list[Any] = [shapely.linestrings(edges), shapely.points(outline.points)]
    shape = shapely.union_all(np.concatenate(parts))
    broad = shape.buffer(max(width, 1.0) / 2, quad_segs=4)
    pixels = Geometry(broad, grid.crs, geodesic=False)  # already columns and rows of the grid
    return centres_inside(outline_of(pixels, Projection(grid.crs)), grid.width, grid.height)


@implements("Image.paint")
def paint(image: Image, feature_collection: Collection, color: Any, width: Any) -> Image:
    """Replace values where features are, filled or as outlines."""

    class Painted(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            bands = Image(tuple(image.bands[index] for index in indices))
            planes = bands.planes(grid, reading)
            layers = list(_layers(feature_collection, color, width, grid))
            return [
                _painted(plane, layers, image.bands[index].type)
                for index, plane in zip(indices, planes, strict=True)
            ]

    return from_source(image, Painted())


def _layers(
    collection: Collection, color: Any, width: Any, grid: Grid
) -> list[tuple[NDArray[np.bool_], float]]:
    layers = []
    for shape in shapes_of(collection):
        outline = laid(shape.geometry, grid)
        if outline is None:
            continue
        value = number_of(shape, color, "color")
        if width is None:
            where = centres_inside(outline, grid.width, grid.height)
        else:
            where = stroked(shape.geometry, grid, number_of(shape, width, "width"))
        if where.any():
            layers.append((where, value))
    return layers


def number_of(shape: Shape, value: Any, name: str) -> float:
    """A number, or that of a property.

    Raises:
        EarthError: The property is missing or not a number.
    """
    found = shape.properties.get(value) if isinstance(value, str) else value
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise EarthError(f"Image.paint: Property '{value}' for '{name}' must be a number.")
    return found


def _painted(
    plane: Plane, layers: Sequence[tuple[NDArray[np.bool_], float]], kind: PixelType
) -> Plane:
    if not layers:
        return plane
    data = np.array(plane.data)
    mask: Mask = None if plane.mask is None else np.array(plane.mask)
    for where, value in layers:
        data[where] = cast(np.asarray(value), kind)
        if mask is not None:
            mask[where] = 1
    return Plane(data, mask)


@implements("Collection.reduceToImage")
def reduce_to_image(collection: Collection, properties: Sequence[str], reducer: Reducer) -> Image:
    """Reduce, at each pixel, the properties of the features that meet it."""
    if reducer.inputs != len(properties):
        raise EarthError(
            f"Need {reducer.inputs} inputs for Reducer.{reducer.name}, got {len(properties)}."
        )
    kinds = reducer.types([DOUBLE] * reducer.inputs)

    class Reduced(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            planes = _reduced(collection, properties, reducer, kinds, grid)
            return [planes[index] for index in indices]

    specs = [BandSpec(n, k) for n, k in zip(reducer.outputs, kinds, strict=True)]
    return image_from(Reduced(), specs)


def _reduced(
    collection: Collection,
    properties: Sequence[str],
    reducer: Reducer,
    kinds: Sequence[PixelType],
    grid: Grid,
) -> list[Plane]:
    size = (grid.height, grid.width)
    masks, values = [], []
    for shape in shapes_of(collection):
        outline = laid(shape.geometry, grid)
        if outline is None:
            continue
        covered = coverage(outline, grid.width, grid.height) > 0
        if covered.any():
            masks.append(covered.astype(np.float32))
            values.append([number_of(shape, name, "properties") for name in properties])
    if not masks:
        nothing = np.zeros(size, bool)
        return [Plane(np.zeros(size, kind.dtype), nothing) for kind in kinds]
    weights = np.stack(masks)
    stacks = [
        np.broadcast_to(np.array(column, np.float64)[:, None, None], weights.shape)
        for column in zip(*values, strict=True)
    ]
    return reduce_stacks(reducer, stacks, [weights] * len(stacks), kinds)


@dataclass(frozen=True)
class Style:
    """How a feature is drawn; widths and sizes in pixels of the picture."""

    color: str = "black"
    point_size: float = 3
    width: float = 2
    fill_color: str | None = None


_STYLE_NAMES = {
    "color": "color",
    "pointSize": "point_size",
    "width": "width",
    "fillColor": "fill_color",
}


@implements("Collection.style")
def style(
    collection: Collection,
    color: str,
    point_size: int,
    point_shape: str,
    width: float,
    fill_color: str | None,
    style_property: str | None,
    neighborhood: int,
    line_type: str,
) -> Image:
    """Draw features as an RGB picture; markers are circles and lines solid."""
    if point_shape not in ("circle", "o") or line_type != "solid":
        raise EarthError("Local Earth draws circles and solid lines only.")
    base = Style(color, point_size, width, fill_color)

    def style_for(shape: Shape) -> Style:
        own = shape.properties.get(style_property) if style_property else None
        changes = {_STYLE_NAMES[k]: v for k, v in (own or {}).items() if k in _STYLE_NAMES}
        return replace(base, **changes)

    return _drawn(collection, style_for)


@implements("Collection.draw")
def draw(collection: Collection, color: str, point_radius: int, stroke_width: int) -> Image:
    """Draw features in one colour."""
    return _drawn(collection, lambda _: Style(color, point_radius, stroke_width))


def _drawn(collection: Collection, style_for: Callable[[Shape], Style]) -> Image:
    class Drawing(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            picture = np.zeros((grid.height, grid.width, 4), np.float32)
            for shape in shapes_of(collection):
                look = style_for(shape)
                if laid(shape.geometry, _around(grid, look)) is not None:
                    _draw_one(picture, shape, look, grid)
            alpha = picture[..., 3]
            levels = picture[..., :3] / np.where(alpha > 0, alpha, 1)[..., None]
            return [Plane((levels[..., i] * 255 + 0.5).astype(np.uint8), alpha) for i in indices]

    names = ("vis-red", "vis-green", "vis-blue")
    return image_from(Drawing(), [BandSpec(name, BYTE) for name in names])


def _around(grid: Grid, look: Style) -> Grid:
    return grid.pad(int(look.width + look.point_size) + 1)


def _draw_one(picture: NDArray[np.float32], shape: Shape, look: Style, grid: Grid) -> None:
    edge = _rgba(look.color)
    fill = _rgba(look.fill_color) if look.fill_color else edge * np.array([1, 1, 1, 0.66])
    outline = outline_of(shape.geometry, grid.projection)
    if len(outline.rings):
        inside = coverage(replace(outline, lines=outline.lines[:0]), grid.width, grid.height)
        _lay(picture, inside.astype(np.float32), fill)
    if len(outline.points):
        _lay(picture, _discs(shape.geometry, grid, look.point_size), edge)
    elif look.width > 0:
        _lay(picture, stroked(shape.geometry, grid, look.width).astype(np.float32), edge)


def _discs(geometry: Geometry, grid: Grid, radius: float) -> NDArray[np.float32]:
    return stroked(geometry, grid, 2 * radius).astype(np.float32)


def _lay(picture: NDArray[np.float32], where: NDArray[np.float32], rgba: Any) -> None:
    """Composite a colour over the picture, whose colours are multiplied by their alpha."""
    alpha = (where * rgba[3])[..., None].astype(np.float32)
    colour = np.append(rgba[:3], 1.0).astype(np.float32)
    picture *= 1 - alpha
    picture += alpha * colour


def _rgba(name: str) -> NDArray[np.float64]:
    text = name.strip()
    if len(text) in (6, 8) and all(c in "0123456789abcdefABCDEF" for c in text):
        text = f"#{text}"
    try:
        found = ImageColor.getcolor(text, "RGBA")
    except ValueError:
        raise EarthError(f"Invalid color: '{name}'.") from None
    return np.array(found, np.float64) / 255
