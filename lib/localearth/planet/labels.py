"""Label products: the planet's true cover as ESA WorldCover and Dynamic World report it.

Both carry errors of the kinds that the real products have: patches given to a class that is easily
confused, boundaries out of place, and mixed pixels. The rates are constants below.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import box

from lib.localearth.geometry import Geometry
from lib.localearth.planet.cover import Cover
from lib.localearth.planet.field import Field
from lib.localearth.planet.ground import Ground
from lib.localearth.planet.lattice import Lattice, Window
from lib.localearth.planet.noise import Floats, hash_words, unit
from lib.localearth.planet.product import UINT8, BandInfo, Part, PlanetSource
from lib.localearth.planet.site import PAD
from lib.localearth.planet.view import GROUNDS, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image
from lib.localearth.values import Collection

F = np.float32
ASSET = "ESA/WorldCover/v200"
LATTICE = Lattice("EPSG:4326", -180.0, 84.0, 1 / 12000)
DIMENSIONS = (4_320_000, 1_728_000)
COVERED = (-180.0, -60.0, 180.0, 84.0)
BANDS = (BandInfo("Map", UINT8, 10),)

ERROR_RATE = 0.12  # part of the pixels that differ from the truth: patches and edges together
PATCH_LEVEL = 1.55  # of a unit normal field: 6 % of the area lies in patches that are confused

WATER, WATER_PATCH_LEVEL = 80, 2.4  # water is seldom mistaken: under 1 % of its area

# Classes of WorldCover with the covers that make them up. Gardens and streets count towards
# built-up by the weight: a pixel is built-up from a third of roofs and asphalt.
CLASSES: dict[int, tuple[Cover, ...]] = {
    10: (Cover.CONIFER, Cover.BROADLEAF), 20: (Cover.SHRUB,), 30: (Cover.GRASS,),
    40: (Cover.CROP,), 50: (Cover.ROOF_RED, Cover.ROOF_BRIGHT, Cover.ASPHALT),
    60: (Cover.BARE, Cover.ROCK, Cover.TRACK), 70: (Cover.ICE,),
    80: (Cover.CLEAR_WATER, Cover.TURBID_WATER, Cover.BLUE_WATER),
    90: (Cover.WETLAND,), 100: (Cover.MOSS,),
}  # fmt: skip
BUILT_WEIGHT = 2
# What a class is taken for, after the confusion matrix of the WorldCover v200 validation report
# (Tsendbazar et al. 2022): the most frequent confusions of each class.
CONFUSED = {
    10: (20, 30), 20: (30, 10), 30: (40, 20), 40: (30, 30), 50: (60, 40), 60: (30, 40),
    70: (60, 100), 80: (90, 90), 90: (30, 10), 100: (30, 60),
}  # fmt: skip
NAMES = (
    "Tree cover", "Shrubland", "Grassland", "Cropland", "Built-up", "Bare / sparse vegetation",
    "Snow and ice", "Permanent water bodies", "Herbaceous wetland", "Mangroves",
    "Moss and lichen",
)  # fmt: skip
PALETTE = (
    "006400", "ffbb22", "ffff4c", "f096ff", "fa0000", "b4b4b4", "f0f0f0", "0064c8", "0096a0",
    "00cf75", "fae6a0",
)  # fmt: skip
VALUES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)


def true_cover(ground: Ground) -> NDArray[np.uint8]:
    """The class of WorldCover that covers most of each pixel, without any error."""
    shares = []
    for value, covers in CLASSES.items():
        weight = BUILT_WEIGHT if value == 50 else 1
        shares.append(ground.parts[list(covers)].sum(axis=0, dtype=np.int32) * weight)
    codes = np.array(list(CLASSES), np.uint8)
    result: NDArray[np.uint8] = codes[np.argmax(np.stack(shares), axis=0)]
    return result


def reported_cover(window: Window) -> NDArray[np.uint8]:
    """The class that the product reports over a window."""
    wide = window.pad(PAD)
    true = true_cover(GROUNDS.get(wide))
    field = Field(window)
    inner = (slice(PAD, -PAD), slice(PAD, -PAD))
    index = np.arange(true.size).reshape(true.shape)[inner]
    shift_x = np.clip(np.rint(field.fractal(17, 20, 0.8, seed=910)), -1, 1).astype(np.int64)
    shift_y = np.clip(np.rint(field.fractal(17, 20, 0.8, seed=920)), -1, 1).astype(np.int64)
    moved = true.ravel().take(index + shift_x + shift_y * true.shape[1])
    return _confuse(moved, field.fractal(16, 19, 0.7, seed=930), window)


def _confuse(true: NDArray[np.uint8], patches: Floats, window: Window) -> NDArray[np.uint8]:
    taken_for = np.arange(256, dtype=np.uint8)[None, :].repeat(2, axis=0)
    for value, (first, second) in CONFUSED.items():
        taken_for[:, value] = first, second
    columns = np.arange(window.column, window.column + window.width) >> 5
    rows = np.arange(window.row, window.row + window.height) >> 5
    which = (unit(hash_words(columns[None, :], rows[:, None], 940)) > F(0.65)).astype(np.intp)
    wrong = taken_for[which, true]
    level = np.where(true == WATER, F(WATER_PATCH_LEVEL), F(PATCH_LEVEL))
    return np.where(patches > level, wrong, true)


class WorldCoverSource(PlanetSource):
    """The map of 2021."""

    def __init__(self) -> None:
        """Cover the latitudes of the product."""
        super().__init__(BANDS, box(*COVERED))

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Classes on a grid."""
        seen = view(grid, LATTICE, COVERED)
        if seen is None or not (inside := seen.inside(COVERED)).any():
            return None
        return {name: (seen.take(reported_cover(seen.window)), inside) for name in names}


def image() -> Image:
    """The one image of the collection."""
    band = Band("Map", UINT8, LATTICE.projection(0, 0), WorldCoverSource(), 0, DIMENSIONS)
    properties: dict[str, Any] = {
        "system:index": "2021", "system:time_start": 1609459200000,
        "system:time_end": 1640995200000, "Map_class_names": list(NAMES),
        "Map_class_palette": list(PALETTE), "Map_class_values": list(VALUES),
    }  # fmt: skip
    return Image((band,), properties, Geometry(box(*COVERED), geodesic=False), f"{ASSET}/2021")


def collection() -> Collection:
    """The collection of one image."""
    return Collection.of(
        [image()], of_images=True, asset_id=ASSET, properties={"title": "ESA WorldCover 10m v200"}
    )
