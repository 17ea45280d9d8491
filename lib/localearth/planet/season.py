"""The course of the year: greenness of plants, calendars of crops, temperature and snow.

Pixels carry an effective latitude (degrees; height counts as latitude), quantised to a byte. For a
date each table gives one value per byte, so a tile's season is one look-up.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

STEPS = 256
DEGREES_PER_STEP = 0.75
METRES_PER_DEGREE = 150.0  # height that cools as much as a degree of latitude
YEAR = 365.25
HALF_YEAR = YEAR / 2

# Means by month of NDVI from "ndvi_slovenia" of the measured signatures (eo-learn example data,
# MIT). November to February hold snow and leftover cloud there; those months are drawn as a
# smooth course between October and March instead.
NDVI_BY_MONTH: dict[str, tuple[float, ...]] = {
    "forest": (0.300, 0.297, 0.360, 0.509, 0.633, 0.669, 0.670, 0.699, 0.628, 0.546, 0.430, 0.340),
    "grassland": (0.28, 0.26, 0.290, 0.479, 0.646, 0.647, 0.623, 0.648, 0.649, 0.61, 0.45, 0.33),
    "shrubland": (0.26, 0.248, 0.290, 0.487, 0.638, 0.694, 0.682, 0.708, 0.625, 0.578, 0.42, 0.315),
}
MIDDLES = tuple(15.2 + 30.44 * i for i in range(12))
SUMMER_MONTHS = (5, 6, 7)  # June to August: the season of the measured spectra

# Crops of temperate farmland: (day of year, part green, part ripe), straight lines between; the
# rest is soil. After the crop calendars of the JRC MARS bulletins for central Europe.
CALENDARS: tuple[tuple[tuple[int, float, float], ...], ...] = (
    # winter wheat
    ((1, 0.30, 0.0), (75, 0.40, 0.0), (110, 0.85, 0.0), (150, 1.0, 0.0), (178, 0.80, 0.20),
     (202, 0.15, 0.85), (214, 0.0, 1.0), (226, 0.02, 0.75), (250, 0.08, 0.1), (285, 0.05, 0.0),
     (320, 0.22, 0.0), (366, 0.30, 0.0)),
    # rapeseed
    ((1, 0.45, 0.0), (80, 0.60, 0.0), (105, 0.9, 0.0), (125, 0.70, 0.25), (145, 1.0, 0.0),
     (175, 0.7, 0.3), (195, 0.1, 0.9), (215, 0.1, 0.5), (235, 0.15, 0.0), (270, 0.4, 0.0),
     (366, 0.45, 0.0)),
    # maize
    ((1, 0.05, 0.1), (100, 0.08, 0.05), (125, 0.0, 0.0), (150, 0.12, 0.0), (175, 0.6, 0.0),
     (195, 1.0, 0.0), (240, 0.95, 0.0), (262, 0.55, 0.4), (276, 0.05, 0.7), (300, 0.1, 0.1),
     (366, 0.05, 0.1)),
    # spring barley
    ((1, 0.10, 0.1), (80, 0.0, 0.0), (105, 0.15, 0.0), (135, 0.85, 0.0), (165, 0.95, 0.0),
     (185, 0.35, 0.65), (205, 0.0, 1.0), (222, 0.05, 0.6), (245, 0.2, 0.0), (300, 0.35, 0.0),
     (366, 0.10, 0.1)),
    # potatoes and beet
    ((1, 0.0, 0.05), (95, 0.0, 0.0), (130, 0.08, 0.0), (160, 0.75, 0.0), (185, 1.0, 0.0),
     (255, 0.85, 0.0), (285, 0.4, 0.2), (300, 0.0, 0.0), (366, 0.0, 0.05)),
    # ley grass, cut several times
    ((1, 0.40, 0.0), (85, 0.55, 0.0), (125, 1.0, 0.0), (138, 0.5, 0.2), (170, 0.95, 0.0),
     (180, 0.5, 0.2), (210, 0.9, 0.0), (221, 0.5, 0.2), (260, 0.9, 0.0), (300, 0.7, 0.0),
     (366, 0.40, 0.0)),
)  # fmt: skip
CROPS = len(CALENDARS)
CROP_SHARES = (0.23, 0.09, 0.27, 0.08, 0.09, 0.24)
MIXED = CROPS  # the index of the mean over crops and sowing dates
SHIFT_DAYS = 9  # sowing dates differ by up to so many days


def effective_latitude(step: NDArray[np.integer] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed effective latitude of a season byte."""
    return (np.asarray(step, np.float64) - 128.0) * DEGREES_PER_STEP


@functools.lru_cache(maxsize=64)
def local_day(day_of_year: int) -> NDArray[np.float64]:
    """The day of the northern year that each season byte lives in, `(STEPS,)`."""
    latitude = effective_latitude(np.arange(STEPS))
    day = day_of_year + np.where(latitude < 0, HALF_YEAR, 0.0)
    from_summer = (day - 205.0 + HALF_YEAR) % YEAR - HALF_YEAR
    later = 1.0 + np.clip((np.abs(latitude) - 50.0) * 0.010, -0.25, 0.5)
    result: NDArray[np.float64] = 205.0 + np.clip(from_summer * later, -HALF_YEAR, HALF_YEAR)
    return result


@functools.lru_cache(maxsize=64)
def greenness(kind: str, day_of_year: int) -> NDArray[np.float32]:
    """How green a kind of plants is, 1 in summer and 0 when dormant: `(STEPS,)`."""
    course = NDVI_BY_MONTH[kind]
    summer = sum(course[i] for i in SUMMER_MONTHS) / len(SUMMER_MONTHS)
    value = np.interp(local_day(day_of_year), MIDDLES, course, period=YEAR)
    relative = (value - min(course)) / (summer - min(course))
    latitude = np.abs(effective_latitude(np.arange(STEPS)))
    amplitude = np.clip((latitude - 12.0) / 28.0, 0.12, 1.0)
    return np.clip(1 - amplitude * (1 - relative), 0, 1.05).astype(np.float32)


@functools.lru_cache(maxsize=64)
def temperature(day_of_year: int) -> NDArray[np.float32]:
    """Temperature of the air in degrees Celsius, `(STEPS,)`; snow lags it by some weeks."""
    signed = effective_latitude(np.arange(STEPS))
    latitude = np.abs(signed)
    mean = 27.0 - 0.0078 * latitude**2
    day = day_of_year + np.where(signed < 0, HALF_YEAR, 0.0)
    swing = 0.21 * latitude * np.cos((day - 208.0) * (2 * math.pi / YEAR))
    return np.rint((mean + swing) * 64).astype(np.float32) / np.float32(64)


@functools.cache
def crop_tables() -> NDArray[np.float32]:
    """Parts green and ripe of each crop and of the mean: `(2, CROPS + 1, 366)`."""
    days = np.arange(366)
    rows = []
    for calendar in CALENDARS:
        keys = [k[0] - 1 for k in calendar]
        rows.append([np.interp(days, keys, [k[part] for k in calendar]) for part in (1, 2)])
    tables = np.array(rows).transpose(1, 0, 2)
    spread = [np.roll(tables, shift, axis=2) for shift in range(-SHIFT_DAYS, SHIFT_DAYS + 1, 3)]
    mean = np.einsum("pcd,c->pd", np.mean(spread, axis=0), np.array(CROP_SHARES))
    return np.concatenate([tables, mean[:, None, :]], axis=1).astype(np.float32)


@functools.lru_cache(maxsize=64)
def crop_day(day_of_year: int) -> NDArray[np.int32]:
    """Day of the crop calendar at each season byte, 0..365: `(STEPS,)`."""
    day = np.rint(local_day(day_of_year)) % 366
    result: NDArray[np.int32] = np.clip(day, 0, 365).astype(np.int32)
    return result
