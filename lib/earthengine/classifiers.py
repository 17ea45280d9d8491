"""Earth Engine's own classifiers, trained within the request that maps them."""

from dataclasses import dataclass

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.errors import LimitError
from lib.core.expression import Expression
from lib.core.samples import SampleSet
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.labels import CLASS_INDEX
from lib.earthengine.stack import series_names
from lib.earthengine.tiles import CLASS_BAND

LIMIT_BYTES = 8_000_000
"""Largest request with samples: 2 MB less than Earth Engine takes, for what is added to it."""

_DIGITS = 7
_ESTIMATED_FROM = 100


@with_connection
def forest_map(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    samples: SampleSet,
    predictors: Expression,
    *,
    trees: int,
    seed: int,
) -> Expression:
    """Write a random forest trained on samples as a map of class indices, band "class".

    It sees a series as one row, 0 where a date was not observed and a flag for each date beside
    it, and of a patch the centre.

    Raises:
        LimitError: The samples do not fit in a request.
    """
    table = _table(samples)
    _check_size(_estimated_bytes(table), table, about="about ")
    features = _features(table, len(samples))
    forest = ee.Classifier.smileRandomForest(numberOfTrees=trees, seed=seed)
    trained = forest.train(features, CLASS_INDEX, list(table.names))
    mapped = to_image(predictors).select(list(table.names)).classify(trained, CLASS_BAND)
    expression = to_expression(mapped.toByte())
    _check_size(expression.size_bytes, table)
    return expression


@dataclass(frozen=True, eq=False)
class _Table:
    """Samples as rows of numbers.

    Attributes:
        names: Bands of the predictors' image.
        values: float32, (samples, names).
        class_index: int16, (samples,).
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    class_index: NDArray[np.int16]


def _table(samples: SampleSet) -> _Table:
    names, values = samples.names, samples.predictors
    if samples.form == "series":
        names, flags = series_names(names, values.shape[1])
        values = values.reshape(len(samples), -1)
        if samples.valid is not None:
            names = (*names, *flags)
            values = np.column_stack([values, samples.valid]).astype(np.float32)
    elif samples.form == "patch":
        values = values[:, values.shape[1] // 2, values.shape[2] // 2]
    return _Table(names, values, samples.class_index)


def _check_size(size_bytes: int, table: _Table, *, about: str = "") -> None:
    if size_bytes > LIMIT_BYTES:
        raise LimitError(
            f"{len(table.values):,} samples of {len(table.names)} predictors make a request of "
            f"{about}{size_bytes:,} bytes; {LIMIT_BYTES:,} fit.",
            hint="Draw fewer samples to see the forest on the map.",
            field="per_class",
        )


def _estimated_bytes(table: _Table) -> int:
    """Size of the samples by that of the first ones, as writing all of them takes seconds."""
    count = min(len(table.values), _ESTIMATED_FROM)
    return to_expression(_features(table, count)).size_bytes * len(table.values) // count


def _features(table: _Table, count: int) -> ee.FeatureCollection:
    features: ee.FeatureCollection = ee.FeatureCollection(
        [_feature(table, row) for row in range(count)]
    )
    return features


def _feature(table: _Table, row: int) -> ee.Feature:
    values = {
        name: float(f"{value:.{_DIGITS}g}")
        for name, value in zip(table.names, table.values[row].tolist(), strict=True)
    }
    values[CLASS_INDEX] = int(table.class_index[row])
    feature: ee.Feature = ee.Feature(None, values)
    return feature
