"""A Keras network as a function of image tiles: `(rows, columns, inputs)` to probabilities.

The answer has the tile's own size. Within the margin of its edges it counts for nothing: Earth
Engine cuts the overlap off.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from lib.core.errors import DeploymentError
from lib.models.artifact import Artifact
from lib.models.inference import block_rows
from lib.models.networks import resized

TileFunction = Callable[[Any], Any]
"""Maps float32 tiles (batch, rows, columns, inputs) to (batch, rows, columns, classes)."""

_SEEN = 0.5


def form_of(network: Any) -> str:
    """The form of samples that a network reads: "pixel", "series" or "patch".

    Raises:
        DeploymentError: It reads something else.
    """
    forms = {2: "pixel", 3: "series", 4: "patch"}
    rank = len(network.inputs[0].shape)
    if rank not in forms or len(network.inputs) > 2 or len(network.outputs) != 1:
        raise DeploymentError(
            f"The network has {len(network.inputs)} inputs of {rank - 1} axes and "
            f"{len(network.outputs)} outputs; Vertex AI's route takes pixels, series and patches "
            "with one answer.",
            hint="Choose the route “bundle” and serve the network yourself.",
            field="route",
        )
    return forms[rank]


def is_masked(network: Any) -> bool:
    """Whether a network reads what was observed beside the predictors."""
    return len(network.inputs) == 2


def reach_of(network: Any) -> int:
    """How far a network looks in each direction at most, in pixels of its input.

    Half of the receptive field (Araujo, Norris and Sim 2019), steps up halving the step of the
    layers behind them; along the longest branch where branches are joined.
    """
    seen, step = 0, 1
    for layer in network.layers:
        kind = type(layer).__name__
        if kind in ("Conv2D", "DepthwiseConv2D", "SeparableConv2D"):
            kernel = (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
            seen, step = seen + kernel * step, step * layer.strides[0]
        elif kind in ("MaxPooling2D", "AveragePooling2D"):
            seen, step = seen + (layer.pool_size[0] - 1) * step, step * layer.strides[0]
        elif kind == "Conv2DTranspose":
            step //= layer.strides[0]
            seen += max(layer.kernel_size[0] - layer.strides[0], 0) * step
    return math.ceil(seen / 2)


def maps_every_pixel(network: Any) -> bool:
    """Whether a network of patches gives the classes of every pixel instead of the centre's."""
    return len(network.outputs[0].shape) == 4


def margin_of(network: Any) -> int:
    """Pixels beyond a tile on each side that the network must see."""
    if form_of(network) != "patch":
        return 0
    return reach_of(network) if maps_every_pixel(network) else _patch_side(network) // 2


def most_tile(network: Any, most: int) -> int:
    """Largest tile whose patches fit in memory at once, where each pixel has a patch of its own."""
    if form_of(network) != "patch" or maps_every_pixel(network):
        return most
    side = _patch_side(network)
    at_once = block_rows(network, (side, side, int(network.inputs[0].shape[-1])))
    return max(1, min(most, math.isqrt(at_once)))


def side_step(artifact: Artifact) -> int:
    """What the side of a tile with its margin must be a multiple of, so that poolings meet it."""
    fixed = _is_fixed_map(artifact.network)
    return 2 ** (len(artifact.card.plan.filters) - 1) if fixed else 1


def network_for(artifact: Artifact, side: int) -> Any:
    """The network for tiles of a side; maps of one fixed side are built again for it."""
    network = artifact.network
    if _is_fixed_map(network) and int(network.inputs[0].shape[1]) != side:
        return resized(network, artifact.card.plan, side=side)
    return network


def tile_function(network: Any) -> TileFunction:
    """Give the network as a function of tiles, whose channels are its predictors and its mask."""
    form = form_of(network)
    if form == "patch":
        return _maps(network) if maps_every_pixel(network) else _centres(network)
    return _vectors(network, _steps_apart if form == "series" else _as_it_is)


def _vectors(network: Any, arrange: Callable[[Any, Any], Any]) -> TileFunction:
    """A network of one pixel's bands: all pixels of all tiles are one batch."""
    import tensorflow as tf  # slow import

    def function(tiles: Any) -> Any:
        flat = tf.reshape(tiles, [-1, tiles.shape[-1]])
        found = network(arrange(network, flat), training=False)
        return tf.reshape(found, tf.concat([tf.shape(tiles)[:3], [found.shape[-1]]], axis=0))

    return function


def _as_it_is(_: Any, flat: Any) -> Any:
    return flat


def _steps_apart(network: Any, flat: Any) -> Any:
    """Flat bands, date by date and then flags, as `(pixels, dates, predictors)` and a mask."""
    import tensorflow as tf  # slow import

    steps, count = (int(length) for length in network.inputs[0].shape[1:])
    series = tf.reshape(flat[:, : steps * count], [-1, steps, count])
    if not is_masked(network):
        return series
    return [series, _seen(flat[:, steps * count :, None])]


def _maps(network: Any) -> TileFunction:
    def function(tiles: Any) -> Any:
        return network(_parted(network, tiles), training=False)

    return function


def _centres(network: Any) -> TileFunction:
    """A patch around each pixel within the margin, tile after tile to spare memory."""
    import tensorflow as tf  # slow import

    side, margin = _patch_side(network), _patch_side(network) // 2
    ones, sides = [1, 1, 1, 1], [1, side, side, 1]

    def one(tile: Any) -> Any:
        inner = tf.shape(tile)[:2] - 2 * margin
        patches = tf.image.extract_patches(tile[None], sides, ones, ones, "VALID")[0]
        patches = tf.reshape(patches[: inner[0], : inner[1]], [-1, side, side, tile.shape[-1]])
        found = network(_parted(network, patches), training=False)
        shaped = tf.reshape(found, tf.concat([inner, [found.shape[-1]]], axis=0))
        return tf.pad(shaped, [[margin, margin], [margin, margin], [0, 0]])

    def function(tiles: Any) -> Any:
        classes = int(network.outputs[0].shape[-1])
        kind = tf.TensorSpec([None, None, classes], tf.float32)
        return tf.map_fn(one, tiles, fn_output_signature=kind, parallel_iterations=1)

    return function


def _parted(network: Any, values: Any) -> Any:
    """Predictors and mask of patches as a network's inputs."""
    if not is_masked(network):
        return values
    return [values[..., :-1], _seen(values[..., -1:])]


def _seen(flags: Any) -> Any:
    import tensorflow as tf  # slow import

    return tf.cast(flags > _SEEN, tf.float32)


def _patch_side(network: Any) -> int:
    return int(network.inputs[0].shape[1])


def _is_fixed_map(network: Any) -> bool:
    shape: Sequence[int | None] = network.inputs[0].shape
    return len(shape) == 4 and maps_every_pixel(network) and shape[1] is not None
