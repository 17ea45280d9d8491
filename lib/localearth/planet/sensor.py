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


def seen_reflectance(plane: Floats, light: Floats, sky: Sky, band: str) -> Floats:
    """Reflectance of one band with slopes, shadows and clouds, `(height, width)`."""
    left = F(SHADOW_LEFT.get(band, SHADOW_REST))
    lit = plane * (light * (F(1) - sky.shadow * (F(1) - left)))
    bright = (F(0.30) + F(0.55) * sky.opacity) * F(CLOUD_TINT.get(band, 1.0))
    result: Floats = lit + (bright - lit) * sky.opacity
    return result


def halve(plane: Floats) -> Floats:
    """Means of blocks of two by two pixels."""
    top = plane[0::2, 0::2] + plane[0::2, 1::2]
    low = plane[1::2, 0::2] + plane[1::2, 1::2]
    return (top + low) * F(0.25)
