"""Cloud Score+ of the planet: how clear each pixel of each Sentinel-2 scene is."""

import datetime as dt
from collections.abc import Mapping

from lib.localearth.planet import clouds, tiling
from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.product import (
    UNIT_INTERVAL,
    BandInfo,
    Part,
    PlanetSource,
    scene_image,
)
from lib.localearth.planet.scene import Scene, Series, ring
from lib.localearth.planet.view import view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

ASSET = "GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED"
BANDS = (BandInfo("cs", UNIT_INTERVAL, 10), BandInfo("cs_cdf", UNIT_INTERVAL, 10))


class CloudScoreSource(PlanetSource):
    """Scores of one scene."""

    def __init__(self, scene: Scene) -> None:
        """Keep the scene."""
        super().__init__(BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Scores on a grid."""
        seen = view(grid, Lattice(self.scene.crs, 0.0, 0.0, 10.0), self.scene.bounds)
        if seen is None or not (inside := seen.inside(self.scene.bounds)).any():
            return None
        sky = clouds.sky(seen.window, self.scene.day, self.scene.sun)
        planes = {"cs": sky.score_alone, "cs_cdf": sky.score}
        return {name: (seen.take(planes[name]), inside) for name in names}


def image(scene: Scene) -> Image:
    """The scores of a scene."""
    plain = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:time_end": scene.start_ms, "system:footprint": ring(scene.footprint),
        "MGRS_TILE": scene.place,
    }  # fmt: skip
    return scene_image(scene, CloudScoreSource(scene), ASSET, plain)


SERIES = Series(
    ASSET, dt.date(2015, 6, 27), tiling.list_scenes, tiling.find_scene, image,
    {"title": "Cloud Score+ S2_HARMONIZED V1"},
    tiling.least_scenes,
)  # fmt: skip
