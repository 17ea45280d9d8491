"""Fractal noise over a window, each octave computed as finely as it needs.

An octave whose cells are many pixels wide is computed at larger pixels and interpolated; those lie
on the lattice of a coarser pyramid level, so the result still depends on the position alone.
"""

from collections.abc import Callable

import numpy as np

from lib.localearth.planet.lattice import Window, upsample
from lib.localearth.planet.noise import Floats, Placing, Points, octave, weights

F = np.float32
# Octaves by which noise must be wider than the finest: to be computed at pixels 8 and 2 times as
# large. Slopes show the joints of what is interpolated, so relief keeps a greater distance.
PLAIN = (4, 2)
SMOOTH = (7, 4)
LEVELS = (3, 1)


class Field:
    """Noise over the pixels of a window.

    Args:
        window: Which pixels.
        displaced: Moves points to those whose noise is taken, all by nearly the same way.
    """

    def __init__(
        self, window: Window, displaced: Callable[[Points], Points] = lambda points: points
    ) -> None:
        """Locate the pixels."""
        self.window = window
        self.points = displaced(window.points())
        self._displaced = displaced
        self._rates: dict[int, tuple[Points, Placing]] = {0: (self.points, lambda plane: plane)}

    @property
    def finest(self) -> int:
        """Last octave that the pixels resolve."""
        return self.points.finest

    def fractal(
        self, first: int, last: int, gain: float, *, seed: int, is_relief: bool = False
    ) -> Floats:
        """Octaves `first..last` summed to unit variance; unresolved octaves are left out."""
        total = np.zeros(self.window.shape, np.float32)
        sums: dict[int, Floats] = {}
        for k, weight in enumerate(weights(first, last, gain), first):
            if k > self.finest:
                break
            coarser = self._coarser(k, SMOOTH if is_relief else PLAIN)
            part = octave(self._at(coarser)[0], k, seed + k)
            part *= F(weight)
            sums[coarser] = sums[coarser] + part if coarser in sums else part
        for coarser, part in sums.items():
            total += self._at(coarser)[1](part)
        return total

    def _coarser(self, k: int, distances: tuple[int, int]) -> int:
        for levels, distance in zip(LEVELS, distances, strict=True):
            if k <= self.finest - distance:
                return levels
        return 0

    def _at(self, coarser: int) -> tuple[Points, Placing]:
        """Points of some coarser level, and how to interpolate from them."""
        if coarser not in self._rates:
            window, place = upsample(self.window, coarser)
            points = self._displaced(window.points())
            self._rates[coarser] = Points(points.u, points.v, self.finest), place
        return self._rates[coarser]
