"""How far another form of a network is from Keras, on the same held-out samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.core.samples import SampleSet
from lib.core.split import Split

LEAST_SAMPLES = 2_000
"""Samples that are compared at least, where there are so many."""

MOST_SAMPLES = 8_000
"""Samples that are compared at most: more tell nothing new and cost time."""


@dataclass(frozen=True)
class Bound:
    """What a form must keep to.

    Attributes:
        difference: Greatest difference of a probability; None where it is not bounded.
        equal_classes: Least share of samples whose most probable class is the same.
    """

    difference: float | None
    equal_classes: float = 0.0


EXACT = Bound(1e-5)
"""SavedModel, ONNX and TFLite in float32: the same arithmetic in another order."""
HALF = Bound(2e-3)
"""Weights in float16, which keep some three digits."""
EIGHT_BIT = Bound(None, 0.97)
"""Weights in int8: probabilities move, classes hardly do."""


@dataclass(frozen=True)
class Agreement:
    """How far a form is from Keras.

    Attributes:
        form: Name of the form, such as "tflite-float16".
        samples: Pixels, series or patches that were compared.
        held_out: Those among them that training has not seen.
        max_abs_difference: Greatest difference of a probability; infinite where one is no number.
        mean_abs_difference: Mean difference of all probabilities.
        equal_classes: Share of the answers whose most probable class is the same.
        bound: What it must keep to.
        problem: Why there is no such form, in a sentence; empty where there is one.
    """

    form: str
    samples: int
    held_out: int
    max_abs_difference: float
    mean_abs_difference: float
    equal_classes: float
    bound: Bound
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether it may be handed over."""
        limit = self.bound.difference
        # Where a probability is no number the difference is infinite.
        close = self.max_abs_difference <= (1.0 if limit is None else limit)
        return not self.problem and close and self.equal_classes >= self.bound.equal_classes


@dataclass(frozen=True)
class Probes:
    """Samples that forms are compared on.

    Attributes:
        indices: Positions in the sample set.
        held_out: How many of them, from the first on, training has not seen.
    """

    indices: NDArray[np.int64]
    held_out: int


def probes_of(split: Split) -> Probes:
    """Choose the samples to compare: the test set, then validation, then training if few.

    Agreement with Keras is no accuracy, so that samples of the training set do no harm.
    """
    held_out = np.concatenate([split.test, split.validation])[:MOST_SAMPLES]
    lacking = max(0, LEAST_SAMPLES - len(held_out))
    indices = np.concatenate([held_out, split.training[:lacking]])
    return Probes(indices.astype(np.int64), len(held_out))


def inputs_of(
    samples: SampleSet, indices: NDArray[np.int64], predictors: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Give predictors and mask of some samples.

    Args:
        samples: All samples.
        indices: Positions of those that are wanted.
        predictors: Predictors of all samples in the network's order.
    """
    valid = None if samples.valid is None else samples.valid[indices]
    return predictors[indices], valid


def compare(
    form: str,
    expected: NDArray[np.float32],
    came: NDArray[np.float32],
    *,
    held_out: int,
    bound: Bound,
) -> Agreement:
    """Compare probabilities of two forms, shape (samples, ..., classes).

    Args:
        form: Name of the form.
        expected: What Keras gives.
        came: What the form gives.
        held_out: Samples that training has not seen.
        bound: What it must keep to.
    """
    samples = len(expected)
    if came.shape != expected.shape:
        words = f"It answers in the shape {came.shape}, and Keras in {expected.shape}."
        return failed(form, words, bound=bound)
    difference = np.abs(expected.astype(np.float64) - came)
    finite = bool(np.isfinite(difference).all())
    return Agreement(
        form=form,
        samples=samples,
        held_out=held_out,
        max_abs_difference=float(difference.max()) if finite else float("inf"),
        mean_abs_difference=float(difference.mean()) if finite else float("inf"),
        equal_classes=float((expected.argmax(axis=-1) == came.argmax(axis=-1)).mean()),
        bound=bound,
    )


def failed(form: str, problem: str, *, bound: Bound) -> Agreement:
    """Say that a form could not be made or run."""
    return Agreement(form, 0, 0, float("inf"), float("inf"), 0.0, bound, problem)


def words_of(found: Agreement) -> str:
    """Tell what was compared and whether it may be handed over, in a sentence."""
    if found.problem:
        return f"{found.form}: {found.problem}"
    limit = found.bound.difference
    allowed = (
        f"{100 * found.bound.equal_classes:.0f} % equal classes" if limit is None else f"{limit:g}"
    )
    verdict = "handed over" if found.passed else "refused"
    return (
        f"{found.form}: greatest difference {found.max_abs_difference:.1e}, mean "
        f"{found.mean_abs_difference:.1e}, {100 * found.equal_classes:.2f} % equal classes over "
        f"{found.samples:,} samples (allowed: {allowed}): {verdict}."
    )
