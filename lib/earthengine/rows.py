"""Sampled pixels: features of a sampler's answer as columns, each pixel of the grid once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.core.samples import NO_GROUP, SampleSet

CLASS_INDEX = "class_index"
GROUP = "group"


@dataclass(frozen=True)
class PixelRows:
    """Columns as in `SampleSet`, in the order of the grid's pixels; may be empty."""

    predictors: NDArray[np.float32]
    class_index: NDArray[np.int16]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    group: NDArray[np.int32]
    ids: NDArray[np.int64]

    @classmethod
    def read(
        cls, features: Iterable[Mapping[str, Any]], names: Sequence[str], grid: Grid
    ) -> "PixelRows":
        """Read GeoJSON features with predictors, "class_index" and perhaps "group".

        Pixels outside of the grid or without a number are left out. Of a pixel that lies in
        several polygons, the one of the lowest group is kept.
        """
        listed = list(features)
        values = [feature["properties"] for feature in listed]
        points = [feature["geometry"]["coordinates"] for feature in listed]
        lonlat = np.array(points, np.float64).reshape(-1, 2)
        table = np.array([[row[name] for name in names] for row in values], np.float32)
        row, col = grid.rowcol(lonlat[:, 0], lonlat[:, 1])
        columns = cls(
            predictors=table.reshape(-1, len(names)),
            class_index=np.array([row[CLASS_INDEX] for row in values], np.int16),
            lon=lonlat[:, 0],
            lat=lonlat[:, 1],
            group=np.array([row.get(GROUP, NO_GROUP) for row in values], np.int32),
            ids=np.asarray(row * grid.shape[1] + col),
        )
        height, width = grid.shape
        usable = (row >= 0) & (row < height) & (col >= 0) & (col < width)
        usable &= np.isfinite(columns.predictors).all(axis=1)
        return _each_pixel_once(columns.take(np.flatnonzero(usable)))

    def take(self, indices: NDArray[np.int64]) -> "PixelRows":
        """The rows at some indices, in that order."""
        return PixelRows(**{part.name: getattr(self, part.name)[indices] for part in fields(self)})

    def to_samples(self, names: tuple[str, ...], legend: Legend) -> SampleSet:
        """Make a sample set of them.

        Raises:
            SampleError: There are none, or of one class only.
        """
        columns = {part.name: getattr(self, part.name) for part in fields(self)}
        return SampleSet(names=names, legend=legend, **columns)


def chosen(
    class_index: NDArray[np.int16], counts: Sequence[int], *, seed: int
) -> NDArray[np.int64]:
    """Draw so many rows of each class without replacement; all of them where there are fewer.

    Returns:
        Indices of the rows, rising.
    """
    rng = np.random.default_rng(seed)
    kept = [
        rng.permutation(np.flatnonzero(class_index == index))[:most]
        for index, most in enumerate(counts)
    ]
    return np.sort(np.concatenate(kept))


def _each_pixel_once(rows: PixelRows) -> PixelRows:
    order = np.lexsort((rows.group, rows.ids))
    _, first = np.unique(rows.ids[order], return_index=True)
    return rows.take(order[first])
