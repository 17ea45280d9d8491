"""SavedModels whose inputs and outputs are serialised tensors, as Earth Engine sends them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

BANDS = ("red", "nir")


def small_network() -> Any:
    """A 3 x 3 convolution of two bands to three class probabilities, weights from seed 3."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None, None, 2))
    hidden = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(3, 1, activation="softmax")(hidden))


def small_regression() -> Any:
    """Two numbers to one, weights from seed 4."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(1)(inputs))


def export(network: Any, directory: Path, names: Sequence[str], *, rank: int, out: str) -> Path:
    """Wrap a network as the guides do: base64 of one serialised tensor a name, in and out.

    Args:
        network: Takes the inputs joined along the last axis.
        directory: To write the SavedModel into.
        names: Of the inputs.
        rank: Of one input without its batch.
        out: Name of the output.
    """
    specs = {name: tf.TensorSpec([None], tf.string, name=name) for name in names}
    shape = [None] * (rank - 1) + [1]

    def parsed(texts: Any) -> Any:
        def one(text: Any) -> Any:
            return tf.ensure_shape(tf.io.parse_tensor(text, tf.float32), shape)

        kind = tf.TensorSpec(shape, tf.float32)
        return tf.map_fn(one, tf.io.decode_base64(texts), fn_output_signature=kind)

    def predict(**texts: Any) -> dict[str, Any]:
        joined = tf.concat([parsed(texts[name]) for name in names], axis=-1)
        found = network(joined, training=False)
        serialised = tf.map_fn(tf.io.serialize_tensor, found, fn_output_signature=tf.string)
        return {out: tf.io.encode_base64(serialised)}

    module = tf.Module()
    module.network = network
    module.predict = tf.function(predict)
    signature = module.predict.get_concrete_function(**specs)
    tf.saved_model.save(module, str(directory), signatures={"serving_default": signature})
    return directory


def whole_image(network: Any, bands: np.ndarray) -> np.ndarray:
    """What Keras makes of bands `(bands, height, width)`: `(height, width, classes)`."""
    batch = np.moveaxis(bands, 0, -1)[None].astype(np.float32)
    return np.asarray(network(batch, training=False))[0]
