"""Pictures of expressions for the map: tiles by map name, and one picture to fall back on."""

import json

import ee

from lib.catalog.collections import Visual, find
from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.layer import MapLayer
from lib.core.legend import Legend
from lib.earthengine.access import Connection, post, with_connection
from lib.earthengine.graphs import asset_ids, region_of, to_expression, to_image
from lib.earthengine.imagery import is_simulated

Bounds = tuple[float, float, float, float]

CLASS_BAND = "class"
_PICTURE_PIXELS = 768
_ELEVATION = "USGS/SRTMGL1_003"
_COVER = "ESA/WorldCover/v200"
_WATER_CLASS = 80
# Low land to high land, quiet enough to lie beneath imagery.
_RELIEF_COLORS = ("#b9c9a8", "#d4d3ad", "#d9c8a3", "#c9b08f", "#b8a597", "#e6e3e0")
_RELIEF_TOP_M = 3000
_WATER_COLOR = "#7fa8c0"
_SHADE = (0.45, 0.65)


@with_connection
def make_map(
    connection: Connection,
    expression: Expression,
    visual: Visual,
    *,
    name: str,
    bounds: Bounds | None = None,
    opacity: float = 1.0,
) -> MapLayer:
    """Make tiles of an image.

    Args:
        connection: Service to ask.
        expression: An image.
        visual: How its values become colours.
        name: What the layer control calls it.
        bounds: West, south, east, north of the one picture to fall back on; None for none.
        opacity: 0 to 1.
    """
    drawn = _drawn(to_image(expression), visual)
    return MapLayer(
        name=name,
        url=_address(connection, _create("maps", drawn)) + "/tiles/{z}/{x}/{y}",
        attribution=_attribution(expression, simulated=is_simulated(connection, expression)),
        opacity=opacity,
        picture_url=_picture_address(connection, drawn, bounds) if bounds else "",
        picture_bounds=bounds,
        simulated=is_simulated(connection, expression),
    )


@with_connection
def base_layers(connection: Connection) -> tuple[MapLayer, ...]:
    """The ground beneath the layers: shaded relief and water, of the same world as the imagery."""
    measured = ee.Image(_ELEVATION).select("elevation")
    height = measured.unmask(0, False)
    tint = height.visualize(min=0, max=_RELIEF_TOP_M, palette=list(_RELIEF_COLORS))
    dark, light = _SHADE
    shade = ee.Terrain.hillshade(height).divide(255).multiply(light).add(dark)
    cover = ee.ImageCollection(_COVER).mosaic().select("Map").eq(_WATER_CLASS)
    # The sea is exactly 0 in the elevation model; a map of covers has wrong pixels in it.
    water = cover.unmask(0, False).Or(measured.eq(0).unmask(0, False))
    water = water.selfMask().visualize(palette=[_WATER_COLOR])
    relief = to_expression(tint.multiply(shade).min(255).toByte().blend(water))
    visual = Visual(("vis-red", "vis-green", "vis-blue"), 0, 255)
    return (make_map(connection, relief, visual, name="Relief"),)


@with_connection
def inside(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    expression: Expression,
    aoi: Aoi,
) -> Expression:
    """Mask an image outside of an area."""
    return to_expression(to_image(expression).clip(region_of(aoi)))


def class_visual(legend: Legend) -> Visual:
    """How a map of class indices is drawn: each class in the colour of the legend."""
    return Visual((CLASS_BAND,), 0, len(legend) - 1, palette=legend.colors)


@with_connection
def stored_classes(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    asset: str,
    legend: Legend,
) -> Expression:
    """Write a class map that was stored with the legend's values as one of class indices."""
    codes = ee.Image(asset).select(0)
    index = codes.remap(list(legend.values), list(range(len(legend))))
    return to_expression(index.toByte().rename(CLASS_BAND))


def _drawn(image: ee.Image, visual: Visual) -> ee.Image:
    bands, low, high = list(visual.bands), visual.min, visual.max
    if visual.palette:
        return image.visualize(bands=bands, min=low, max=high, palette=list(visual.palette))
    return image.visualize(bands=bands, min=low, max=high, gamma=visual.gamma)


def _create(resource: str, image: ee.Image) -> str:
    """Make a map or thumbnail and return its name."""
    body = {"expression": to_expression(image).graph, "fileFormat": "PNG"}
    return str(json.loads(post(f"{resource}?fields=name", body))["name"])


def _picture_address(connection: Connection, drawn: ee.Image, bounds: Bounds) -> str:
    """One picture in the map's own projection, as the client's `getThumbURL` asks for it."""
    west, south, east, north = bounds
    region = ee.Geometry.Rectangle([west, south, east, north], "EPSG:4326", False)
    placed = drawn.setDefaultProjection("EPSG:3857", [1, 0, 0, 0, -1, 0])
    placed = placed.clipToBoundsAndScale(geometry=region, maxDimension=_PICTURE_PIXELS)
    return _address(connection, _create("thumbnails", placed)) + ":getPixels"


def _address(connection: Connection, name: str) -> str:
    """Where the browser finds a map or thumbnail; beside the app itself for Local Earth."""
    return f"{connection.url}/v1/{name}" if connection.url else f"earth/v1/{name}"


def _attribution(expression: Expression, *, simulated: bool) -> str:
    if simulated:
        return "Simulated planet"
    known = [find(asset) for asset in sorted(asset_ids(expression))]
    return " · ".join(dict.fromkeys(item.citation for item in known if item))
