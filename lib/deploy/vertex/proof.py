"""Proof that an exported SavedModel answers as the network does that it was made of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.deploy.parity import Parity
from lib.deploy.vertex import graph
from lib.deploy.vertex.contract import OUTPUT, Contract, load_contract
from lib.deploy.vertex.savedmodel import SERIALIZED_SIGNATURE
from lib.models.artifact import Artifact

BOUND = 1e-5
"""Greatest difference of a probability; both sides compute the same in float32."""

_BLOCK_PIXELS = 65_536

Tiles = NDArray[np.float32]
Call = Callable[[Tiles], NDArray[np.float32]]


def prove(
    artifact_dir: Path,
    exported_dir: Path,
    x: NDArray[np.float32],
    valid: NDArray[np.bool_] | None = None,
    *,
    bound: float = BOUND,
) -> Parity:
    """Compare on samples, sent as serialised tensors in base64 as Earth Engine sends them.

    Args:
        artifact_dir: Run folder of the network.
        exported_dir: What `export_network` wrote.
        x: Held-out samples in the card's order, shape (samples, predictors), (samples, dates,
            predictors) or (samples, rows, columns, predictors).
        valid: Where they were observed, the same shape without the last axis; None for
            everywhere.
        bound: Greatest difference allowed.

    Returns:
        What was found; of patches the centre counts, or every pixel where the network gives it.
    """
    artifact, contract = Artifact.load(artifact_dir), load_contract(exported_dir)
    tiles = tiles_of(contract, artifact.network, x, valid)
    step = max(1, _BLOCK_PIXELS // (tiles.shape[1] * tiles.shape[2]))
    call = _caller(exported_dir, contract)
    return compare_tiles(artifact, contract, tiles, call, step=step, bound=bound)


def compare_tiles(
    artifact: Artifact, contract: Contract, tiles: Tiles, call: Call, *, step: int, bound: float
) -> Parity:
    """Compare what a function answers to tiles with what Keras does.

    Args:
        artifact: The network.
        contract: What was exported of it.
        tiles: As `tiles_of` gives them.
        call: From tiles to probabilities (tiles, rows, columns, classes).
        step: Tiles in one call.
        bound: Greatest difference allowed.
    """
    greatest, total, equal, count = 0.0, 0.0, 0, 0
    network = graph.network_for(artifact, contract.side)
    for first in range(0, len(tiles), step):
        block = tiles[first : first + step]
        expected = _expected(network, contract, block)
        came = _inner(contract, network, call(block))
        difference = np.abs(expected - came)
        finite = bool(np.isfinite(difference).all())
        greatest = max(greatest, float(difference.max()) if finite else float("inf"))
        total += float(difference.sum(dtype=np.float64))
        equal += int((expected.argmax(axis=-1) == came.argmax(axis=-1)).sum())
        count += expected[..., 0].size
    return Parity(
        max_abs_difference=greatest,
        bound=bound,
        pixels=count,
        masked_pixels=0,
        held_out_pixels=count,
        passed=greatest <= bound,
        mean_abs_difference=total / max(count * contract.classes, 1),
        equal_classes=equal / max(count, 1),
    )


def tiles_of(
    contract: Contract,
    network: Any,
    x: NDArray[np.float32],
    valid: NDArray[np.bool_] | None = None,
) -> Tiles:
    """Lay samples out as the tiles that Earth Engine would cut around them.

    Returns:
        Shape (samples, rows, columns, inputs), in the order of `contract.inputs`; masked places
        are 0, as Earth Engine sends them.
    """
    seen = np.ones(x.shape[:-1], bool) if valid is None else valid
    filled = np.where(seen[..., None], x, np.float32(0)).astype(np.float32)
    flags = seen.astype(np.float32)
    if contract.form == "pixel":
        return filled[:, None, None]
    if contract.form == "series":
        flat = filled.reshape(len(x), -1)
        parts = [flat, flags] if graph.is_masked(network) else [flat]
        return np.concatenate(parts, axis=1)[:, None, None]
    tiles = np.concatenate([filled, flags[..., None]], axis=-1) if contract.valid else filled
    return _padded(tiles, _least_side(contract, network, x.shape[1]))


def _least_side(contract: Contract, network: Any, side: int) -> int:
    """Pixels on a side that a tile needs: a patch with its centre, or what a map is built for."""
    if not graph.maps_every_pixel(network):
        return 2 * contract.margin + 1
    return side if network.inputs[0].shape[1] is None else contract.side


def _padded(tiles: Tiles, side: int) -> Tiles:
    missing = [(0, max(side - length, 0)) for length in tiles.shape[1:3]]
    return np.pad(tiles, [(0, 0), *missing, (0, 0)])[:, :side, :side]


def _expected(network: Any, contract: Contract, tiles: Tiles) -> NDArray[np.float32]:
    """What Keras gives for tiles, in the form that `_inner` cuts answers to."""
    if contract.form == "pixel":
        inputs: Any = tiles[:, 0, 0]
    elif contract.form == "series":
        steps, count = (int(length) for length in network.inputs[0].shape[1:])
        flat = tiles[:, 0, 0]
        inputs = flat[:, : steps * count].reshape(-1, steps, count)
        if graph.is_masked(network):
            inputs = [inputs, flat[:, steps * count :, None]]
    else:
        side = network.inputs[0].shape[1]
        cut = tiles[:, :side, :side]
        inputs = [cut[..., :-1], cut[..., -1:]] if contract.valid else cut
    return np.asarray(network(inputs, training=False))


def _inner(contract: Contract, network: Any, answers: NDArray[np.float32]) -> NDArray[np.float32]:
    if contract.form != "patch":
        return answers[:, 0, 0]
    if graph.maps_every_pixel(network):
        return answers
    return answers[:, contract.margin, contract.margin]


def _caller(directory: Path, contract: Contract) -> Any:
    """The SavedModel as a function of tiles, through texts of serialised tensors."""
    import tensorflow as tf  # slow import

    loaded = tf.saved_model.load(str(directory))

    def call(tiles: Tiles) -> NDArray[np.float32]:
        answers = loaded.signatures[SERIALIZED_SIGNATURE](**coded_tiles(contract, tiles))[OUTPUT]
        return decoded_tiles(answers)

    return call


def coded_tiles(contract: Contract, tiles: Tiles) -> dict[str, Any]:
    """Tiles as Earth Engine sends them: for each input a tensor of texts, one a tile."""
    return {
        name: _coded([tile[..., index, None] for tile in tiles])
        for index, name in enumerate(contract.inputs)
    }


def decoded_tiles(answers: Any) -> NDArray[np.float32]:
    """Probabilities from the texts that came back."""
    import tensorflow as tf  # slow import

    decoded = tf.io.decode_base64(answers)
    return np.stack([tf.io.parse_tensor(text, tf.float32).numpy() for text in decoded])


def _coded(tensors: list[NDArray[np.float32]]) -> Any:
    import tensorflow as tf  # slow import

    return tf.io.encode_base64([tf.io.serialize_tensor(tensor).numpy() for tensor in tensors])
