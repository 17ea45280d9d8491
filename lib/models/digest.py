"""Digests of samples and settings, so that work that was interrupted goes on with its own only."""

import hashlib
import json
from typing import Any

from numpy.typing import NDArray

from lib.core.samples import SampleSet
from lib.models.dataset import blocks


def samples_digest(samples: SampleSet, settings: list[Any], *more: NDArray[Any]) -> str:
    """Give a digest of samples, settings and further arrays, in hexadecimal.

    Args:
        samples: All of their columns count.
        settings: Plain data.
        more: Such as the parts of a split.
    """
    head = [settings, samples.names, samples.legend.to_json()]
    digest = hashlib.sha256(json.dumps(head).encode())
    for rows in blocks(len(samples), samples.predictors):
        digest.update(samples.predictors[rows[0] : rows[-1] + 1].tobytes())
    columns = (samples.class_index, samples.ids, samples.lon, samples.lat, samples.group)
    for values in (*columns, samples.valid, samples.dense, *more):
        digest.update(b"-" if values is None else values.tobytes())
    return digest.hexdigest()
