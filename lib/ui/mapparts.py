"""Folium's parts as Loam uses them: every file from this app, every name escaped, no session.

The map lives in a frame at `component/…/index.html`, so what the app serves is two folders up.
"""

import html
from collections.abc import Sequence
from typing import Any

import folium
import shapely
from branca.element import MacroElement
from folium.plugins import Draw
from folium.template import Template

from lib.core.layer import MapLayer
from lib.ui.classlist import safe_color

ROOT = "../../"
STATIC = f"{ROOT}app/static/"
AOI_STYLE: dict[str, Any] = {"color": "#E0A84A", "weight": 3, "opacity": 1, "fillOpacity": 0.04}
LABEL_STYLE: dict[str, Any] = {"color": "#E0A84A", "weight": 2.5, "fillOpacity": 0.2}
MAX_ZOOM = 20
ROUNDING_DEG = 2e-6  # the browser tells corners with six decimals
Bounds = tuple[float, float, float, float]

_MAP_JS = [
    ("leaflet", f"{STATIC}leaflet/leaflet.js"),
    ("loam_map", f"{STATIC}map.js"),
    ("loam_points", f"{STATIC}points.js"),
    ("loam_labels", f"{STATIC}labels.js"),
]
_MAP_CSS = [
    ("leaflet_css", f"{STATIC}leaflet/leaflet.css"),
    ("loam_map_css", f"{STATIC}map.css"),
]
_DRAW_JS = [("leaflet_draw_js", f"{STATIC}leaflet-draw/leaflet.draw.js")]
_DRAW_CSS = [("leaflet_draw_css", f"{STATIC}leaflet-draw/leaflet.draw.css")]


class LoamMap(folium.Map):
    """A Leaflet map whose scripts and styles the app serves itself."""

    default_js = _MAP_JS
    default_css = _MAP_CSS


class AreaDraw(Draw):
    """Tools that draw and edit an area: rectangles and polygons."""

    default_js = _DRAW_JS
    default_css = _DRAW_CSS

    def __init__(self, group: folium.FeatureGroup) -> None:
        shape = {"shapeOptions": AOI_STYLE}
        off = dict.fromkeys(("polyline", "circle", "marker", "circlemarker"), False)
        super().__init__(  # type: ignore[no-untyped-call]
            feature_group=group,
            show_geometry_on_click=False,
            draw_options={
                **off,
                "rectangle": {**shape, "showArea": False},
                "polygon": {**shape, "allowIntersection": False},
            },
        )


class LabelDraw(Draw):
    """Tools that draw one label after the other: points, rectangles and polygons."""

    default_js = _DRAW_JS
    default_css = _DRAW_CSS

    def __init__(self) -> None:
        shape = {"shapeOptions": LABEL_STYLE}
        off = dict.fromkeys(("polyline", "circle", "marker"), False)
        super().__init__(  # type: ignore[no-untyped-call]
            show_geometry_on_click=False,
            draw_options={
                **off,
                "circlemarker": {**LABEL_STYLE, "radius": 6},
                "rectangle": {**shape, "showArea": False},
                "polygon": {**shape, "allowIntersection": False},
            },
            edit_options={"edit": False, "remove": False},
        )


class Drawings(MacroElement):
    """Says whether a new drawing stands beside the others or takes their place."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            window.loamSeveral = {{ this.several|tojson }};
        {% endmacro %}
        """
    )

    def __init__(self, *, several: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Drawings"
        self.several = several


class Points(MacroElement):
    """Dots at (latitude, longitude, index of a colour), drawn on one canvas."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.loamPoints(
                {{ this.points|tojson }}, {{ this.colors|tojson }}, {{ this.radius|tojson }}
            ).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self, points: Sequence[tuple[float, float, int]], colors: Sequence[str], radius: float
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Points"
        self.points = [
            [round(float(lat), 6), round(float(lon), 6), int(index)] for lon, lat, index in points
        ]
        self.colors = [safe_color(color) for color in colors]
        self.radius = radius


class Shapes(MacroElement):
    """Labels as GeoJSON geometries with the index of a colour."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.loamShapes(
                {{ this.shapes|tojson }}, {{ this.colors|tojson }}
            ).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, shapes: Sequence[tuple[dict[str, Any], int]], colors: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Shapes"
        features = [
            {"type": "Feature", "geometry": geometry, "properties": {"index": index}}
            for geometry, index in shapes
        ]
        self.shapes = {"type": "FeatureCollection", "features": features}
        self.colors = [safe_color(color) for color in colors]


class Ink(MacroElement):
    """The colour of what is drawn next."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.loamInk({{ this.color|tojson }})
                .addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, color: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Ink"
        self.color = safe_color(color)


class Focus(MacroElement):
    """A ring around a place; the map moves there when it is another place than before."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.loamFocus(
                {{ this.lat|tojson }}, {{ this.lon|tojson }}, {{ this.token|tojson }}
            ).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, lon: float, lat: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Focus"
        self.lon, self.lat = round(float(lon), 6), round(float(lat), 6)
        self.token = f"{self.lat},{self.lon}"


def served(url: str) -> str:
    """Return an address as the map's frame reaches it."""
    return url if url.startswith(("https://", "http://", "data:")) else f"{ROOT}{url}"


def tile_layer(
    layer: MapLayer, opacity: float, *, within: Bounds | None = None
) -> folium.TileLayer:
    """Return a layer for Leaflet, with its picture to fall back on and its stamp.

    Args:
        layer: Where its tiles are.
        opacity: 0 to 1.
        within: West, south, east, north beyond which no tiles are asked for; None for everywhere.
    """
    extra: dict[str, Any] = {"bounds": corners(within)} if within else {}
    if layer.picture_url and layer.picture_bounds is not None:
        extra["loam_picture"] = served(layer.picture_url)
        extra["loam_bounds"] = corners(layer.picture_bounds)
    if layer.simulated:
        extra["loam_simulated"] = True
    return folium.TileLayer(
        tiles=served(layer.url),
        attr=html.escape(layer.attribution) or " ",
        name=html.escape(layer.name),
        overlay=True,
        min_zoom=layer.min_zoom,
        max_zoom=MAX_ZOOM,
        opacity=opacity,
        **extra,
    )


def corners(bounds: Bounds) -> list[list[float]]:
    """Return west, south, east, north as Leaflet's two corners."""
    west, south, east, north = bounds
    return [[south, west], [north, east]]


def outline(geometry: dict[str, Any]) -> folium.GeoJson:
    """Return an area's edge, not to be edited."""
    return folium.GeoJson(
        geometry, style_function=lambda _: {**AOI_STYLE, "fillOpacity": 0, "interactive": False}
    )


def editable(geometry: dict[str, Any] | None) -> folium.FeatureGroup:
    """Return the group that the drawing tools edit, holding the area drawn so far."""
    group = folium.FeatureGroup(name="area")
    polygons = _polygons(geometry) if geometry else []
    for rings in polygons:
        places = [[(lat, lon) for lon, lat, *_ in ring] for ring in rings]
        # Filled, so that the tools find it under a click on its inside too.
        style = {**AOI_STYLE, "fill": True, "fill_opacity": AOI_STYLE["fillOpacity"]}
        folium.Polygon(places if len(places) > 1 else places[0], **style).add_to(group)
    return group


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    coordinates = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else list(coordinates)


def same_place(shapes: Sequence[dict[str, Any]], area: dict[str, Any]) -> bool:
    """Tell whether drawn polygons are an area's, but for the browser's rounding."""
    drawn = shapely.MultiPolygon(
        [shapely.Polygon(p[0], p[1:]) for shape in shapes for p in _polygons(shape)]
    )
    known = shapely.MultiPolygon([shapely.Polygon(p[0], p[1:]) for p in _polygons(area)])
    moved = max(abs(one - other) for one, other in zip(drawn.bounds, known.bounds, strict=True))
    return moved < ROUNDING_DEG and abs(drawn.area - known.area) < ROUNDING_DEG * known.length
