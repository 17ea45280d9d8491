"""The arrays that a network is trained and watched with."""

import hashlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lib.core.balance import class_weights as balanced_weights
from lib.core.errors import SampleError
from lib.core.samples import SampleSet
from lib.core.split import Split

_TOO_LARGE = 1e18
"""The square of a predictor, and so its variance, must fit into float32."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation set of one split.

    Attributes:
        x_train: float32 (training samples, predictors).
        y_train: int32 (training samples,), class indices.
        weight_train: float32 (training samples,), what each sample counts; mean 1.
        x_val: float32 (validation samples, predictors).
        y_val: int32 (validation samples,).
        weight_val: float32 (validation samples,), by the class weights of the training set.
        class_weights: float64 (classes,), or None when all count alike; 0 for a class without
            training samples.
        n_classes: Classes of the legend.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int32]
    weight_train: NDArray[np.float32]
    x_val: NDArray[np.float32]
    y_val: NDArray[np.int32]
    weight_val: NDArray[np.float32]
    class_weights: NDArray[np.float64] | None
    n_classes: int

    @classmethod
    def of(cls, samples: SampleSet, split: Split, *, class_weights: bool) -> Self:
        """Part samples along a split.

        Raises:
            SampleError: The training or the validation set is empty, or a predictor has values
                that only a forgotten nodata value has.
        """
        for part, indices in (("training", split.training), ("validation", split.validation)):
            if len(indices) == 0:
                raise SampleError(
                    f"The {part} set is empty.", hint="Draw more samples.", field="split"
                )
        _refuse_nodata(samples)
        n_classes = len(samples.legend)
        y = samples.class_index.astype(np.int32)
        weights = _weights_of_classes(y[split.training], n_classes) if class_weights else None
        by_class = np.ones(n_classes) if weights is None else weights
        x = np.asarray(samples.predictors, dtype=np.float32)
        return cls(
            x_train=x[split.training],
            y_train=y[split.training],
            weight_train=by_class[y[split.training]].astype(np.float32),
            x_val=x[split.validation],
            y_val=y[split.validation],
            weight_val=by_class[y[split.validation]].astype(np.float32),
            class_weights=weights,
            n_classes=n_classes,
        )

    def fingerprint(self) -> str:
        """Give a digest of all arrays, so that a checkpoint meets only the data it was made of."""
        digest = hashlib.sha256()
        for name in ("x_train", "y_train", "weight_train", "x_val", "y_val", "weight_val"):
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return digest.hexdigest()


def _refuse_nodata(samples: SampleSet) -> None:
    largest = np.abs(samples.predictors).max(axis=0)
    worst = int(np.argmax(largest))
    if largest[worst] > _TOO_LARGE:
        raise SampleError(
            f"“{samples.names[worst]}” has values up to {largest[worst]:.2g}; that looks like a "
            "nodata value that was not masked.",
            hint="Set the nodata value of that raster and import it again.",
            field="samples",
        )


def _weights_of_classes(y: NDArray[np.int32], n_classes: int) -> NDArray[np.float64]:
    """Balance the classes that have samples; a class without any does not count."""
    present, index = np.unique(y, return_inverse=True)
    weights = np.zeros(n_classes)
    weights[present] = balanced_weights(index, len(present))
    return weights
