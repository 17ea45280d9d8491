"""Areas on the WGS 84 ellipsoid, without a map projection.

A strip of one radian of longitude between the equator and a latitude has a closed area (Snyder,
Map Projections: A Working Manual, USGS Professional Paper 1395, 1987, equation 3-12). With it the
area inside a ring of straight edges in degrees is a line integral along the ring.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Defining constants of WGS 84 (NGA.STND.0036, table 3.1).
SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
_E2 = FLATTENING * (2 - FLATTENING)
_E = float(np.sqrt(_E2))
_SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)

# What a degree of longitude at the equator measures; Earth Engine's rule for scales in degrees.
METRES_PER_DEGREE = SEMI_MAJOR_M * np.pi / 180

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


def strip_area_m2(latitude: ArrayLike) -> NDArray[np.float64]:
    """Return the area between the equator and a latitude in degrees, per radian of longitude.

    Negative in the south. Square metres, shape of the argument.
    """
    sine = np.sin(np.radians(np.asarray(latitude, dtype=np.float64)))
    ratio = np.arctanh(_E * sine) / _E
    return np.asarray(_SEMI_MINOR_M**2 / 2 * (sine / (1 - _E2 * sine**2) + ratio))


def ring_area_m2(ring: NDArray[np.float64]) -> float:
    """Return the area inside a closed ring of longitude and latitude, positive either way round.

    Args:
        ring: Shape (points, 2), degrees, first point repeated; edges straight in degrees.
    """
    width = np.radians(np.diff(ring[:, 0]))
    middle = (ring[1:, 1] + ring[:-1, 1]) / 2
    half = (ring[1:, 1] - ring[:-1, 1]) / 2
    latitudes = middle[:, None] + half[:, None] * _NODES
    return float(abs(np.sum(width * (strip_area_m2(latitudes) @ (_WEIGHTS / 2)))))
