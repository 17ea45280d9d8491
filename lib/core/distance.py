"""How far test samples lie from training samples: whether a test tells of new places at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.samples import SampleSet
from lib.core.split import Split

# Mean radius of the Earth R1 (Moritz 2000, Geodetic Reference System 1980). Great circles on this
# sphere differ from geodesics of the ellipsoid by 0.6 % at most.
EARTH_RADIUS_M = 6_371_008.8

_BOUNDS = (0, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
DISTANCE_EDGES_M = (*map(float, _BOUNDS), float("inf"))
"""Bounds of the bins of `distance_histogram` in metres, the same for every project."""


@dataclass(frozen=True)
class DistanceBin:
    """Test samples whose nearest training sample is this far away.

    Attributes:
        low_m: Least distance in metres, included.
        high_m: Largest distance in metres, not included; infinite for the last bin.
        count: Number of test samples.
    """

    low_m: float
    high_m: float
    count: int


def test_distance(samples: SampleSet, split: Split) -> NDArray[np.float64]:
    """Return the distance in metres from each test sample to the nearest training sample.

    Distances are along great circles, so they hold across the antimeridian and at the poles.

    Args:
        samples: All samples.
        split: Their parts.

    Returns:
        In the order of `split.test`, shape (test samples,).

    Raises:
        SampleError: The training set is empty, or a sample of either part has no place.
    """
    from scipy.spatial import cKDTree  # slow import

    if len(split.training) == 0:
        raise _error("The training set is empty.", "Draw more samples.")
    training, test = (
        on_unit_sphere(samples.lon[part], samples.lat[part])
        for part in (split.training, split.test)
    )
    chord, _ = cKDTree(training).query(test)
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(chord / 2, 1.0)))


def distance_histogram(distances_m: ArrayLike) -> tuple[DistanceBin, ...]:
    """Count distances in bins that are the same for every project.

    Args:
        distances_m: Distances in metres, 0 or more.
    """
    counts, _ = np.histogram(np.asarray(distances_m), bins=np.array(DISTANCE_EDGES_M))
    edges = zip(DISTANCE_EDGES_M[:-1], DISTANCE_EDGES_M[1:], counts, strict=True)
    return tuple(DistanceBin(low, high, int(count)) for low, high, count in edges)


def on_unit_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places in degrees as points on a sphere of radius 1, shape (places, 3).

    Raises:
        SampleError: A place is missing.
    """
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise _error(
            f"{int((~(np.isfinite(lon) & np.isfinite(lat))).sum()):,} samples have no place.",
            "Name the columns of longitude and latitude.",
        )
    east, north = np.radians(lon), np.radians(lat)
    parallel = np.cos(north)
    return np.stack([parallel * np.cos(east), parallel * np.sin(east), np.sin(north)], axis=1)


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="split")
