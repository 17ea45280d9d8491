"""Earth Engine's own classifiers, trained within the request that maps them."""

import ee

from lib.core.errors import LimitError
from lib.core.expression import Expression
from lib.core.samples import SampleSet
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.labels import CLASS_INDEX
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

    Raises:
        LimitError: The samples do not fit in a request.
    """
    _check_size(_estimated_bytes(samples), samples, about="about ")
    features = _features(samples, len(samples))
    forest = ee.Classifier.smileRandomForest(numberOfTrees=trees, seed=seed)
    trained = forest.train(features, CLASS_INDEX, list(samples.names))
    mapped = to_image(predictors).select(list(samples.names)).classify(trained, CLASS_BAND)
    expression = to_expression(mapped.toByte())
    _check_size(expression.size_bytes, samples)
    return expression


def _check_size(size_bytes: int, samples: SampleSet, *, about: str = "") -> None:
    if size_bytes > LIMIT_BYTES:
        raise LimitError(
            f"{len(samples):,} samples of {len(samples.names)} predictors make a request of "
            f"{about}{size_bytes:,} bytes; {LIMIT_BYTES:,} fit.",
            hint="Draw fewer samples to see the forest on the map.",
            field="per_class",
        )


def _estimated_bytes(samples: SampleSet) -> int:
    """Size of the samples by that of the first ones, as writing all of them takes seconds."""
    count = min(len(samples), _ESTIMATED_FROM)
    return to_expression(_features(samples, count)).size_bytes * len(samples) // count


def _features(samples: SampleSet, count: int) -> ee.FeatureCollection:
    features: ee.FeatureCollection = ee.FeatureCollection(
        [_feature(samples, row) for row in range(count)]
    )
    return features


def _feature(samples: SampleSet, row: int) -> ee.Feature:
    values = {
        name: float(f"{value:.{_DIGITS}g}")
        for name, value in zip(samples.names, samples.predictors[row].tolist(), strict=True)
    }
    values[CLASS_INDEX] = int(samples.class_index[row])
    feature: ee.Feature = ee.Feature(None, values)
    return feature
