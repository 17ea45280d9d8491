"""Sentinel-1 ground range detected backscatter of the planet, in decibels."""

import datetime as dt
import functools
import heapq
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.noise import Floats, hash_number
from lib.localearth.planet.optical import MATERIALS
from lib.localearth.planet.orbits import EPOCH, Orbit, least_scenes, list_frames, scene_of
from lib.localearth.planet.product import DOUBLE, FLOAT, BandInfo, Part, PlanetSource, scene_image
from lib.localearth.planet.scene import DAY_MS, Scene, Series, day_in, ring
from lib.localearth.planet.surface import Surface
from lib.localearth.planet.texture import pixel_noise
from lib.localearth.planet.view import View, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

F = np.float32
ASSET = "COPERNICUS/S1_GRD"
FRAMES = 236
ORBIT = Orbit(
    revolutions=175, days=12, inclination=98.18, node=0.6, step=12,
    first_day=(dt.date(2014, 10, 3) - EPOCH).days, first_orbit=1,
    frame_angles=tuple((i + 0.5) * 360.0 / FRAMES for i in range(FRAMES)),
    frame_numbers=tuple(range(1, FRAMES + 1)), across_km=250.0, along_km=172.0,
    hours=(18.05, 5.95), pixel=10, offset=0,
)  # fmt: skip
SECOND_UNTIL = (dt.date(2021, 12, 23) - EPOCH).days  # Sentinel-1B fails
SECOND_FROM = (dt.date(2016, 9, 26) - EPOCH).days
BANDS = (BandInfo("VV", DOUBLE, 10), BandInfo("VH", DOUBLE, 10), BandInfo("angle", FLOAT, 20_000))
LOOKS = 4.4  # equivalent number of looks of the product
NEAR_ANGLE, FAR_ANGLE = 30.5, 46.0

# Mean backscatter in decibels at 38 degrees, VV and VH, after the global backscatter model of
# Bauer-Marschallinger et al. 2021 (Scientific Data 8, 277) and Vreugdenhil et al. 2018 for crops.
BACKSCATTER: dict[str, tuple[float, float]] = {
    "clear_water": (-20.5, -28.0), "turbid_water": (-19.5, -27.0), "conifer": (-8.3, -13.9),
    "broadleaf": (-7.6, -13.2), "broadleaf_bare": (-8.4, -14.6), "shrub": (-10.4, -16.8),
    "shrub_dry": (-11.2, -18.3), "grass": (-11.6, -18.4), "grass_dry": (-12.4, -20.0),
    "crop_green": (-10.6, -16.2), "crop_soil": (-11.4, -20.6), "crop_ripe": (-11.8, -18.2),
    "roof_red": (-3.2, -11.2), "roof_bright": (-1.5, -10.0), "asphalt": (-10.5, -19.0),
    "bare": (-13.2, -22.3), "rock": (-10.0, -17.5), "wetland": (-8.9, -15.9),
    "wetland_dry": (-9.8, -17.4), "snow": (-13.5, -20.5), "moss": (-11.9, -19.0),
    "blue_water": (-20.5, -28.0), "track": (-12.0, -20.5),
}  # fmt: skip


class Sentinel1Source(PlanetSource):
    """Planes of one scene."""

    def __init__(self, scene: Scene) -> None:
        """Keep the scene."""
        super().__init__(BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Backscatter has pixels of 10 m; the angle is smooth."""
        lattice = Lattice(self.scene.crs, 0.0, 0.0, 10.0)
        seen = view(grid, lattice, self.scene.bounds)
        if seen is None or not (inside := seen.inside_scene(self.scene)).any():
            return None
        angle = _incidence(self.scene, seen)
        polarisations = tuple(name for name in names if name != "angle")
        planes = _backscatter(self.scene, seen, polarisations) if polarisations else {}
        result: dict[str, Part] = {}
        for name in names:
            if name == "angle":
                result[name] = (seen.take(angle), inside)
            else:
                shape = F(0.11) * (F(38.0) - angle)  # decibels per degree, over all covers
                result[name] = (_rounded(seen.take(planes[name] + shape)), inside)
        return result


def _rounded(decibels: NDArray[Any]) -> NDArray[np.float64]:
    """Thousandths of a decibel, so that no library's last bit of a logarithm shows."""
    return np.rint(decibels.astype(np.float64) * 1000) / 1000


def _incidence(scene: Scene, seen: View) -> Floats:
    """Incidence angle in degrees over the window, growing away from the satellite's side."""
    window = seen.window
    (x1, y1), (x2, y2), (x3, y3) = scene.corners[1], scene.corners[2], scene.corners[3]
    del x3, y3
    across = math.hypot(x2 - x1, y2 - y1)
    along_x, along_y = (x2 - x1) / across, (y2 - y1) / across
    columns = np.arange(window.column, window.column + window.width) + 0.5
    rows = (np.arange(window.row, window.row + window.height) + 0.5)[:, None]
    x = window.lattice.x0 + columns * window.size
    y = window.lattice.y0 - rows * window.size
    part = ((x - x1) * along_x + (y - y1) * along_y) / across  # 0 on the right of the track
    angle = FAR_ANGLE + (NEAR_ANGLE - FAR_ANGLE) * np.clip(part, 0, 1)
    return angle.astype(np.float32)


def _backscatter(scene: Scene, seen: View, names: tuple[str, ...]) -> dict[str, Floats]:
    window = seen.window
    surface = Surface(window, scene.day_of_year)
    slope = surface.inner(surface.ground.slope_x)
    moisture = surface.inner(surface.ground.texture[1])
    looking = F(-1.0 if scene.ascending else 1.0)  # looks to the right: east going north
    facing = np.clip(F(1) + F(1.6) * looking * -slope, F(0.35), F(2.6))
    result = {}
    for name in names:
        channel = 0 if name == "VV" else 1
        power = np.zeros(window.shape, np.float32)
        for row, material in enumerate(MATERIALS):
            if surface.parts[row].any():
                mean = 10 ** (BACKSCATTER[material][channel] / 10)
                power += surface.share(material) * F(mean)
        power *= (F(1) + F(0.12) * moisture).clip(0.4, 2.0) * facing
        power *= _speckle(seen, hash_number(scene.start_ms // 1000, channel))
        result[name] = (F(10) * np.log10(np.maximum(power, F(1e-6)).astype(np.float64))).astype(F)
    return result


def _speckle(seen: View, seed: int) -> Floats:
    """Gamma distributed factors of mean 1, by the cube root rule of Wilson and Hilferty.

    A pixel of a coarser level averages the looks of those that it covers.
    """
    looks = LOOKS * 4.0**seen.window.level
    normal = pixel_noise(seen.window, seed)
    root = F(1 - 1 / (9 * looks)) + normal * F(1 / (3 * math.sqrt(looks)))
    result: Floats = np.maximum(root, F(0.05)) ** 3
    return result


def image(scene: Scene) -> Image:
    """The image of a scene."""
    return scene_image(scene, Sentinel1Source(scene), ASSET, properties(scene))


def properties(scene: Scene) -> Mapping[str, Any]:
    """Properties of a scene, named as in the real collection."""
    return {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:time_end": scene.start_ms + 25_000, "system:footprint": ring(scene.footprint),
        "instrument": "Synthetic Aperture Radar", "instrumentMode": "IW", "resolution": "H",
        "resolution_meters": 10, "transmitterReceiverPolarisation": ["VV", "VH"],
        "orbitProperties_pass": "ASCENDING" if scene.ascending else "DESCENDING",
        "relativeOrbitNumber_start": scene.orbit, "relativeOrbitNumber_stop": scene.orbit,
        "platform_number": scene.platform[-1], "familyName": "SENTINEL-1", "productType": "GRD",
        "platformHeading": -12.5 if scene.ascending else -167.5, "sliceNumber": int(scene.place),
    }  # fmt: skip


def list_scenes(first: int, last: int, area: BaseGeometry | None) -> Iterator[Scene]:
    """Scenes of both satellites on days `[first, last]` since 1970, in order of time."""
    half = ORBIT.days // 2
    low, high = max(first, SECOND_FROM), min(last, SECOND_UNTIL)
    one = ((start, frame, "A") for frame, start in list_frames(ORBIT, first, last, area))
    two = (
        (start + half * DAY_MS, frame, "B")
        for frame, start in list_frames(ORBIT, low - half, high - half, area)
    )
    for start, frame, letter in heapq.merge(one, two, key=lambda entry: entry[0]):
        yield scene_of(frame, start, _index(start, frame.orbit, frame.number, letter), letter)


def _index(start: int, orbit: int, number: int, letter: str) -> str:
    begin = dt.datetime.fromtimestamp(start / 1000, tz=dt.UTC)
    end = begin + dt.timedelta(seconds=25)
    absolute = start // DAY_MS * 175 // 12 % 100_000 + orbit % 10
    code = hash_number(start // 1000, number) & 0xFFFFFF
    return (
        f"S1{letter}_IW_GRDH_1SDV_{begin:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}_{absolute:06d}_"
        f"{code:06X}_{hash_number(code) & 0xFFFF:04X}"
    )


def find_scene(index: str) -> Scene | None:
    """The scene with an index such as "S1A_IW_GRDH_1SDV_20210602T171914_…"."""
    match = re.match(r"S1[AB]_IW_GRDH_1SDV_(\d{8})T(\d{2})", index)
    day = day_in(index.replace("T", " "))
    if match is None or day is None:
        return None
    ascending_at = (ORBIT.hours[0] - int(match[2]) - 0.5) % 24 * 15
    descending_at = (ORBIT.hours[1] - int(match[2]) - 0.5) % 24 * 15
    for lon in (ascending_at, descending_at):
        east = (lon + 180) % 360 - 180
        strip = box(max(east - 12, -180), -82, min(east + 12, 180), 82)
        for scene in list_scenes(day, day, strip):
            if scene.index == index:
                return scene
    return None


SERIES = Series(
    ASSET, dt.date(2014, 10, 3), list_scenes, find_scene, image,
    {"title": "Sentinel-1 SAR GRD: C-band Synthetic Aperture Radar Ground Range Detected"},
    functools.partial(least_scenes, ORBIT),
)  # fmt: skip
