"""What decides the cover of a pixel: water nearby, slope, climate, scale."""

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet import season
from lib.localearth.planet.field import Field
from lib.localearth.planet.lattice import WORLD_METRES, Window
from lib.localearth.planet.noise import Doubles, Floats, Points, smooth
from lib.localearth.planet.relief import Relief, relief
from lib.localearth.raster.projection import crs_of

F = np.float32
FINE_SLOPES_M = 80.0  # pixels up to which slopes are as steep as they are on the ground
PAD = 1  # pixels around a window, for slopes and distances
INNER = (slice(PAD, -PAD), slice(PAD, -PAD))


@dataclass(frozen=True)
class Site:
    """Planes of a window, each `(height, width)`.

    Attributes:
        window, points: The pixels.
        field: Noise over the window and a margin around it.
        scale: Metres a pixel measures.
        relief: Relief and water noises.
        slope_x, slope_y: Rise eastwards and southwards, metres per metre.
        slope: Steepness, metres per metre.
        river_m, brook_m, rill_m: Distance from the middle of a watercourse.
        world_m: Metres that the world square's side measures here.
        latitude: Degrees.
        cold: Effective latitude: height counts as latitude.
        season: The same as a byte.
    """

    window: Window
    points: Points
    field: Field
    scale: float
    relief: Relief
    slope_x: Floats
    slope_y: Floats
    slope: Floats
    river_m: Floats
    brook_m: Floats
    rill_m: Floats
    world_m: Floats
    latitude: Floats
    cold: Floats
    season: NDArray[np.uint8]

    @functools.cached_property
    def arid(self) -> Floats:
        """0 humid, 1 desert."""
        belt = np.abs(np.abs(self.latitude) - F(24)) * F(1 / 15)
        dry = smooth(0.0, 1.0, F(1) - belt) * F(0.92)
        return np.clip(dry + F(0.28) * self.fractal(5, 9, 0.6, seed=150), F(0), F(1.3))

    @functools.cached_property
    def steep(self) -> Floats:
        """Steepness that decides covers: measured on fine pixels, the usual one on coarse ones."""
        if self.unknown_slopes == 0:
            return self.slope
        usual = F(0.06) + F(0.62) * self.relief.mountain
        return self.slope + (usual - self.slope) * F(self.unknown_slopes)

    @property
    def unknown_slopes(self) -> float:
        """0 where pixels show how steep the ground is, 1 where they are too coarse for it."""
        return min(max(math.log2(self.scale / FINE_SLOPES_M) / 3, 0.0), 1.0)

    @functools.cached_property
    def wild(self) -> Floats:
        """Unit noise of some hundred metres to pixels: ragged edges of what is natural."""
        return self.fractal(13, 20, 0.72, seed=630)

    @functools.cached_property
    def fine(self) -> Floats:
        """Unit noise of tens of metres."""
        return self.fractal(16, 20, 0.78, seed=750)

    @functools.cached_property
    def stand(self) -> Floats:
        """Unit noise of the size of stands of trees."""
        return self.fractal(13, 18, 0.8, seed=760)

    def fractal(self, first: int, last: int, gain: float, *, seed: int) -> Floats:
        """Unit noise over the window."""
        return self.field.fractal(first, last, gain, seed=seed)[INNER]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.window.shape


def site_of(window: Window) -> Site:
    """Compute what decides the cover of a window's pixels."""
    field = Field(window.pad(PAD))
    points = field.points.inner(PAD)
    whole = relief(field)
    turn = (0.5 - points.v) * (2 * math.pi)
    stretch = np.cosh(turn)
    step_x, step_y = _steps(window, stretch)
    slope_x, slope_y = _gradient(whole.elevation, step_x, step_y)
    here = whole.inner(PAD)
    latitude = np.degrees(np.arctan(np.sinh(turn))).astype(np.float32)
    cold = np.abs(latitude) + here.elevation * F(1 / season.METRES_PER_DEGREE)
    signed = np.where(latitude < 0, -cold, cold)
    byte = np.clip(np.rint(signed * F(1 / season.DEGREES_PER_STEP)) + F(128), 0, 255)
    return Site(
        window, points, field, window.scale_m, here, slope_x, slope_y,
        np.sqrt(slope_x * slope_x + slope_y * slope_y), _line(whole.river, step_x, step_y),
        _line(whole.brook, step_x, step_y), _line(whole.rill, step_x, step_y),
        (WORLD_METRES / stretch).astype(np.float32), latitude, cold, byte.astype(np.uint8),
    )  # fmt: skip


def _steps(window: Window, stretch: Doubles) -> tuple[Floats, Floats]:
    """Metres across and down a pixel, broadcastable to the window."""
    down = np.full((1, 1), window.scale_m, np.float32)
    if not crs_of(window.lattice.crs).is_geographic:
        return down, down
    return (window.scale_m / stretch[:, :1]).astype(np.float32), down


def _gradient(values: Floats, step_x: Floats, step_y: Floats) -> tuple[Floats, Floats]:
    """Central differences of a padded plane, per metre."""
    across = (values[1:-1, 2:] - values[1:-1, :-2]) / (F(2) * step_x)
    down = (values[2:, 1:-1] - values[:-2, 1:-1]) / (F(2) * step_y)
    return across, down


def _line(values: Floats, step_x: Floats, step_y: Floats) -> Floats:
    """Distance in metres from the zero line of a padded plane."""
    across, down = _gradient(values, step_x, step_y)
    steep = np.sqrt(across * across + down * down) + F(1e-9)
    distance: Floats = np.abs(values[PAD:-PAD, PAD:-PAD])
    return np.divide(distance, steep, dtype=np.float32)
