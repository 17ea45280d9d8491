"""Landsat 8, Collection 2, surface reflectance and temperature of the planet."""

import datetime as dt
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet import clouds, season
from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.noise import Floats, hash_number
from lib.localearth.planet.orbits import EPOCH, Orbit, least_scenes, list_frames, scene_of
from lib.localearth.planet.product import (
    INT16,
    UINT8,
    UINT16,
    BandInfo,
    Part,
    PlanetSource,
    scene_image,
)
from lib.localearth.planet.scene import (
    LazyProperties,
    Scene,
    Series,
    cloudiness,
    day_in,
    ring,
)
from lib.localearth.planet.sensor import seen_reflectance
from lib.localearth.planet.surface import Surface
from lib.localearth.planet.texture import pixel_noise
from lib.localearth.planet.view import View, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

F = np.float32
ASSET = "LANDSAT/LC08/C02/T1_L2"
ORBIT = Orbit(
    revolutions=233, days=16, inclination=98.2, node=-64.6 - 180.0 + 180.0 * 16 / 233, step=16,
    first_day=(dt.date(2014, 3, 18) - EPOCH).days, first_orbit=44,  # path 44: 2014-03-18
    frame_angles=tuple(180.0 + (row - 60) * 360.0 / 248 for row in range(1, 123)),
    frame_numbers=tuple(range(1, 123)), across_km=183.0, along_km=178.0, hours=(22.2, 10.45),
    pixel=30, offset=15,
)  # fmt: skip

# The bands of Sentinel-2 that see the same part of the spectrum.
SPECTRAL = {
    "SR_B1": "B1", "SR_B2": "B2", "SR_B3": "B3", "SR_B4": "B4", "SR_B5": "B8A", "SR_B6": "B11",
    "SR_B7": "B12",
}  # fmt: skip
THERMAL = {
    "ST_ATRAN": 8200, "ST_CDIST": 500, "ST_DRAD": 900, "ST_EMIS": 9750, "ST_EMSD": 60,
    "ST_QA": 180, "ST_TRAD": 9300, "ST_URAD": 1800,
}  # fmt: skip
BANDS = (
    *(BandInfo(name, UINT16, 30) for name in SPECTRAL), BandInfo("SR_QA_AEROSOL", UINT8, 30),
    BandInfo("ST_B10", UINT16, 30), *(BandInfo(name, INT16, 30) for name in THERMAL),
    BandInfo("QA_PIXEL", UINT16, 30), BandInfo("QA_RADSAT", UINT16, 30),
)  # fmt: skip
SCALE, OFFSET = 2.75e-05, -0.2
KELVIN_SCALE, KELVIN_OFFSET = 0.00341802, 149.0
NOISE = 0.0015  # standard deviation of reflectance
# Degrees that a sunlit summer surface is warmer than the air.
WARMER = {
    "bare": 14.0, "rock": 11.0, "asphalt": 15.0, "roof_red": 13.0, "roof_bright": 9.0,
    "crop_soil": 12.0, "crop_ripe": 9.0, "grass_dry": 8.0, "shrub_dry": 8.0, "shrub": 5.0,
    "crop_green": 2.0, "grass": 3.0, "moss": 4.0,
}  # fmt: skip


class Landsat8Source(PlanetSource):
    """Planes of one scene."""

    def __init__(self, scene: Scene) -> None:
        """Keep the scene."""
        super().__init__(BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """All bands have pixels of 30 m."""
        lattice = Lattice(self.scene.crs, 15.0, 15.0, 30.0)
        seen = view(grid, lattice, self.scene.bounds)
        if seen is None or not (inside := seen.inside_scene(self.scene)).any():
            return None
        shot = _Shot(self.scene, seen, names)
        return {name: (seen.take(shot.plane(name)), inside) for name in names}


class _Shot:
    """A scene's bands over one window."""

    def __init__(self, scene: Scene, seen: View, names: tuple[str, ...]) -> None:
        self.scene, self.window = scene, seen.window
        self.sky = clouds.sky(self.window, scene.day, scene.sun)
        self.surface = Surface(self.window, scene.day_of_year)
        bands = tuple(SPECTRAL[name] for name in names if name in SPECTRAL)
        planes = self.surface.reflectance(bands, scene.sun)
        self._seen = {
            band: seen_reflectance(plane, self.sky, band)
            for band, plane in zip(bands, planes, strict=True)
        }

    def plane(self, name: str) -> NDArray[Any]:
        """A band over the window."""
        if name in SPECTRAL:
            return self._digital(name)
        if name == "ST_B10":
            return self._temperature()
        if name == "QA_PIXEL":
            return self._quality()
        if name in THERMAL:
            return np.full(self.window.shape, THERMAL[name], np.int16)
        value, dtype = (64, np.uint8) if name == "SR_QA_AEROSOL" else (0, np.uint16)
        return np.full(self.window.shape, value, dtype)

    def _digital(self, name: str) -> NDArray[np.uint16]:
        noise = pixel_noise(self.window, hash_number(self.scene.day, 50 + int(name[-1])))
        plane = self._seen[SPECTRAL[name]] + noise * F(NOISE)
        plane = np.rint((plane - F(OFFSET)) * F(1 / SCALE))
        result: NDArray[np.uint16] = np.clip(plane, F(1), F(65455)).astype(np.uint16)
        return result

    def _temperature(self) -> NDArray[np.uint16]:
        season_byte = self.surface.inner(self.surface.ground.season)
        air: Floats = season.temperature(self.scene.day_of_year).take(season_byte)
        height = max(np.cos(np.radians(self.scene.sun.zenith)), 0.0)
        warmer = np.zeros(self.window.shape, np.float32)
        for name, degrees in WARMER.items():
            warmer += self.surface.share(name) * F(degrees * height * 1.2)
        clear = F(1) - self.sky.opacity
        kelvin = F(275.15) + air + warmer * (F(1) - self.sky.shadow) * clear
        kelvin -= self.sky.opacity * F(28)
        numbers = np.rint((kelvin - F(KELVIN_OFFSET)) * F(1 / KELVIN_SCALE))
        result: NDArray[np.uint16] = numbers.astype(np.uint16)
        return result

    def _quality(self) -> NDArray[np.uint16]:
        """QA_PIXEL: bits as in the product guide of Collection 2."""
        opaque, shadow = self.sky.opacity, self.sky.shadow
        cloud = opaque > clouds.OPAQUE
        dilated = (opaque > 0.12) & ~cloud
        cirrus = (opaque > 0.2) & ~cloud
        shaded = (shadow > 0.35) & ~cloud
        snow = (self.surface.share("snow") > 0.5) & ~cloud
        water = self.surface.share("clear_water", "turbid_water", "blue_water") > 0.5
        clear = ~(cloud | dilated | cirrus | shaded)
        bits = dilated * 2 + cirrus * 4 + cloud * 8 + shaded * 16 + snow * 32 + clear * 64
        bits = bits + water * 128 + (1 + 2 * cloud) * 256 + (1 + 2 * shaded) * 1024
        bits = bits + (1 + 2 * snow) * 4096 + (1 + 2 * cirrus) * 16384
        result: NDArray[np.uint16] = bits.astype(np.uint16)
        return result


def image(scene: Scene) -> Image:
    """The image of a scene."""
    return scene_image(scene, Landsat8Source(scene), ASSET, properties(scene))


def properties(scene: Scene) -> Mapping[str, Any]:
    """Properties of a scene, named as in the real collection."""
    sun = scene.sun
    plain = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:footprint": ring(scene.footprint), "SPACECRAFT_ID": "LANDSAT_8",
        "SENSOR_ID": "OLI_TIRS", "WRS_PATH": scene.orbit, "WRS_ROW": int(scene.place),
        "WRS_TYPE": 2, "DATE_ACQUIRED": f"{scene.time:%Y-%m-%d}",
        "SCENE_CENTER_TIME": f"{scene.time:%H:%M:%S}.0000000Z", "COLLECTION_CATEGORY": "T1",
        "COLLECTION_NUMBER": 2, "PROCESSING_LEVEL": "L2SP", "LANDSAT_PRODUCT_ID": _product(scene),
        "SUN_ELEVATION": round(90 - sun.zenith, 6), "SUN_AZIMUTH": sun.azimuth,
        "UTM_ZONE": int(scene.crs[-2:]), "MAP_PROJECTION": "UTM", "DATUM": "WGS84",
        "IMAGE_QUALITY_OLI": 9, "IMAGE_QUALITY_TIRS": 9, "DATA_SOURCE_ELEVATION": "GLS2000",
        "REFLECTANCE_MULT_BAND_4": SCALE, "REFLECTANCE_ADD_BAND_4": OFFSET,
        "TEMPERATURE_MULT_BAND_ST_B10": KELVIN_SCALE, "TEMPERATURE_ADD_BAND_ST_B10": KELVIN_OFFSET,
    }  # fmt: skip

    def cover() -> float:
        return round(cloudiness(scene.footprint, scene.day), 2)

    return LazyProperties(plain, {"CLOUD_COVER": cover, "CLOUD_COVER_LAND": cover})


def _product(scene: Scene) -> str:
    day = f"{scene.time:%Y%m%d}"
    return f"LC08_L2SP_{scene.orbit:03d}{int(scene.place):03d}_{day}_{day}_02_T1"


def list_scenes(first: int, last: int, area: BaseGeometry | None) -> Iterator[Scene]:
    """Scenes of days `[first, last]` since 1970, in order of time."""
    for frame, start in list_frames(ORBIT, first, last, area):
        day = dt.datetime.fromtimestamp(start / 1000, tz=dt.UTC)
        index = f"LC08_{frame.orbit:03d}{frame.number:03d}_{day:%Y%m%d}"
        yield scene_of(frame, start, index, "LANDSAT_8")


def find_scene(index: str) -> Scene | None:
    """The scene with an index such as "LC08_193027_20210612"."""
    match = re.fullmatch(r"LC08_(\d{3})(\d{3})_(\d{8})", index)
    day = day_in(index)
    if match is None or day is None:
        return None
    frame = ORBIT.frame(int(match[1]), int(match[2]))
    area = frame.footprint if frame else None
    scenes = list_scenes(day, day, area) if area is not None else iter(())
    return next((scene for scene in scenes if scene.index == index), None)


SERIES = Series(
    ASSET, dt.date(2013, 3, 18), list_scenes, find_scene, image,
    {"title": "USGS Landsat 8 Level 2, Collection 2, Tier 1"},
    functools.partial(least_scenes, ORBIT),
)  # fmt: skip
