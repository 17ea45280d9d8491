"""Samples: pixels, series or patches with predictors, a class and a place."""

import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.legend import Legend
from lib.core.mapped import gather, release

NO_GROUP = -1
_LARGE_BYTES = 128 * 1024**2
_CHECKED_VALUES = 16_000_000
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class SampleSet:
    """Labelled samples; all arrays have one row a sample and cannot be written to.

    A sample is a pixel, a series of dates of a pixel, or a patch of pixels: its form.

    Attributes:
        predictors: float32, (samples, predictors) for pixels, (samples, dates, predictors) for
            series, (samples, rows, columns, predictors) for patches; in the order of `names`,
            no NaN, 0 where `valid` is false.
        class_index: int16 (samples,), index into the legend.
        names: Predictor names.
        legend: The classes.
        lon: float64 (samples,), longitude of the pixel centre in degrees.
        lat: float64 (samples,), latitude of the pixel centre in degrees.
        group: int32 (samples,), id of the polygon that the label came from, or -1.
        ids: int64 (samples,), unique and stable over parts and files.
        part: Whether this is taken from a larger set, so that it may have one class only.
        valid: bool, (samples, dates) or (samples, rows, columns): where predictors were observed;
            None where all were, and always for pixels.
        dense: int16 (samples, rows, columns), class index of every pixel of a patch, -1 where
            there is no label; None where only the centre has one.
        given: int8 (samples,), 0, 1 or 2 where a column of the labels puts the sample into
            training, validation or test set, else -1; None where there is no such column.
        steps: First day of each window of a series, ISO form.

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
    valid: NDArray[np.bool_] | None = None
    dense: NDArray[np.int16] | None = None
    given: NDArray[np.int8] | None = None
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, values in self._columns().items():
            column = np.ascontiguousarray(values, dtype=_COLUMNS[name]).view()
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "steps", tuple(self.steps))
        self._check_shapes()
        self._check_values()
        self._check_classes()

    def __len__(self) -> int:
        return len(self.class_index)

    @property
    def form(self) -> str:
        """What a sample is: "pixel", "series" or "patch"."""
        return {2: "pixel", 3: "series", 4: "patch"}[self.predictors.ndim]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Samples of each class, shape (classes,)."""
        return np.bincount(self.class_index, minlength=len(self.legend))

    def take(self, indices: ArrayLike) -> "SampleSet":
        """Return the samples at some indices, in that order."""
        chosen = np.asarray(indices)
        columns: dict[str, Any] = {
            name: gather(values, chosen) for name, values in self._columns().items()
        }
        return replace(self, part=True, **columns)

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
        columns = {name: values[chosen] for name, values in self._columns().items()}
        columns["class_index"] = place[columns["class_index"]]
        if self.dense is not None:
            columns["dense"] = np.where(columns["dense"] < 0, -1, place[columns["dense"]])
        legend = Legend(tuple(self.legend.classes[index] for index in kept))
        return replace(self, legend=legend, **columns)

    def save(self, path: Path) -> None:
        """Write the samples to a .npz file; large predictors go to a file of their own beside it.

        Predictors that are mapped from that file already are not written again.

        Args:
            path: A name that ends with ".npz".
        """
        columns = self._columns()
        if self.predictors.nbytes > _LARGE_BYTES:
            _write_beside(path, columns.pop("predictors"))
        facts = {"names": self.names, "steps": self.steps, "part": self.part}
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                facts=np.array(json.dumps(facts)),
                legend=np.array(json.dumps(self.legend.to_json())),
                **columns,
            )

    @classmethod
    def load(cls, path: Path) -> "SampleSet":
        """Read what `save` wrote; large predictors stay on disk and are mapped into memory.

        Raises:
            SampleError: The file is missing, damaged, or holds no samples.
        """
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                columns: dict[str, Any] = {name: file[name] for name in _COLUMNS if name in file}
                facts = json.loads(str(file["facts"]))
                legend = str(file["legend"])
            if "predictors" not in columns:
                columns["predictors"] = np.load(beside(path), mmap_mode="r", allow_pickle=False)
        except _UNREADABLE as error:
            raise _error(
                f"The samples in {path.name} cannot be read: {type(error).__name__}.",
                "Draw the samples again.",
            ) from None
        return cls(legend=Legend.from_json(legend), **facts, **columns)

    def _columns(self) -> dict[str, Any]:
        """The arrays that are there, by name."""
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return {name: values for name, values in columns.items() if values is not None}

    def _check_shapes(self) -> None:
        if len(self) == 0:
            raise _error(
                "There are no samples.",
                "Choose an area where the labels and the imagery meet, or ask for more samples.",
            )
        shape = self.predictors.shape
        if not 2 <= len(shape) <= 4 or (shape[0], shape[-1]) != (len(self), len(self.names)):
            raise _error(
                f"The predictors have the shape {shape}, and {len(self)} samples of "
                f"{len(self.names)} predictors need {(len(self), len(self.names))}, with the dates "
                "of a series or the rows and columns of a patch in between.",
                "Give one row a sample and one column a name.",
            )
        for name, values in self._columns().items():
            if len(values) != len(self):
                raise _error(
                    f"“{name}” has {len(values):,} entries for {len(self):,} samples.",
                    "Give one a sample.",
                )
        for name, inner in (("valid", self.valid), ("dense", self.dense)):
            if inner is not None and inner.shape != shape[:-1]:
                raise _error(
                    f"“{name}” has the shape {inner.shape}; the predictors have {shape}.",
                    "Give one value for each vector of predictors.",
                )

    def _check_values(self) -> None:
        finite = self._finite()
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
        if (np.diff(np.sort(self.ids)) == 0).any():
            raise _error("Two samples have the same id.", "Give every sample its own id.")

    def _finite(self) -> NDArray[np.bool_]:
        """Whether all values of a predictor are numbers, shape (samples, predictors)."""
        inner = tuple(range(1, self.predictors.ndim - 1))
        blocks = range(0, len(self), max(1, _CHECKED_VALUES // self.predictors[0].size))
        found = []
        for first in blocks:
            block = self.predictors[first : first + blocks.step]
            found.append(np.isfinite(block).all(axis=inner))
            release(self.predictors)
        return np.concatenate(found)

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
    "valid": np.bool_,
    "dense": np.int16,
    "given": np.int8,
}


def beside(path: Path) -> Path:
    """The file of large predictors that belongs to a file of samples."""
    return path.with_suffix(".predictors.npy")


def _write_beside(path: Path, predictors: NDArray[np.float32]) -> None:
    """Write large predictors, unless they are what the file holds."""
    target = beside(path)
    source: Any = predictors
    while source is not None and not isinstance(source, np.memmap):
        source = source.base if isinstance(source, np.ndarray) else None
    if source is not None and str(source.filename) == str(target) and _is_whole(source, predictors):
        source.flush()
        return
    unfinished = target.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        np.save(file, predictors)
    unfinished.replace(target)


def _is_whole(mapped: NDArray[Any], part: NDArray[Any]) -> bool:
    same_start = mapped.__array_interface__["data"][0] == part.__array_interface__["data"][0]
    return same_start and mapped.shape == part.shape and mapped.flags.c_contiguous


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
