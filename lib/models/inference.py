"""A network as a fast function of pixels, series or patches.

Never `model.predict`: on two cores it maps 2.4 million pixels a second with a small MLP. Blocks
of 32,768 pixels, one a core at a time, with the choice of class inside the graph, map 8 million.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.models.networks import before_softmax

BLOCK_PIXELS = 32_768
_BLOCK_BYTES = 96 * 1024**2
"""Activations that one block may take."""


class Engine:
    """Runs a network over arrays of any number of samples, in blocks.

    Args:
        network: A Keras network with probabilities of at most 255 classes as output; its inputs
            are raw predictors of pixels, series or patches, and for the last two a mask.
        block: Samples in one call; None for as many as memory allows.
    """

    def __init__(self, network: Any, *, block: int | None = None) -> None:
        self._network = network
        self._rank = len(network.inputs[0].shape) - 1
        self._masked = len(network.inputs) > 1
        self._mapped = len(network.outputs[0].shape) == 4
        self._block = block
        self._n_out = int(network.outputs[0].shape[-1])
        self._functions = {dense: _graph_functions(network, dense=dense) for dense in (False, True)}

    def probabilities(
        self,
        x: NDArray[np.float32],
        valid: NDArray[np.bool_] | None = None,
        *,
        dense: bool = False,
    ) -> NDArray[np.float32]:
        """Give class probabilities.

        Args:
            x: Raw predictors, shape (..., predictors), (..., dates, predictors) or (..., rows,
                columns, predictors), by the network's form.
            valid: Where they were observed, the same shape without the last axis; None for
                everywhere.
            dense: Whether each pixel of a patch is asked for instead of the centre; only where
                the network tells.

        Returns:
            Shape (..., classes), or (..., rows, columns, classes).
        """
        out = np.empty((*self._lead(x, dense=dense), self._n_out), np.float32)
        self._fill(out, x, valid, self._functions[dense][0])
        return out

    def classes(
        self,
        x: NDArray[np.float32],
        valid: NDArray[np.bool_] | None = None,
        *,
        dense: bool = False,
    ) -> NDArray[np.uint8]:
        """Give the index of the most probable class, shape (...) or (..., rows, columns)."""
        out = np.empty(self._lead(x, dense=dense), np.uint8)
        self._fill(out, x, valid, self._functions[dense][1])
        return out

    def _lead(self, x: NDArray[np.float32], *, dense: bool) -> tuple[int, ...]:
        """Shape of the answer without classes."""
        return x.shape[:-1] if dense and self._mapped else x.shape[: x.ndim - self._rank]

    def _fill(
        self,
        out: NDArray[Any],
        x: NDArray[np.float32],
        valid: NDArray[np.bool_] | None,
        run: Callable[..., Any],
    ) -> None:
        inner = x.shape[x.ndim - self._rank :]
        outer = x.shape[: x.ndim - self._rank]
        samples = x.reshape(-1, *inner)
        masks = None if valid is None else valid.reshape(-1, *inner[:-1])
        rows = out.reshape(prod(outer), *out.shape[len(outer) :])
        step = self._block or block_rows(self._network, inner)

        def fill(first: int) -> None:
            at = slice(first, first + step)
            rows[at] = run(*self._inputs(samples[at], masks, at)).numpy()

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, range(0, len(samples), step)))

    def _inputs(
        self, x: NDArray[np.float32], masks: NDArray[np.bool_] | None, at: slice
    ) -> list[NDArray[np.float32]]:
        if not self._masked:
            return [x]
        valid = np.ones(x.shape[:-1], bool) if masks is None else masks[at]
        return [x, valid[..., None].astype(np.float32)]


def block_rows(network: Any, shape: tuple[int, ...]) -> int:
    """Give how many samples of a shape a network can take at once in little memory."""
    sides = shape[:-1]
    floats = prod(shape)
    for layer in network.layers:
        for tensor in layer.output if isinstance(layer.output, list) else [layer.output]:
            lengths = tensor.shape[1:]
            floats += prod(
                side if length is None else length
                for length, side in zip(lengths, (*sides, 1)[: len(lengths)], strict=False)
            )
    return max(1, min(BLOCK_PIXELS, _BLOCK_BYTES // (4 * floats)))


def _graph_functions(network: Any, *, dense: bool) -> tuple[Any, Any]:
    """Give probabilities and classes of a block as functions of the network's inputs."""
    import tensorflow as tf  # slow import

    sums_of = before_softmax(network)
    signature = [tf.TensorSpec(tensor.shape, tf.float32) for tensor in network.inputs]

    def asked(values: Any) -> Any:
        if dense or len(values.shape) < 4:
            return values
        side = tf.shape(values)
        return values[:, side[1] // 2, side[2] // 2]

    def probabilities(*inputs: Any) -> Any:
        return asked(network(_entering(inputs), training=False))

    def classes(*inputs: Any) -> Any:
        # The greatest probability is the greatest sum before the softmax.
        sums = asked(sums_of(_entering(inputs), training=False))
        return tf.cast(tf.argmax(sums, axis=-1, output_type=tf.int32), tf.uint8)

    graph = tf.function(input_signature=signature, jit_compile=False)
    return graph(probabilities), graph(classes)


def _entering(inputs: tuple[Any, ...]) -> Any:
    return list(inputs) if len(inputs) > 1 else inputs[0]
