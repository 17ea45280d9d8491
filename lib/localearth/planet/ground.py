"""The ground of a window of pixels: everything that does not depend on the date."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.country import country_of
from lib.localearth.planet.cover import Cover, Layers
from lib.localearth.planet.farmland import lay_farmland
from lib.localearth.planet.lattice import Window
from lib.localearth.planet.nature import lay_heights, lay_shores, lay_waters
from lib.localearth.planet.noise import Floats
from lib.localearth.planet.site import site_of
from lib.localearth.planet.texture import texture
from lib.localearth.planet.towns import lay_towns


@dataclass(frozen=True)
class Ground:
    """Planes of a window, each `(height, width)`.

    Attributes:
        window: Which pixels.
        parts: Covers in parts of `WHOLE`, `(covers, height, width)`.
        elevation: Metres.
        slope_x, slope_y: Rise eastwards and southwards, metres per metre.
        season: Byte of the effective latitude (see `season`).
        crop: Which crop.
        shift: Days by which its sowing differs.
        texture: Three standard normal fields, `(3, height, width)`.
    """

    window: Window
    parts: NDArray[np.uint16]
    elevation: Floats
    slope_x: Floats
    slope_y: Floats
    season: NDArray[np.uint8]
    crop: NDArray[np.uint8]
    shift: NDArray[np.int8]
    texture: Floats

    @property
    def size_bytes(self) -> int:
        """Bytes that the planes take."""
        planes = (getattr(self, field.name) for field in fields(self) if field.name != "window")
        return sum(plane.nbytes for plane in planes)


def ground(window: Window) -> Ground:
    """Compute the ground of a window."""
    site = site_of(window)
    layers = Layers(site.shape)
    lay_waters(site, layers)
    country = country_of(site)
    lay_towns(site, country, layers)
    lay_shores(site, layers)
    lay_heights(site, layers)
    farmed = lay_farmland(site, country, layers)
    parts = layers.finish(Cover.GRASS)
    return Ground(
        window, parts, site.relief.elevation, site.slope_x, site.slope_y, site.season,
        farmed.crop, farmed.shift, texture(site, parts, farmed),
    )  # fmt: skip
