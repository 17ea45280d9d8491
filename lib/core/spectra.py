"""The predictors of samples of any form as vectors, one a sample."""

import numpy as np
from numpy.typing import NDArray

from lib.core.samples import SampleSet

Floats = NDArray[np.float64]


def pixel_vectors(samples: SampleSet) -> Floats:
    """Return one vector of predictors a sample, shape (samples, predictors).

    Of a series the mean over the steps that were observed, of a patch the centre pixel; NaN where
    nothing was observed.
    """
    if samples.form == "pixel":
        return np.asarray(samples.predictors, dtype=np.float64)
    values, valid = observed(samples, slice(None))
    if samples.form == "patch":
        return np.where(valid[:, None], values, np.nan)
    seen = valid.sum(axis=1)[:, None]
    sums = (values * valid[:, :, None]).sum(axis=1)
    return np.where(seen > 0, sums / np.maximum(seen, 1), np.nan)


def scaled_vectors(samples: SampleSet) -> Floats:
    """Return `pixel_vectors` with mean 0 and deviation 1 over all samples.

    Predictors that are the same for all samples are left out.
    """
    vectors = pixel_vectors(samples)
    known = vectors[np.isfinite(vectors).all(axis=1)]
    if len(known) == 0:
        return vectors[:, :0]
    spread = known.std(axis=0)
    varied = spread > 0
    return np.asarray((vectors[:, varied] - known.mean(axis=0)[varied]) / spread[varied])


def observed(
    samples: SampleSet, rows: slice | NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return predictors of some samples, of patches at the centre, and where they were observed.

    Args:
        samples: Of any form.
        rows: Which samples.

    Returns:
        float64 (rows, [steps,] predictors) and bool (rows, [steps]).
    """
    values, valid = samples.predictors, samples.valid
    if samples.form == "patch":
        row, col = values.shape[1] // 2, values.shape[2] // 2
        values = values[:, row, col]
        valid = None if valid is None else valid[:, row, col]
    values = values[rows]
    seen = np.ones(values.shape[:-1], dtype=bool) if valid is None else valid[rows]
    return np.asarray(values, dtype=np.float64), seen
