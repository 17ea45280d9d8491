"""From the reflectance of the ground to what an instrument records through the sky."""

import numpy as np

from lib.localearth.planet.clouds import Sky
from lib.localearth.planet.noise import Floats

F = np.float32
# Brightness of clouds in the shortwave infrared and the water vapour band, relative to the rest.
CLOUD_TINT = {"B9": 0.7, "B11": 0.62, "B12": 0.45}
# Light that is left in full shadow: the sky's own, blue.
SHADOW_LEFT = {"B1": 0.55, "B2": 0.50, "B3": 0.42, "B4": 0.36}
SHADOW_REST = 0.30
SMEAR = (
    0.125  # of a pixel's light that falls on each neighbour of a row (MTF about 0.35 at Nyquist)
)


def seen_reflectance(plane: Floats, sky: Sky, band: str) -> Floats:
    """Reflectance of one band with the shadows and clouds of a sky, `(height, width)`."""
    if sky.is_clear:
        return plane
    left = F(SHADOW_LEFT.get(band, SHADOW_REST))
    lit = plane * (F(1) - sky.shadow * (F(1) - left))
    bright = (F(0.30) + F(0.55) * sky.opacity) * F(CLOUD_TINT.get(band, 1.0))
    bright -= lit
    bright *= sky.opacity
    bright += lit
    return bright


def blurred(planes: Floats) -> Floats:
    """What an instrument resolves: each pixel takes an eighth from its neighbours on each axis.

    Args:
        planes: `(bands, height, width)` with one pixel of margin.

    Returns:
        `(bands, height - 2, width - 2)`.
    """
    across = planes[:, :, 1:-1] * F(1 - 2 * SMEAR)
    across += (planes[:, :, :-2] + planes[:, :, 2:]) * F(SMEAR)
    result: Floats = across[:, 1:-1] * F(1 - 2 * SMEAR)
    result += (across[:, :-2] + across[:, 2:]) * F(SMEAR)
    return result


def halve(plane: Floats) -> Floats:
    """Means of blocks of two by two pixels."""
    top = plane[0::2, 0::2] + plane[0::2, 1::2]
    low = plane[1::2, 0::2] + plane[1::2, 1::2]
    return (top + low) * F(0.25)
