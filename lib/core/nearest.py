"""Whether folds test a model as far from its samples as the map will use it.

Distributions of distances to the nearest training sample, and how far two of them lie apart: the
criterion of nearest neighbour distance matching (Milà et al. 2022, Methods in Ecology and Evolution
13, 1304-1316; Linnenbrink et al. 2024, Geoscientific Model Development 17, 5897-5912).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.distance import EARTH_RADIUS_M, on_unit_sphere
from lib.core.errors import SampleError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FoldMatch:
    """How well folds mimic the use of the model; smaller is better, in units of the points.

    Attributes:
        leave_one_out: Wasserstein distance between the distances from each sample to the next,
            and from each place of the map to its nearest sample: that of folds at random, about.
        folds: The same with distances from each sample to the nearest outside of its fold.
    """

    leave_one_out: float
    folds: float


def points_of(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Return places in degrees as points in metres around the Earth's centre, shape (places, 3).

    Straight distances between them are those along the ground, to 1 part in 25,000 below 100 km.

    Raises:
        SampleError: A place is missing.
    """
    east, north = (np.asarray(values, dtype=np.float64) for values in (lon, lat))
    return EARTH_RADIUS_M * on_unit_sphere(east, north)


def next_distance(points: ArrayLike) -> Floats:
    """Return the distance of each point to the nearest of the others, shape (points,).

    Args:
        points: In metres, or in any space of equal units, shape (points, dimensions).

    Raises:
        SampleError: There are fewer than two points, or one has no place.
    """
    from scipy.spatial import cKDTree  # slow import

    at = _checked(points)
    return np.asarray(cKDTree(at).query(at, k=2)[0][:, 1])


def outside_distance(points: ArrayLike, folds: ArrayLike) -> Floats:
    """Return the distance of each point to the nearest one of another fold, shape (points,).

    Args:
        points: As for `next_distance`.
        folds: Number of the fold that tests each point, shape (points,).

    Raises:
        SampleError: As for `next_distance`, or there is one fold only.
    """
    from scipy.spatial import cKDTree  # slow import

    at, fold = _checked(points), np.asarray(folds)
    numbers = np.unique(fold)
    if len(numbers) < 2 or fold.shape != (len(at),):
        raise _error(
            f"{len(numbers)} folds of {fold.size:,} points have nothing outside.",
            "Give each point one of two folds or more.",
        )
    found = np.empty(len(at))
    for number in numbers:
        mine = fold == number
        found[mine] = cKDTree(at[~mine]).query(at[mine])[0]
    return found


def nearest_distance(places: ArrayLike, points: ArrayLike) -> Floats:
    """Return the distance from each place of the map to the nearest point, shape (places,).

    Raises:
        SampleError: As for `next_distance`.
    """
    from scipy.spatial import cKDTree  # slow import

    return np.asarray(cKDTree(_checked(points)).query(_checked(places))[0])


def wasserstein(first: ArrayLike, second: ArrayLike) -> float:
    """Return the Wasserstein distance of two samples: the area between their distributions.

    Example:
        >>> wasserstein([0, 1, 3], [5, 6, 8])
        5.0
    """
    from scipy.stats import wasserstein_distance  # slow import

    return float(wasserstein_distance(np.asarray(first), np.asarray(second)))


def fold_match(points: ArrayLike, folds: ArrayLike, places: ArrayLike) -> FoldMatch:
    """Compare the distances over which folds test with those over which the map is predicted.

    Args:
        points: Samples, as for `next_distance`.
        folds: Number of the fold that tests each, shape (points,).
        places: Places of the map, spread evenly, in the same units.

    Raises:
        SampleError: As for `outside_distance`.
    """
    use = nearest_distance(places, points)
    return FoldMatch(
        leave_one_out=wasserstein(next_distance(points), use),
        folds=wasserstein(outside_distance(points, folds), use),
    )


def _checked(points: ArrayLike) -> Floats:
    at = np.asarray(points, dtype=np.float64)
    at = at[:, None] if at.ndim == 1 else at
    if len(at) < 2 or not np.isfinite(at).all():
        raise _error(
            f"Distances need two points or more with coordinates, and {len(at):,} came.",
            "Name the columns of longitude and latitude.",
        )
    return at


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="folds")
