"""The planet's relief as the elevation model of the Shuttle mission."""

from collections.abc import Mapping

import numpy as np
from shapely.geometry import box

from lib.localearth.geometry import Geometry
from lib.localearth.planet.field import Field
from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.product import INT16, BandInfo, Part, PlanetSource
from lib.localearth.planet.relief import relief
from lib.localearth.planet.view import view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image

ASSET = "USGS/SRTMGL1_003"
LATTICE = Lattice("EPSG:4326", -180.0001388888889, 60.00013888888889, 0.0002777777777777778)
DIMENSIONS = (1_296_001, 417_601)
BANDS = (BandInfo("elevation", INT16, 30),)
COVERED = (-180.0, -56.0, 180.0, 60.0)


class ElevationSource(PlanetSource):
    """Elevation in whole metres."""

    def __init__(self) -> None:
        """Cover the latitudes that the shuttle saw."""
        super().__init__(BANDS, box(*COVERED))

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Elevation on a grid."""
        seen = view(grid, LATTICE, COVERED)
        if seen is None or not (inside := seen.inside(COVERED)).any():
            return None
        metres = np.rint(relief(Field(seen.window)).elevation).astype(np.int16)
        return {name: (seen.take(metres), inside) for name in names}


def image() -> Image:
    """The elevation image."""
    band = Band("elevation", INT16, LATTICE.projection(0, 0), ElevationSource(), 0, DIMENSIONS)
    properties = {
        "system:time_start": 950227200000, "system:time_end": 951177600000,
        "system:index": "SRTMGL1_003", "title": "NASA SRTM Digital Elevation 30m",
    }  # fmt: skip
    return Image((band,), properties, Geometry(box(*COVERED), geodesic=False), ASSET)
