"""How unsure a classifier is of each pixel, from its probabilities.

They rank pixels alike for two classes only, and mean little where probabilities are not calibrated.
Samples that were picked because they are uncertain must never tell how good a map is: nobody knows
how likely a place was to be picked.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError

_SUM_TOLERANCE = 1e-3

Floats = NDArray[np.float64]


def least_confidence(probabilities: ArrayLike) -> Floats:
    """Return 1 - p of the most probable class: large where unsure.

    Args:
        probabilities: Shape (..., classes).

    Raises:
        SampleError: There is one class only, or probabilities do not add up to 1.
    """
    return np.asarray(1 - _checked(probabilities).max(axis=-1))


def margin(probabilities: ArrayLike) -> Floats:
    """Return how much more probable the first class is than the second: small where unsure.

    Args:
        probabilities: Shape (..., classes).

    Raises:
        SampleError: As for `least_confidence`.
    """
    two = np.partition(_checked(probabilities), -2, axis=-1)[..., -2:]
    return np.asarray(two[..., 1] - two[..., 0])


def entropy(probabilities: ArrayLike, *, normalised: bool = False) -> Floats:
    """Return the entropy -Σ p ln p in nats: large where unsure; 0 ln 0 counts as 0.

    Args:
        probabilities: Shape (..., classes).
        normalised: Whether it is divided by that of classes that are all alike, so that it lies
            between 0 and 1.

    Raises:
        SampleError: As for `least_confidence`.
    """
    p = _checked(probabilities)
    logs = np.log(np.where(p > 0, p, 1.0))
    nats = -(p * logs).sum(axis=-1)
    return np.asarray(nats / np.log(p.shape[-1]) if normalised else nats)


def _checked(probabilities: ArrayLike) -> Floats:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim == 0 or p.shape[-1] < 2:
        raise _error("One class leaves nothing to be unsure of.", "Give two classes or more.")
    if not ((p >= 0).all() and (np.abs(p.sum(axis=-1) - 1) <= _SUM_TOLERANCE).all()):
        raise _error(
            "The probabilities of a pixel are below 0 or do not add up to 1.",
            "Give what a classifier says of each class, not counts or scores.",
        )
    return p


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
