"""Kinds of ground cover, and how they are laid over one another."""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.noise import Amount, Floats

WHOLE = 512  # parts that make up a pixel
F = np.float32


class Cover(IntEnum):
    """What the ground can be made of."""

    CLEAR_WATER = 0
    TURBID_WATER = 1
    CONIFER = 2
    BROADLEAF = 3
    SHRUB = 4
    GRASS = 5
    CROP = 6
    ROOF_RED = 7
    ROOF_BRIGHT = 8
    ASPHALT = 9
    BARE = 10
    ROCK = 11
    WETLAND = 12
    ICE = 13
    MOSS = 14
    BLUE_WATER = 15
    TRACK = 16


class Layers:
    """Covers laid over each other from the top down; each takes part of what is still free.

    Parts are whole numbers of `WHOLE` that always sum to it.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        """Start with nothing laid."""
        self.parts = np.zeros((len(Cover), *shape), np.uint16)
        self._free = np.ones(shape, np.float32)
        self._free_parts = np.full(shape, WHOLE, np.uint16)

    @property
    def free(self) -> Floats:
        """Part of each pixel that is not covered yet."""
        return self._free

    def lay(self, cover: Cover, part: Floats) -> None:
        """Cover a part (0..1) of what is still free."""
        self._free = self._free * (F(1) - np.clip(part, F(0), F(1)))
        left = np.rint(self._free * F(WHOLE)).astype(np.uint16)
        self.parts[cover] += self._free_parts - left
        self._free_parts = left

    def mix(self, part: Floats, recipe: Mapping[Cover, Amount]) -> None:
        """Cover a part of what is free with several covers in given shares (that sum to one).

        Args:
            part: Part of the free ground, 0..1.
            recipe: Share of each cover; they are normalised in order.
        """
        before = np.ones_like(self._free)
        for cover, share in recipe.items():
            amount: Floats = np.asarray(share, np.float32) * part
            rest: Floats = np.maximum(before, F(1e-6))
            self.lay(cover, np.divide(amount, rest, dtype=np.float32))
            before = before - amount

    def finish(self, cover: Cover) -> NDArray[np.uint16]:
        """Give all that is left to one cover."""
        self.parts[cover] += self._free_parts
        return self.parts
