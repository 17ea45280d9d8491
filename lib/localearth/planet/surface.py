"""The surface of a window on a date: what it is made of, and how it looks under a sun."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.cover import WHOLE
from lib.localearth.planet.ground import Ground
from lib.localearth.planet.lattice import Window
from lib.localearth.planet.noise import Floats
from lib.localearth.planet.optical import MATERIALS, composition, illumination, reflectance
from lib.localearth.planet.sensor import blurred
from lib.localearth.planet.sun import Sun
from lib.localearth.planet.view import GROUNDS

F = np.float32
MARGIN = 1  # pixels around the window, whose light an instrument smears into it
INNER = (slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))


class Surface:
    """A window's ground on a day of the year."""

    def __init__(self, window: Window, day_of_year: int) -> None:
        """Take the ground from memory or compute it."""
        self.window = window
        self.ground: Ground = GROUNDS.get(window.pad(MARGIN))
        self.parts, self.snow = composition(self.ground, day_of_year)

    def reflectance(self, bands: tuple[str, ...], sun: Sun) -> Floats:
        """Reflectance under a clear sky as an instrument resolves it, `(bands, height, width)`."""
        if not bands:
            return np.zeros((0, *self.window.shape), np.float32)
        planes = reflectance(self.ground, self.parts, bands)
        planes *= illumination(self.ground, sun.zenith, sun.azimuth).ravel()
        return blurred(planes.reshape(len(bands), *self.ground.window.shape))

    def share(self, *materials: str) -> Floats:
        """Part of each pixel made of some materials, 0..1, `(height, width)`."""
        rows = [MATERIALS.index(name) for name in materials]
        total = self.parts[rows[0]].copy()
        for row in rows[1:]:
            total += self.parts[row]
        total *= F(1 / WHOLE)
        result: Floats = total.reshape(self.ground.window.shape)[INNER]
        return result

    def inner(self, plane: NDArray[Any]) -> NDArray[Any]:
        """A plane of the ground without its margin."""
        return plane[INNER]
