"""Batches for the steps of training: from TensorFlow's memory, or gathered while it computes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lib.core.mapped import GATHERED_BYTES, release
from lib.models.dataset import Part

Step = Callable[[Any, Any, Any, Any], Any]
"""Trains on (predictors, valid, labels, key) and gives the figures of the batch, shape (4,)."""


class Feed(Protocol):
    """Runs steps of an epoch."""

    def run(
        self, order: NDArray[np.int64], first: int, last: int, key: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Run the steps from `first` to before `last`.

        Args:
            order: All samples, in the order of this epoch.
            first: Number of the first step.
            last: Number of the step after the last.
            key: Seed and epoch, which with the number of a step decide its random changes.

        Returns:
            The figures of each step, shape (steps, 4).
        """


def feed_of(part: Part, step: Step, *, batch_size: int) -> Feed:
    """Choose a feed by where the samples are."""
    kind = MemoryFeed if part.in_memory else StreamFeed
    return kind(part, step, batch_size=batch_size)


def batch_signature(part: Part) -> list[Any]:
    """Give what a batch looks like to a graph, whatever its size: it is traced once."""
    import tensorflow as tf  # slow import

    return [tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in part.take([0])]


def step_count(n: int, batch_size: int) -> int:
    """Steps of an epoch; batches are of nearly one size, and none is larger than asked for."""
    return -(-n // batch_size)


class MemoryFeed:
    """Holds samples as tensors and loops inside the graph.

    Small networks are limited by what Python does between steps: with hundreds of steps in one
    call an MLP trains 2 to 6 times faster than `model.fit`. XLA is off: it slows dropout tenfold.
    """

    def __init__(self, part: Part, step: Step, *, batch_size: int) -> None:
        import tensorflow as tf  # slow import

        x, y = tf.constant(part.x), tf.constant(part.y.astype(np.int32))
        valid = None if part.valid is None else tf.constant(part.valid)
        n, steps = len(part), step_count(len(part), batch_size)

        def one(order: Any, number: Any, key: Any) -> Any:
            rows = order[number * n // steps : (number + 1) * n // steps]
            chosen = tf.gather(x, rows)
            seen = (
                tf.ones(tf.shape(chosen)[:-1])
                if valid is None
                else tf.cast(tf.gather(valid, rows), tf.float32)
            )
            return step(chosen, seen, tf.gather(y, rows), tf.stack([key[0], key[1] + number]))

        def run(order: Any, first: Any, last: Any, key: Any) -> Any:
            figures = tf.TensorArray(tf.float32, size=tf.cast(last - first, tf.int32))
            for number in tf.range(first, last):
                at = tf.cast(number - first, tf.int32)
                figures = figures.write(at, one(order, number, key))
            return figures.stack()

        whole = tf.TensorSpec((), tf.int64)
        signature = [tf.TensorSpec((None,), tf.int64), whole, whole, tf.TensorSpec((2,), tf.int64)]
        self._run = tf.function(run, input_signature=signature, jit_compile=False)

    def run(
        self, order: NDArray[np.int64], first: int, last: int, key: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Run some steps, as `Feed.run` says."""
        found = self._run(order, np.int64(first), np.int64(last), _numbered(key))
        return np.asarray(found.numpy())


class StreamFeed:
    """Gathers the next batch from the disk while TensorFlow computes this one."""

    def __init__(self, part: Part, step: Step, *, batch_size: int) -> None:
        import tensorflow as tf  # slow import

        self._part, self._batch_size = part, batch_size
        signature = [*batch_signature(part), tf.TensorSpec((2,), tf.int64)]
        self._step = tf.function(step, input_signature=signature, jit_compile=False)
        self._read = 0

    def run(
        self, order: NDArray[np.int64], first: int, last: int, key: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Run some steps, as `Feed.run` says."""
        n = len(self._part)
        steps = step_count(n, self._batch_size)
        figures = []
        with ThreadPoolExecutor(1) as pool:

            def gather(number: int) -> Any:
                rows = order[number * n // steps : (number + 1) * n // steps]
                return pool.submit(self._part.take, np.sort(rows))

            coming = gather(first)
            for number in range(first, last):
                batch = coming.result()
                self._release(batch[0].nbytes)
                if number + 1 < last:
                    coming = gather(number + 1)
                seed = _numbered((key[0], key[1])) + np.array([0, number])
                figures.append(self._step(*batch, seed).numpy())
        return np.array(figures, np.float32)

    def _release(self, read: int) -> None:
        """Now and then give back what the mapped file took of memory."""
        self._read += read
        if self._read > GATHERED_BYTES:
            release(self._part.x)
            self._read = 0


def _numbered(key: tuple[int, int]) -> NDArray[np.int64]:
    """The key of an epoch's first step; no two steps of a run have the same."""
    return np.array([key[0], key[1] << 32], np.int64)
