"""Dynamic World: probabilities of nine classes for each scene of Sentinel-2."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from lib.localearth.planet import clouds, tiling
from lib.localearth.planet.field import Field
from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.noise import Floats
from lib.localearth.planet.product import (
    UINT8,
    UNIT_INTERVAL,
    BandInfo,
    Part,
    PlanetSource,
    scene_image,
)
from lib.localearth.planet.scene import Scene, Series, cloudiness, ring
from lib.localearth.planet.surface import Surface
from lib.localearth.planet.view import View, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

F = np.float32
ASSET = "GOOGLE/DYNAMICWORLD/V1"
MAX_CLOUD = 35.0  # percent; cloudier scenes are not classified
CLASSES: dict[str, tuple[str, ...]] = {
    "water": ("clear_water", "turbid_water", "blue_water"),
    "trees": ("conifer", "broadleaf", "broadleaf_bare"),
    "grass": ("grass", "grass_dry"),
    "flooded_vegetation": ("wetland", "wetland_dry"),
    "crops": ("crop_green", "crop_soil", "crop_ripe"),
    "shrub_and_scrub": ("shrub", "shrub_dry", "moss"),
    "built": ("roof_red", "roof_bright", "asphalt", "track"),
    "bare": ("bare", "rock"),
    "snow_and_ice": ("snow",),
}
BANDS = (*(BandInfo(name, UNIT_INTERVAL, 10) for name in CLASSES), BandInfo("label", UINT8, 10))
# How much of a class's evidence goes to others (row: true), after the agreement table of Brown et
# al. 2022 (Scientific Data 9, 251): grass, crops and shrub are confused most.
CONFUSION = np.array([
    [0.84, 0.02, 0.02, 0.06, 0.01, 0.01, 0.01, 0.03, 0.00],
    [0.01, 0.78, 0.03, 0.03, 0.04, 0.08, 0.02, 0.01, 0.00],
    [0.01, 0.05, 0.58, 0.04, 0.17, 0.12, 0.02, 0.01, 0.00],
    [0.07, 0.09, 0.09, 0.60, 0.08, 0.05, 0.01, 0.01, 0.00],
    [0.01, 0.03, 0.12, 0.02, 0.70, 0.06, 0.02, 0.04, 0.00],
    [0.01, 0.12, 0.14, 0.03, 0.10, 0.53, 0.02, 0.05, 0.00],
    [0.01, 0.04, 0.04, 0.01, 0.05, 0.03, 0.77, 0.05, 0.00],
    [0.03, 0.01, 0.03, 0.01, 0.07, 0.08, 0.06, 0.69, 0.02],
    [0.02, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.04, 0.87],
], np.float32)  # fmt: skip
DOUBT = 0.55  # how strongly patches of doubt move the evidence of a class


class DynamicWorldSource(PlanetSource):
    """Planes of one scene, masked under clouds."""

    def __init__(self, scene: Scene) -> None:
        """Keep the scene."""
        super().__init__(BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Probabilities and the most probable class."""
        lattice = Lattice(self.scene.crs, 0.0, 0.0, 10.0)
        seen = view(grid, lattice, self.scene.bounds)
        if seen is None or not (inside := seen.inside(self.scene.bounds)).any():
            return None
        chances = probabilities(self.scene, seen)
        sky = clouds.sky(seen.window, self.scene.day, self.scene.sun)
        valid = inside & seen.take((sky.opacity < 0.2) & (sky.shadow < 0.4))
        planes: dict[str, Any] = dict(zip(CLASSES, chances, strict=True))
        planes["label"] = np.argmax(chances, axis=0).astype(np.uint8)
        return {name: (seen.take(planes[name]), valid) for name in names}


def probabilities(scene: Scene, seen: View) -> Floats:
    """Probabilities of the classes over the window, `(classes, height, width)`."""
    window = seen.window
    surface = Surface(window, scene.day_of_year)
    field = Field(window)
    evidence = np.zeros((len(CLASSES), *window.shape), np.float32)
    for row, materials in enumerate(CLASSES.values()):
        plane = surface.share(*materials)
        if plane.any():
            for column, weight in enumerate(CONFUSION[row]):
                evidence[column] += plane * weight
    for row in range(len(CLASSES) - 1):
        doubt = field.fractal(16, 18, 0.7, seed=1000 + 10 * row)
        evidence[row] *= F(1) + np.clip(F(DOUBT) * doubt, F(-0.8), F(1.6))
    result: Floats = evidence / evidence.sum(axis=0)
    return result


def image(scene: Scene) -> Image | None:
    """The image of a scene, or None where it is too cloudy."""
    if cloudiness(scene.footprint, scene.day) > MAX_CLOUD:
        return None
    properties = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:footprint": ring(scene.footprint), "dynamicworld_algorithm_version": "3.5.0",
        "qa_algorithm_version": "1.0.0",
    }  # fmt: skip
    return scene_image(scene, DynamicWorldSource(scene), ASSET, properties)


SERIES = Series(
    ASSET,
    dt.date(2015, 6, 27),
    tiling.list_scenes,
    tiling.find_scene,
    image,
    {"title": "Dynamic World V1"},
    tiling.least_scenes,
)
