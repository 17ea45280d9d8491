"""Reducers that fit lines, and the covariance of arrays."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.localearth import assumptions
from lib.localearth.raster.projection import PixelType
from lib.localearth.reducers.base import DOUBLE, Columns, Floats, Numeric, Stacked, shared_weights
from lib.localearth.reducers.listing import Listing
from lib.localearth.reducers.workspace import PAIRING, PAIRS_AT_ONCE, of_inputs
from lib.localearth.values import Array

TALWAR = 2.795  # tuning constant of 95 % efficiency (Holland and Welsch 1977)
MAD_TO_SIGMA = 0.6745
ROUNDS = 50


class LinearFit(Numeric):
    """Slope and offset of the weighted line through x and y."""

    name = "linearFit"
    inputs = 2
    outputs = ("scale", "offset")
    weighted = True
    workspace = of_inputs(2)

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Fit along the stack; invalid where x does not vary."""
        shares = shared_weights(weights).astype(np.float64)
        x, y = (np.where(shares > 0, np.asarray(stack, np.float64), 0.0) for stack in stacks)
        total = shares.sum(axis=0)
        safe = np.where(total > 0, total, 1.0)
        mean_x, mean_y = (x * shares).sum(axis=0) / safe, (y * shares).sum(axis=0) / safe
        spread = (shares * (x - mean_x) ** 2).sum(axis=0)
        fits = spread > 0
        slope = (shares * (x - mean_x) * (y - mean_y)).sum(axis=0) / np.where(fits, spread, 1.0)
        return [(slope, fits), (mean_y - slope * mean_x, fits)]


class LinearRegression(Numeric):
    """Least squares of several dependent variables on several independent ones.

    Args:
        independent, dependent: How many inputs of each kind, in this order.
        robust: Drop outliers round by round (Talwar's cost).
        beta: Residual above which a point is an outlier; None measures it from the residuals.
    """

    outputs = ("coefficients", "residuals")
    weighted = True

    def __init__(
        self, independent: int, dependent: int, *, robust: bool = False, beta: float | None = None
    ) -> None:
        """Keep the numbers of inputs."""
        self.name = "robustLinearRegression" if robust else "linearRegression"
        self.inputs = independent + dependent
        self.workspace = of_inputs(self.inputs + int(robust))
        self._independent = independent
        self._robust = robust
        self._beta = beta

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Fit along the stack; arrays `(…, independent, dependent)` and `(…, dependent)`."""
        shares = shared_weights(weights).astype(np.float64)
        design = self._matrix(stacks[: self._independent], shares)
        target = self._matrix(stacks[self._independent :], shares)
        rows = np.moveaxis(shares, 0, -1)
        found, determined = _least_squares(design, target, rows)
        if self._robust:
            for _ in range(ROUNDS):
                kept = self._inliers(target - design @ found, rows)
                found, determined = _least_squares(design, target, kept)
                if np.array_equal(kept, rows):
                    break
                rows = kept
        errors = (rows[..., None] * (target - design @ found) ** 2).sum(axis=-2)
        total = np.where(rows.sum(axis=-1) > 0, rows.sum(axis=-1), 1.0)[..., None]
        enough = determined & ((rows > 0).sum(axis=-1) > self._independent)
        return [(found, enough), (np.sqrt(errors / total), enough)]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Coefficients are a matrix, residuals a vector."""
        return [PixelType("double", dimensions=2), PixelType("double", dimensions=1)]

    def _matrix(self, stacks: Sequence[Floats], shares: Floats) -> Floats:
        """Stacks `(n, …)` as matrices `(…, n, columns)`, 0 where masked."""
        columns = [np.where(shares > 0, np.asarray(stack, np.float64), 0.0) for stack in stacks]
        return np.moveaxis(np.stack(columns, axis=-1), 0, -2)

    def _inliers(self, residuals: Floats, rows: Floats) -> Floats:
        size = np.sqrt((residuals**2).mean(axis=-1))
        if self._beta is not None:
            return np.where(size <= self._beta, rows, 0.0)
        spread = (
            np.nanmedian(np.where(rows > 0, size, np.nan), axis=-1, keepdims=True) / MAD_TO_SIGMA
        )
        return np.where(size <= np.maximum(TALWAR * spread, 1e-12), rows, 0.0)


def _least_squares(design: Floats, target: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares of stacked matrices, and where it is determined."""
    root = np.sqrt(rows)[..., None]
    if design.shape[-2] < design.shape[-1]:
        missing = (*design.shape[:-2], design.shape[-1] - design.shape[-2])
        root = np.concatenate([root, np.zeros((*missing, 1))], axis=-2)
        design = np.concatenate([design, np.zeros((*missing, design.shape[-1]))], axis=-2)
        target = np.concatenate([target, np.zeros((*missing, target.shape[-1]))], axis=-2)
    q, r = np.linalg.qr(design * root)
    diagonal = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    determined = diagonal.min(axis=-1) > 1e-12 * np.maximum(diagonal.max(axis=-1), 1e-300)
    safe = np.where(determined[..., None, None], r, np.eye(r.shape[-1]))
    return np.linalg.solve(safe, np.swapaxes(q, -1, -2) @ (target * root)), determined


class SensSlope(Numeric):
    """The median of the slopes between all pairs, and the median offset."""

    name = "sensSlope"
    inputs = 2
    outputs = ("slope", "offset")
    workspace = PAIRING

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Compare all pairs along the stack, so many pixels at a time as fit."""
        valid = shared_weights(weights) > 0
        shape = valid.shape[1:]
        x, y = (
            np.where(valid, np.asarray(stack, np.float64), np.nan).reshape(
                len(valid), math.prod(shape)
            )
            for stack in stacks
        )
        step = max(PAIRS_AT_ONCE // max(len(x) * (len(x) - 1) // 2, 1), 1)
        answers = [
            _sens_slope(x[:, start : start + step], y[:, start : start + step])
            for start in range(0, x.shape[1], step)
        ]
        joined = (np.concatenate(each).reshape(shape) for each in zip(*answers, strict=True))
        slope, offset, fits = joined if answers else (np.zeros(shape) for _ in range(3))
        return [(slope, fits.astype(bool)), (offset, fits.astype(bool))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Both answers are doubles."""
        return [DOUBLE, DOUBLE]


def _sens_slope(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Slopes, offsets, and where there are any, of columns in which NaN is masked."""
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    slopes = np.where(run != 0, (y[second] - y[first]) / np.where(run != 0, run, 1.0), np.nan)
    fits = np.asarray((~np.isnan(slopes)).any(axis=0))
    if not len(slopes):
        return np.zeros(x.shape[1]), np.zeros(x.shape[1]), fits
    slope = np.nanmedian(np.where(fits, slopes, 0.0), axis=0)
    offset = np.nanmedian(np.where(fits, y - slope * x, 0.0), axis=0)
    return slope, offset, fits


class Covariance(Listing):
    """The covariance matrix of 1-D arrays, which may be centred already."""

    outputs = ("covariance",)

    def __init__(self, *, centred: bool) -> None:
        """Choose whether the mean is known to be zero."""
        self.name = "centeredCovariance" if centred else "covariance"
        self._centred = centred

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Take one array an observation."""
        rows = np.asarray([getattr(value, "data", value) for value in columns[0]], np.float64)
        divisor = len(rows) - assumptions.COVARIANCE_DEGREES_LOST
        if divisor <= 0:
            return [None]
        rows = rows if self._centred else rows - rows.mean(axis=0)
        return [Array.of(rows.T @ rows / divisor)]
