"""Colours for classes: those that suit their names, and never two that look alike."""

import colorsys
import functools
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lib.core.legend import PALETTE

# A difference of 2.3 in CIELAB is just noticed side by side (Mahy et al. 1994); thin polygons on
# a map need far more.
LEAST_DIFFERENCE = 25.0

# What the first words found in a name ask for: the colours of published land cover maps
# (WorldCover, Dynamic World, NLCD, CORINE), the first being the best.
_BY_WORD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mangrove", ("#00cf75", "#00a35c")),
    (
        "flooded wetland marsh swamp bog peat fen mire reed",
        ("#7a87c6", "#0096a0", "#6c9fb8"),
    ),
    ("cloud snow ice glacier", ("#f0f0f0", "#d1def8", "#b39fe1")),
    ("burn burnt burned fire scar ash", ("#4a1c0d", "#7f2704")),
    (
        "cleared clearcut deforestation deforested logging logged fallen",
        ("#e31a1c", "#fd8d3c"),
    ),
    (
        "bare barren sand desert rock soil dune beach quarry mine mining gravel dryout",
        ("#c8b48c", "#a59b8f", "#e0d4b0"),
    ),
    (
        "urban built building city town village settlement developed impervious artificial house",
        ("#c4281b", "#fa0000", "#ab0000", "#7f7f7f"),
    ),
    ("residential industrial infrastructure", ("#a6373f", "#7f7f7f")),
    ("road street asphalt pavement railway airport", ("#7f7f7f", "#4d4d4d")),
    (
        "water river lake sea ocean pond reservoir stream canal lagoon",
        ("#0064c8", "#419bdf", "#08306b"),
    ),
    ("rice paddy", ("#80b1d3", "#5fc8b0")),
    (
        "orchard vineyard plantation palm olive fruit tea coffee cocoa",
        ("#b5703c", "#8f6bb0", "#d9a066"),
    ),
    (
        "pasture meadow grass grassland savanna savannah steppe rangeland hay herbaceous lawn",
        ("#88b053", "#b8d95f", "#dcd939"),
    ),
    (
        "crop cropland cultivated farm farmland agriculture agricultural arable field",
        ("#f2c230", "#e49635", "#fff06b", "#c98a00"),
    ),
    ("maize corn wheat barley sorghum millet", ("#fff06b", "#f2c230", "#c98a00")),
    ("soy soybean bean pulse sunflower rapeseed", ("#b8a500", "#e49635")),
    ("cotton sugarcane potato cassava vegetable", ("#e49635", "#d98cb3")),
    ("shrub shrubland scrub bush heath moor cerrado", ("#b08f3c", "#ffbb22", "#8a6d1f")),
    ("moss lichen tundra", ("#fae6a0", "#82ba9e")),
    ("conifer coniferous evergreen needleleaf pine spruce fir", ("#1c5f2c", "#00441b")),
    ("deciduous broadleaf broadleaved oak beech poplar eucalyptus", ("#68ab5f", "#41ab5d")),
    ("forest tree wood woodland jungle", ("#006400", "#397d49", "#68ab5f")),
    ("vegetation plant", ("#7fb069",)),
    ("shadow unknown other background nodata", ("#969696", "#525252")),
)


def suited_colours(names: Sequence[str], *, taken: Sequence[str] = ()) -> tuple[str, ...]:
    """Choose a colour for each class.

    A colour that suits the name (blue for water, green for forest …) where an English word in it
    is known, else the next of the colour-blind safe palette; none looks like one before it while
    there are colours left that differ by `LEAST_DIFFERENCE` in CIELAB.

    Args:
        names: Names of classes.
        taken: Colours of classes that keep theirs.

    Returns:
        One "#rrggbb" a name.
    """
    suited = [_colours_for(name) for name in names]
    # Names that ask for a colour choose before those that take what is left.
    order = sorted(range(len(names)), key=lambda k: not suited[k])
    chosen: dict[int, str] = {}
    known, places = _known()
    nearest = np.full(len(known), np.inf)  # of each known colour to those in use
    for colour in taken:
        nearest = np.minimum(nearest, np.linalg.norm(places - _lab(colour), axis=1))
    for k in order:
        colour = _first_unlike((*suited[k], *PALETTE), known, nearest)
        chosen[k] = colour
        nearest = np.minimum(nearest, np.linalg.norm(places - _lab(colour), axis=1))
    return tuple(chosen[k] for k in range(len(names)))


def difference(first: str, second: str) -> float:
    """Tell how different two colours look: their distance in CIELAB (CIE 1976)."""
    return float(np.linalg.norm(_lab(first) - _lab(second)))


def _colours_for(name: str) -> tuple[str, ...]:
    """The colours of the first kind of land whose word stands in a name."""
    words = set(re.findall(r"[a-z]+", name.lower()))
    words |= {word.removesuffix("s") for word in words}
    for known, colours in _BY_WORD:
        if words & set(known.split()):
            return colours
    return ()


def _first_unlike(
    wanted: Sequence[str], known: Mapping[str, int], nearest: NDArray[np.float64]
) -> str:
    """The first colour that looks like none in use, else the one that differs most."""
    for colour in wanted:
        if nearest[known[colour]] >= LEAST_DIFFERENCE:
            return colour
    return list(known)[int(nearest.argmax())]


@functools.cache
def _known() -> tuple[dict[str, int], NDArray[np.float64]]:
    """All colours that may be chosen, numbered, and their places in CIELAB."""
    suited = (colour for _, colours in _BY_WORD for colour in colours)
    colours = dict.fromkeys((*PALETTE, *suited, *_wheel()))
    places = np.array([_lab(colour) for colour in colours])
    return {colour: k for k, colour in enumerate(colours)}, places


def _wheel() -> Iterator[str]:
    for hue in range(0, 360, 12):
        for saturation in (0.3, 0.6, 1.0):
            for value in (0.3, 0.55, 0.8, 1.0):
                parts = colorsys.hsv_to_rgb(hue / 360, saturation, value)
                yield "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def _lab(colour: str) -> NDArray[np.float64]:
    """CIELAB of an sRGB colour under D65 (IEC 61966-2-1 and CIE 15)."""
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    t = to_xyz @ linear / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
