"""Texture: how the values around a pixel are and how they vary, as predictors."""

from collections.abc import Sequence

import ee

from lib.earthengine.stack import TEXTURE_MEASURES

_REDUCERS = {"mean": ee.Reducer.mean, "sd": ee.Reducer.stdDev}


def texture_image(image: ee.Image, names: Sequence[str], *, radius: int) -> ee.Image:
    """Mean and standard deviation over a square window around each pixel.

    The first-order measures of Haralick, Shanmugam and Dinstein 1973, IEEE Transactions on Systems,
    Man, and Cybernetics 3:610, https://doi.org/10.1109/TSMC.1973.4309314: they need no choice of
    grey levels. Masked neighbours are left out. The window is of pixels that are asked for, so a
    coarser grid sees texture of a wider neighbourhood.

    Args:
        image: Has the named bands.
        names: Which bands.
        radius: Half the width of the window: 1 for 3 x 3 pixels.

    Returns:
        For each name its measures, such as "B4_mean", "B4_sd".
    """
    kernel = ee.Kernel.square(radius, "pixels")
    chosen = image.select(list(names))
    parts = [
        chosen.reduceNeighborhood(reducer=_REDUCERS[measure](), kernel=kernel).rename(
            [f"{name}_{measure}" for name in names]
        )
        for measure in TEXTURE_MEASURES
    ]
    ordered = [f"{name}_{measure}" for name in names for measure in TEXTURE_MEASURES]
    texture: ee.Image = ee.Image.cat(parts).select(ordered)
    return texture
