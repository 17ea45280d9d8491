"""Differences within a kind of cover: three standard normal fields over fields, stands and pixels.

The fields stand for brightness, vigour and moisture; `spectra` says how far reflectance follows
them. In farmland most of the difference lies between fields, elsewhere between stands and crowns.
"""

import numpy as np

from lib.localearth.planet.cover import WHOLE, Cover
from lib.localearth.planet.farmland import Fields
from lib.localearth.planet.lattice import Window
from lib.localearth.planet.noise import Floats, Words, hash_words, mix, smooth
from lib.localearth.planet.site import Site

F = np.float32
COUNT = 3
SPOTS = ((13, 20), (14, 19), (14, 18))  # octaves of stands and spots for each field
STRONGEST = 2.4  # standard deviations; beyond lie values that were not measured
LUSH = 0.6  # humid temperate land lies so many deviations on the dark, green side
DRY = (Cover.ROOF_RED, Cover.ROOF_BRIGHT, Cover.ASPHALT, Cover.BARE, Cover.ROCK, Cover.TRACK)
ROW_M = 14.0  # width of a pass of a tractor
BYTE = np.uint32(255)


def texture(site: Site, parts: np.ndarray, fields: Fields) -> Floats:
    """The fields over a window, `(3, height, width)`."""
    share = F(1 / WHOLE)
    farmed = (parts[Cover.CROP] + parts[Cover.GRASS]).astype(np.float32) * share
    water = parts[[Cover.CLEAR_WATER, Cover.TURBID_WATER, Cover.BLUE_WATER]].sum(axis=0) * share
    noise = [pixel_noise(site.window, 800 + i) * F(0.5**site.window.level) for i in range(COUNT)]
    lush = F(LUSH) * smooth(0.55, 0.2, site.arid) * smooth(36.0, 45.0, site.cold)
    lush = lush * (F(1) - parts[list(DRY)].sum(axis=0) * share)
    result = np.empty((COUNT, *site.shape), np.float32)
    for i in range(COUNT):
        patch = _patches(site, i)
        wild = F(0.90) * patch + F(0.32) * noise[i]
        if fields.words is None or fields.across is None:
            tame = F(0.55) * patch + F(0.3) * noise[i]
        else:
            tame = F(0.72) * _normal(fields.words, i) + F(0.55) * patch + F(0.26) * noise[i]
            tame += F(0.35) * _rows(site, fields, i)
        mixed = wild + (tame - wild) * farmed
        if i == 0:
            mixed = mixed * F(0.88) - lush
        calm = mixed * (F(1) - water.astype(np.float32)) + F(0.25) * patch * water.astype(
            np.float32
        )
        result[i] = np.clip(calm, F(-STRONGEST), F(STRONGEST))
    return result


def _patches(site: Site, which: int) -> Floats:
    """Regions, stands and spots, of unit variance."""
    regions = F(0.55) * site.fractal(6, 11, 0.8, seed=810 + 30 * which)
    first, last = SPOTS[which]
    return regions + F(0.835) * site.fractal(first, last, 0.88, seed=820 + 30 * which)


def _normal(words: Words, which: int) -> Floats:
    return bytes_to_normal(mix(words + np.uint32(90 + which)))


def _rows(site: Site, fields: Fields, which: int) -> Floats:
    """Stripes along the rows of a field, where pixels resolve them."""
    if site.scale > ROW_M or fields.words is None or fields.across is None:
        return np.zeros(site.shape, np.float32)
    row = np.floor(fields.across * F(1 / ROW_M)).astype(np.int32).astype(np.uint32)
    return bytes_to_normal(mix(fields.words + row * np.uint32(0x85EBCA77) + np.uint32(which)))


def bytes_to_normal(words: Words) -> Floats:
    """Nearly normal numbers of variance 1: sums of the four bytes of hashed words."""
    total = (words & BYTE) + ((words >> np.uint32(8)) & BYTE)
    total += ((words >> np.uint32(16)) & BYTE) + (words >> np.uint32(24))
    return (total.astype(np.float32) - F(510)) * F(1 / 147.8)


def pixel_noise(window: Window, seed: int, *, factor: int = 1) -> Floats:
    """Independent noise of variance 1 per pixel.

    Args:
        window: Which pixels.
        seed: Which noise.
        factor: 2 for one number per block of two by two pixels.
    """
    columns = np.arange(window.width // factor) + window.column // factor
    rows = np.arange(window.height // factor) + window.row // factor
    return bytes_to_normal(hash_words(columns[None, :], rows[:, None], seed))
