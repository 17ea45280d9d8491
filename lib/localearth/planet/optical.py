"""Reflectance of the ground on a date: covers by season, snow, slopes towards the sun."""

import functools

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet import season
from lib.localearth.planet.cover import WHOLE, Cover
from lib.localearth.planet.ground import Ground
from lib.localearth.planet.noise import Floats
from lib.localearth.planet.spectra import BANDS, FIELDS, table

F = np.float32
# Columns of the matrix of materials on a date, in this order.
MATERIALS = (
    "clear_water", "turbid_water", "conifer", "broadleaf", "broadleaf_bare", "shrub", "shrub_dry",
    "grass", "grass_dry", "crop_green", "crop_soil", "crop_ripe", "roof_red", "roof_bright",
    "asphalt", "bare", "rock", "wetland", "wetland_dry", "snow", "moss", "blue_water", "track",
)  # fmt: skip
FIXED = {
    Cover.CLEAR_WATER: "clear_water", Cover.TURBID_WATER: "turbid_water", Cover.CONIFER: "conifer",
    Cover.ROOF_RED: "roof_red", Cover.ROOF_BRIGHT: "roof_bright", Cover.ASPHALT: "asphalt",
    Cover.BARE: "bare", Cover.ROCK: "rock", Cover.ICE: "snow", Cover.MOSS: "moss",
    Cover.BLUE_WATER: "blue_water", Cover.TRACK: "track",
}  # fmt: skip
SEASONAL = {
    Cover.BROADLEAF: ("forest", "broadleaf", "broadleaf_bare"),
    Cover.SHRUB: ("shrubland", "shrub", "shrub_dry"),
    Cover.GRASS: ("grassland", "grass", "grass_dry"),
    Cover.WETLAND: ("grassland", "wetland", "wetland_dry"),
}
SNOW_PATCHES = 0.7  # steps of the season byte by which the edge of snow frays
# How much of the ground beneath shows snow: trees and roofs shed it.
HOLDS_SNOW = {
    Cover.CONIFER: 0.25, Cover.BROADLEAF: 0.35, Cover.CLEAR_WATER: 0.0, Cover.TURBID_WATER: 0.0,
    Cover.BLUE_WATER: 0.0,
    Cover.ROOF_BRIGHT: 0.5, Cover.ROOF_RED: 0.5, Cover.ASPHALT: 0.4,
}  # fmt: skip


def composition(ground: Ground, day_of_year: int) -> tuple[Floats, Floats]:
    """Materials on a date.

    Returns:
        Parts of `WHOLE` as whole float32 numbers, `(materials, pixels)`; and the part of snow.
    """
    pixels = ground.elevation.size
    result = np.zeros((len(MATERIALS), pixels), np.float32)
    byte = ground.season.ravel()
    parts = ground.parts.reshape(len(Cover), pixels)
    snow = snow_cover(ground, day_of_year).ravel()
    for cover in Cover:
        part = parts[cover]
        if not part.any():
            continue
        free = part.astype(np.float32)
        if cover is not Cover.ICE and snow.any():
            lying = np.rint(free * snow * F(HOLDS_SNOW.get(cover, 0.95)))
            result[MATERIALS.index("snow")] += lying
            free -= lying
        _spread(result, cover, free, ground, byte, day_of_year)
    return result, snow.reshape(ground.elevation.shape)


def _spread(
    result: Floats, cover: Cover, free: Floats, ground: Ground, byte: NDArray[np.uint8], day: int
) -> None:
    if cover in FIXED:
        result[MATERIALS.index(FIXED[cover])] += free
    elif cover in SEASONAL:
        kind, green, dry = SEASONAL[cover]
        alive = np.rint(free * np.minimum(season.greenness(kind, day), F(1)).take(byte))
        result[MATERIALS.index(green)] += alive
        result[MATERIALS.index(dry)] += free - alive
    else:
        tables = season.crop_tables()
        when = (season.crop_day(day).take(byte) + ground.shift.ravel()) % 366
        index = ground.crop.ravel().astype(np.intp) * 366 + when
        green_part = np.rint(free * tables[0].ravel().take(index))
        ripe_part = np.minimum(np.rint(free * tables[1].ravel().take(index)), free - green_part)
        result[MATERIALS.index("crop_green")] += green_part
        result[MATERIALS.index("crop_ripe")] += ripe_part
        result[MATERIALS.index("crop_soil")] += free - green_part - ripe_part


def snow_cover(ground: Ground, day_of_year: int) -> Floats:
    """Part of open ground under snow, 0..1."""
    lagged = season.temperature((day_of_year - 18) % 366)
    cover = np.clip((F(-1.0) - lagged) / F(6.0), 0, 1).astype(np.float32)
    patchy = np.rint(ground.texture[2] * F(SNOW_PATCHES)).astype(np.int16)
    result: Floats = cover.take(np.clip(ground.season + patchy, 0, season.STEPS - 1))
    return result


@functools.lru_cache(maxsize=32)
def _coefficients(bands: tuple[str, ...]) -> Floats:
    chosen = table(MATERIALS)[:, [BANDS.index(b) for b in bands]]
    return np.ascontiguousarray(chosen.reshape(-1, len(MATERIALS)))


def reflectance(ground: Ground, parts: Floats, bands: tuple[str, ...]) -> Floats:
    """Reflectance of the ground seen from above on flat terrain, `(bands, pixels)`."""
    sums = _coefficients(bands) @ parts
    sums = sums.reshape(1 + FIELDS, len(bands), -1)
    result: Floats = sums[0]
    for field in range(FIELDS):
        result += sums[1 + field] * ground.texture[field].ravel()
    result *= F(1.0 / (WHOLE * 10_000))
    return np.maximum(result, F(0.001))


def illumination(ground: Ground, zenith_deg: float, azimuth_deg: float) -> Floats:
    """Brightness of slopes relative to flat ground under the same sun, `(height, width)`."""
    zenith, azimuth = np.radians([zenith_deg, azimuth_deg])
    tangent = min(float(np.tan(zenith)), 3.0)
    east, north = F(np.sin(azimuth) * tangent), F(np.cos(azimuth) * tangent)
    facing = F(1) - ground.slope_x * east + ground.slope_y * north
    length = np.sqrt(F(1) + ground.slope_x**2 + ground.slope_y**2)
    relative = np.maximum(facing, F(0.05)) / length
    result: Floats = np.clip(F(0.35) + F(0.65) * relative, F(0.3), F(1.5))
    return result
