"""A picture for the map as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MapLayer:
    """Tiles that a map shows, with one picture to fall back on.

    Attributes:
        name: What the layer control calls it.
        url: Tile address with {z}, {x}, {y}; absolute, or relative to the app's base path
            (such as "earth/maps/…/tiles/{z}/{x}/{y}").
        attribution: Who made the data, for the corner of the map.
        opacity: 0 to 1.
        min_zoom: Least zoom at which tiles are asked for.
        picture_url: One picture of the same for `picture_bounds`, or empty.
        picture_bounds: West, south, east, north in degrees, or None.
        simulated: Whether the data come from the simulated planet.
    """

    name: str
    url: str
    attribution: str = ""
    opacity: float = 1.0
    min_zoom: int = 0
    picture_url: str = ""
    picture_bounds: tuple[float, float, float, float] | None = None
    simulated: bool = False
