"""Which points a shape holds, asked from whatever thread.

GEOS prepares a shape for such questions while it answers the first ones, which is not safe where
several threads ask: the interpreter crashes. Shapely prepares every shape that `contains_xy` is
given, and other predicates of that shape then go the same way. So it is a copy that is asked here.
"""

import threading

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry


def points_inside(shape: BaseGeometry, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Tell which points lie within a shape, not on its edge; in the shape of the coordinates."""
    return Inside(shape).points(x, y)


class Inside:
    """A shape that is asked often, by threads that take turns.

    Args:
        shape: The shape; what becomes of it later changes nothing here.
    """

    def __init__(self, shape: BaseGeometry) -> None:
        self._shape = shapely.from_wkb(shapely.to_wkb(shape))
        shapely.prepare(self._shape)
        self._turn = threading.Lock()

    def points(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points lie within it, not on its edge; in the shape of the coordinates."""
        with self._turn:
            return np.asarray(shapely.contains_xy(self._shape, np.asarray(x), np.asarray(y)))

    def holds(self, other: BaseGeometry) -> bool:
        """Tell whether another shape lies within it as a whole."""
        with self._turn:
            return bool(shapely.contains(self._shape, other))
