"""Samples: pixels with predictors, a class and a place."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.legend import Legend

NO_GROUP = -1
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class SampleSet:
    """Labelled pixels; all arrays have one row a sample and cannot be written to.

    Attributes:
        predictors: float32 (samples, predictors), in the order of `names`, no NaN.
        class_index: int16 (samples,), index into the legend.
        names: Predictor names.
        legend: The classes.
        lon: float64 (samples,), longitude of the pixel centre in degrees.
        lat: float64 (samples,), latitude of the pixel centre in degrees.
        group: int32 (samples,), id of the polygon that the label came from, or -1.
        ids: int64 (samples,), unique and stable over parts and files.
        part: Whether this is taken from a larger set, so that it may have one class only.

    Raises:
        SampleError: There are no samples, one class only, NaN, or arrays that do not fit.
    """

    predictors: NDArray[np.float32]
    class_index: NDArray[np.int16]
    names: tuple[str, ...]
    legend: Legend
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    group: NDArray[np.int32]
    ids: NDArray[np.int64]
    part: bool = False

    def __post_init__(self) -> None:
        for name, kind in _COLUMNS.items():
            column = np.ascontiguousarray(getattr(self, name), dtype=kind).view()
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        object.__setattr__(self, "names", tuple(self.names))
        self._check_shapes()
        self._check_values()
        self._check_classes()

    def __len__(self) -> int:
        return len(self.class_index)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Samples of each class, shape (classes,)."""
        return np.bincount(self.class_index, minlength=len(self.legend))

    def take(self, indices: ArrayLike) -> "SampleSet":
        """Return the samples at some indices, in that order."""
        chosen = np.asarray(indices)
        columns: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return SampleSet(names=self.names, legend=self.legend, part=True, **columns)

    def with_classes_of_at_least(self, count: int) -> "SampleSet":
        """Leave out classes with fewer samples, from the samples and from the legend.

        Raises:
            SampleError: Fewer than two classes remain; the message names what is there.
        """
        kept = np.flatnonzero(self.counts >= count)
        if len(kept) == len(self.legend):
            return self
        if len(kept) < 2:
            there = ", ".join(self.legend.names[index] for index in kept) or "none"
            raise _error(
                f"Fewer than two classes have {count} samples or more; those that do: {there}.",
                "Choose a larger area, other labels, or more samples a class.",
            )
        place = np.full(len(self.legend), -1, np.int16)
        place[kept] = np.arange(len(kept))
        chosen = np.flatnonzero(place[self.class_index] >= 0)
        columns: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        columns["class_index"] = place[columns["class_index"]]
        legend = Legend(tuple(self.legend.classes[index] for index in kept))
        return SampleSet(names=self.names, legend=legend, part=self.part, **columns)

    def save(self, path: Path) -> None:
        """Write the samples to a compressed .npz file."""
        columns: dict[str, Any] = {name: getattr(self, name) for name in _COLUMNS}
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                names=np.array(self.names, dtype=np.str_),
                legend=np.array(json.dumps(self.legend.to_json())),
                part=np.array(self.part),
                **columns,
            )

    @classmethod
    def load(cls, path: Path) -> "SampleSet":
        """Read what `save` wrote.

        Raises:
            SampleError: The file is missing, damaged, or holds no samples.
        """
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                columns: dict[str, Any] = {name: file[name] for name in _COLUMNS}
                names = tuple(str(name) for name in file["names"])
                legend = str(file["legend"])
                part = bool(file["part"])
        except _UNREADABLE as error:
            raise _error(
                f"The samples in {path.name} cannot be read: {type(error).__name__}.",
                "Draw the samples again.",
            ) from None
        return cls(names=names, legend=Legend.from_json(legend), part=part, **columns)

    def _check_shapes(self) -> None:
        if len(self) == 0:
            raise _error(
                "There are no samples.",
                "Choose an area where the labels and the imagery meet, or ask for more samples.",
            )
        expected = (len(self), len(self.names))
        if self.predictors.shape != expected:
            raise _error(
                f"The predictors have the shape {self.predictors.shape}, and {len(self)} samples "
                f"of {len(self.names)} predictors need {expected}.",
                "Give one row a sample and one column a name.",
            )
        for name in _COLUMNS:
            if len(getattr(self, name)) != len(self):
                raise _error(
                    f"“{name}” has {len(getattr(self, name)):,} entries for {len(self):,} samples.",
                    "Give one a sample.",
                )

    def _check_values(self) -> None:
        finite = np.isfinite(self.predictors)
        if not finite.all():
            bad = int((~finite.all(axis=1)).sum())
            name = self.names[int(np.argmin(finite.all(axis=0)))]
            raise _error(
                f"{bad:,} of {len(self):,} samples have no number for “{name}”.",
                "Mask pixels where a predictor is missing before samples are drawn.",
            )
        if self.class_index.min() < 0 or self.class_index.max() >= len(self.legend):
            raise _error(
                f"A sample has the class index {self._odd_class()}, and the legend has "
                f"{len(self.legend)} classes.",
                "Leave out samples whose class is not in the legend.",
            )
        if len(np.unique(self.ids)) != len(self):
            raise _error("Two samples have the same id.", "Give every sample its own id.")

    def _check_classes(self) -> None:
        present = np.flatnonzero(self.counts)
        if len(present) < 2 and not self.part:
            raise _error(
                f"All {len(self):,} samples are “{self.legend.names[present[0]]}”.",
                "Choose an area or labels with at least two classes.",
            )

    def _odd_class(self) -> int:
        index = self.class_index
        return int(index.min() if index.min() < 0 else index.max())


_COLUMNS: dict[str, Any] = {
    "predictors": np.float32,
    "class_index": np.int16,
    "lon": np.float64,
    "lat": np.float64,
    "group": np.int32,
    "ids": np.int64,
}


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
