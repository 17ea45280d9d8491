"""Divergence of two Gaussian classes, beside the distance of `lib.core.separability`."""

import numpy as np
from numpy.typing import ArrayLike


def divergence(
    first_mean: ArrayLike,
    first_covariance: ArrayLike,
    second_mean: ArrayLike,
    second_covariance: ArrayLike,
) -> float:
    """Return the divergence of two Gaussian distributions.

    D = 1/2 tr((C₁ - C₂)(C₂⁻¹ - C₁⁻¹)) + 1/2 Δᵀ (C₁⁻¹ + C₂⁻¹) Δ with the difference of the means
    Δ (Richards and Jia 2006, Remote Sensing Digital Image Analysis, section 10.2).

    Args:
        first_mean: Shape (predictors,).
        first_covariance: Positive definite, shape (predictors, predictors).
        second_mean: Of the other distribution.
        second_covariance: Of the other distribution.
    """
    apart = np.asarray(first_mean, dtype=np.float64) - np.asarray(second_mean, dtype=np.float64)
    one, other = (np.asarray(c, dtype=np.float64) for c in (first_covariance, second_covariance))
    of_spread = np.trace(np.linalg.solve(other, one) + np.linalg.solve(one, other)) / 2
    of_means = apart @ (np.linalg.solve(one, apart) + np.linalg.solve(other, apart)) / 2
    return float(of_spread - len(apart) + of_means)


def transformed_divergence(distance: float) -> float:
    """Return the transformed divergence 2 (1 - e^(-D/8)), from 0 to 2.

    It comes close to 2 sooner than the Jeffries-Matusita distance. Some programs give a thousand
    times as much.
    """
    return float(-2 * np.expm1(-distance / 8))
