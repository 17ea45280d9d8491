"""Patches in TFRecord files: a feature a band, with the numbers of its rows one after another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import DeploymentError

Patch = NDArray[np.float32]


@dataclass(frozen=True)
class Patches:
    """Files of patches.

    Attributes:
        files: In their order.
        mixer: The mixer file.
    """

    files: tuple[Path, ...]
    mixer: Path


def read_patches(path: Path, bands: Sequence[str], shape: tuple[int, int]) -> Iterator[Patch]:
    """Read the patches of a file in their order.

    Args:
        path: A ".tfrecord" or ".tfrecord.gz" file.
        bands: Which bands, in order.
        shape: Rows and columns of a patch with its overlap.

    Yields:
        Shape (rows, columns, bands).

    Raises:
        DeploymentError: It is no such file, or its patches have other bands or another size.
    """
    import tensorflow as tf  # slow import

    kind = "GZIP" if path.suffix == ".gz" else ""
    features = {band: tf.io.FixedLenFeature(list(shape), tf.float32) for band in bands}
    try:
        for record in tf.data.TFRecordDataset(str(path), compression_type=kind):
            parsed = tf.io.parse_single_example(record, features)
            yield np.stack([parsed[band].numpy() for band in bands], axis=-1)
    except (tf.errors.InvalidArgumentError, tf.errors.DataLossError) as error:
        raise DeploymentError(
            f"{path.name} holds no whole patches of {shape[0]} x {shape[1]} pixels with the bands "
            f"{', '.join(bands)}: {str(error.message).splitlines()[0][:200]}",
            hint="Export the patches again with this network, and fetch all of the file.",
        ) from error


def write_classes(path: Path, patches: Iterable[NDArray[np.uint8]], band: str) -> int:
    """Write patches of classes as a file, whole or not at all; returns how many they are.

    Args:
        path: Of the file.
        patches: Shape (rows, columns) each.
        band: Name of the one band.
    """
    import tensorflow as tf  # slow import

    unfinished = path.with_name(f".{path.name}")
    count = 0
    with tf.io.TFRecordWriter(str(unfinished)) as file:
        for patch in patches:
            numbers = tf.train.Int64List(value=patch.ravel().tolist())
            feature = {band: tf.train.Feature(int64_list=numbers)}
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            file.write(example.SerializeToString())
            count += 1
    unfinished.replace(path)
    return count


def count_records(path: Path) -> int:
    """How many patches `write_classes` wrote."""
    import tensorflow as tf  # slow import

    return sum(1 for _ in tf.data.TFRecordDataset(str(path)))
