"""The samples that a network is trained and watched with; large ones stay where they are."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lib.core.balance import class_weights as weights_of_present
from lib.core.errors import SampleError
from lib.core.mapped import gather, release
from lib.core.plan import BalancePlan
from lib.core.resampling import Resampled, resample
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.scaling import Scaling, measure_scaling

MEMORY_BYTES = 256 * 1024**2
"""Predictors up to this size are copied into TensorFlow's memory; larger ones are read in turn."""

_BLOCK_BYTES = 64 * 1024**2
_TOO_LARGE = 1e18
"""The square of a predictor, and so its variance, must fit into float32."""
_SCALED_BYTES = 512 * 1024**2
"""Larger training sets are scaled by evenly chosen samples of this size."""


@dataclass(frozen=True, eq=False)
class Part:
    """Samples of the training or the validation set.

    Attributes:
        x: float32 (samples, ..., predictors); all samples of the set where `rows` is given.
        y: int16 or int32, class indices (samples,), or of every pixel with -1 for none.
        valid: bool (samples, ...), or None where all was observed.
        rows: Which rows of the arrays are meant; None for all.
    """

    x: NDArray[np.float32]
    y: NDArray[Any]
    valid: NDArray[np.bool_] | None = None
    rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.y) if self.rows is None else len(self.rows)

    @property
    def in_memory(self) -> bool:
        """Whether the arrays hold these samples and no others."""
        return self.rows is None

    def take(self, chosen: Any) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[Any]]:
        """Copy some samples: predictors, where they are valid as float32, and int32 labels."""
        at = chosen if self.rows is None else self.rows[chosen]
        x = self.x[at]
        valid = np.ones(x.shape[:-1], bool) if self.valid is None else self.valid[at]
        return x, valid.astype(np.float32), self.y[at].astype(np.int32)

    def labels(self) -> NDArray[np.int32]:
        """All labels there are, flat."""
        y = self.y if self.rows is None else self.y[self.rows]
        return y[y >= 0].astype(np.int32)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation set of one split.

    Attributes:
        train: The training set, resampled as the plan says.
        val: The validation set.
        class_weights: float64 (classes,), or None when all count alike; 0 for a class without
            training samples. Their mean over the labels of the training set is 1.
        n_classes: Classes of the legend.
        form: Form of the samples.
        dense: Whether labels are maps.
        scaling: Mean and spread of the training set.
        notes: What is odd about the samples, as sentences.
    """

    train: Part
    val: Part
    class_weights: NDArray[np.float64] | None
    n_classes: int
    form: str
    dense: bool
    scaling: Scaling
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls,
        samples: SampleSet,
        split: Split,
        *,
        class_weights: bool,
        balance: BalancePlan | None = None,
        dense: bool = False,
    ) -> Self:
        """Part samples along a split.

        Args:
            samples: All samples.
            split: Its training and validation part are used.
            class_weights: Whether classes are weighed by their frequency.
            balance: How they are weighed, and how the training set is resampled; None for
                the defaults.
            dense: Whether the labels of every pixel are learned instead of the centre's.

        Raises:
            SampleError: The training or the validation set is empty, there is nothing to tell
                apart, or a predictor has values that only a forgotten nodata value has.
        """
        for part, indices in (("training", split.training), ("validation", split.validation)):
            if len(indices) == 0:
                raise SampleError(
                    f"The {part} set is empty.", hint="Draw more samples.", field="split"
                )
        _refuse_nodata(samples)
        plan = balance or BalancePlan()
        made = resample(samples, split.training, plan)
        train, val = _parts(samples, split, made, dense=dense)
        labels, n_classes = train.labels(), len(samples.legend)
        weights = _weights_of_classes(labels, n_classes, plan.weighting) if class_weights else None
        return cls(
            train=train,
            val=val,
            class_weights=weights,
            n_classes=n_classes,
            form=samples.form,
            dense=dense,
            scaling=_scaling_of(samples, split.training),
            notes=made.notes,
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample, the predictors last."""
        return self.train.x.shape[1:]

    def with_notes(self, notes: tuple[str, ...]) -> Self:
        """Add sentences about the samples."""
        return replace(self, notes=(*self.notes, *notes))

    def fingerprint(self) -> str:
        """Give a digest of all that is learned from, so that a checkpoint meets only its data."""
        digest = hashlib.sha256(f"{self.n_classes} {self.dense}".encode())
        weights = self.class_weights
        digest.update(b"" if weights is None else weights.tobytes())
        for part in (self.train, self.val):
            for chosen in blocks(len(part), part.x):
                for values in part.take(chosen):
                    digest.update(values.tobytes())
        return digest.hexdigest()


def blocks(n: int, x: NDArray[Any]) -> Iterator[NDArray[np.int64]]:
    """Go through the indices of samples, some 64 MB of predictors at a time.

    What was read of a mapped file is given back before the next ones.

    Args:
        n: Number of samples.
        x: Where their predictors are.
    """
    step = max(1, _BLOCK_BYTES // max(1, x[:1].nbytes))
    for first in range(0, n, step):
        yield np.arange(first, min(n, first + step))
        release(x)


def _parts(samples: SampleSet, split: Split, made: Resampled, *, dense: bool) -> tuple[Part, Part]:
    x, y, valid = samples.predictors, samples.class_index, samples.valid
    if dense and samples.dense is not None:
        y = samples.dense
    used = (len(made) + len(split.validation)) * x[:1].nbytes
    if used > MEMORY_BYTES and samples.form != "pixel":
        return Part(x, y, valid, made.indices), Part(x, y, valid, np.asarray(split.validation))
    train, val = (
        Part(gather(x, at), y[at], None if valid is None else valid[at])
        for at in (made.indices, split.validation)
    )
    if len(made.synthetic):
        train = Part(made.predictors(samples), made.class_index(samples))
    return train, val


def _weights_of_classes(
    labels: NDArray[np.int32], n_classes: int, weighting: str
) -> NDArray[np.float64]:
    """Weigh the classes that have labels; a class without any does not count."""
    present, index = np.unique(labels, return_inverse=True)
    weights = np.zeros(n_classes)
    weights[present] = weights_of_present(index, len(present), how=weighting)
    return weights


def _scaling_of(samples: SampleSet, training: NDArray[np.int64]) -> Scaling:
    most = max(1, _SCALED_BYTES // samples.predictors[:1].nbytes)
    rows = training[:: -(-len(training) // most)]
    scaling = measure_scaling(samples.predictors, samples.valid, rows=rows)
    release(samples.predictors)
    if scaling.constant.all():
        raise SampleError(
            "All predictors have one value only in the training set, so nothing can be learned: "
            f"{', '.join(samples.names)}.",
            hint="Choose other bands or dates, or a larger area.",
            field="samples",
        )
    return scaling


def _refuse_nodata(samples: SampleSet) -> None:
    inner = tuple(range(samples.predictors.ndim - 1))
    largest = np.zeros(len(samples.names))
    for rows in blocks(len(samples), samples.predictors):
        block = samples.predictors[rows[0] : rows[-1] + 1]
        largest = np.maximum(largest, np.maximum(block.max(axis=inner), -block.min(axis=inner)))
    worst = int(np.argmax(largest))
    if largest[worst] > _TOO_LARGE:
        raise SampleError(
            f"“{samples.names[worst]}” has values up to {largest[worst]:.2g}; that looks like a "
            "nodata value that was not masked.",
            hint="Set the nodata value of that raster and import it again.",
            field="samples",
        )
