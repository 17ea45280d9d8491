from collections.abc import Callable
from pathlib import Path
from typing import Any

import ee
import keras
import numpy as np
import pytest
from keras import layers

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.legend import Legend
from lib.deploy.native import activations
from lib.deploy.native.compile import compile_network, probability_bands
from lib.deploy.native.forms import FORMS
from lib.deploy.native.registry import writers
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.pixels import fetch
from lib.models.artifact import Artifact
from tests.deploy.conftest import GRID, LEGEND, NAMES, shuffled

# Keras computes in float32; the expression in double with weights of 7 digits.
TOLERANCE = 2e-6


def network(*inner: Any) -> Any:
    return shuffled(
        keras.Sequential(
            [keras.Input((len(NAMES),)), *inner, layers.Dense(len(LEGEND), activation="softmax")]
        )
    )


def evaluated(
    earth: Connection, folder: Path, predictors: Expression
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Probabilities of the expression and of Keras on the valid pixels."""
    written = compile_network(earth, folder, predictors, LEGEND, output="probabilities")
    read, valid = fetch(earth, predictors, GRID, NAMES)
    shares, answered = fetch(
        earth, written.expression, GRID, probability_bands(LEGEND), dtype=np.float64
    )
    assert np.array_equal(valid, answered)
    assert 0 < valid.sum() < valid.size
    expected = Artifact.load(folder).network(read[valid], training=False)
    return shares[valid], keras.ops.convert_to_numpy(expected)


@with_connection
def add(connection: Connection, image: Expression, numbers: tuple[float, ...]) -> ee.Image:
    return to_image(image).add(ee.Image.constant(list(numbers))).toDouble()


LAYERS: dict[str, Callable[[], list[Any]]] = {
    "dense only": list,
    "dense without bias": lambda: [layers.Dense(5, use_bias=False)],
    "two linear layers": lambda: [layers.Dense(2), layers.Dense(6)],
    "softmax inside": lambda: [layers.Dense(5, activation="softmax"), layers.Dense(3)],
    "dropout and noise": lambda: [
        layers.Dense(5, activation="relu"),
        layers.Dropout(0.5),
        layers.GaussianNoise(0.5),
        layers.Flatten(),
    ],
    "normalization": lambda: [
        layers.Normalization(mean=[0.5, -2.0, 3.0], variance=[4.0, 0.25, 9.0]),
        layers.Dense(5, activation="relu"),
    ],
    "inverse normalization": lambda: [
        layers.Normalization(mean=[0.5, -2.0, 3.0], variance=[4.0, 0.25, 9.0], invert=True),
        layers.Dense(5, activation="tanh"),
    ],
    "rescaling": lambda: [layers.Rescaling(0.25, offset=-1.0), layers.Dense(5, "tanh")],
    "batch normalization first": lambda: [layers.BatchNormalization(), layers.Dense(5, "relu")],
    "batch normalization before relu": lambda: [
        layers.Dense(5),
        layers.BatchNormalization(),
        layers.Activation("relu"),
    ],
    "batch normalization after relu": lambda: [
        layers.Dense(5, activation="relu"),
        layers.BatchNormalization(scale=False),
    ],
    "layer normalization": lambda: [layers.Dense(6), layers.LayerNormalization()],
    "relu with limit and slope": lambda: [
        layers.Dense(6),
        layers.ReLU(max_value=1.5, negative_slope=0.1),
    ],
    "leaky relu": lambda: [layers.Dense(6), layers.LeakyReLU(negative_slope=0.3)],
    "prelu": lambda: [layers.Dense(6), layers.PReLU()],
    "elu": lambda: [layers.Dense(6), layers.ELU(alpha=0.7)],
    "softmax layer": lambda: [layers.Dense(6), layers.Softmax()],
    **{
        f"activation {name}": (lambda name=name: [layers.Dense(6, activation=name)])
        for name in activations.FUNCTIONS
    },
}


@pytest.mark.parametrize("inner", LAYERS.values(), ids=LAYERS)
def test_expression_gives_the_probabilities_of_keras(
    inner: Callable[[], list[Any]],
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    shares, expected = evaluated(earth, save_network(network(*inner())), predictors)

    assert np.abs(shares - expected).max() < TOLERANCE
    assert np.ptp(expected, axis=0).max() > 0.01  # or nothing would be proven


def test_expression_of_joined_branches_gives_the_probabilities_of_keras(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    entered = keras.Input((len(NAMES),))
    left = layers.Dense(5, activation="tanh")(entered)
    right = layers.Dense(5, activation="relu")(left)
    both = layers.Concatenate()([layers.Add()([left, right]), layers.Multiply()([left, right])])
    mean = layers.Concatenate()([both, layers.Average()([left, right])])
    answer = layers.Dense(len(LEGEND), activation="softmax")(mean)

    folder = save_network(shuffled(keras.Model(entered, answer)))
    shares, expected = evaluated(earth, folder, predictors)

    assert np.abs(shares - expected).max() < TOLERANCE


def test_class_map_is_the_most_probable_class_of_keras(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(network(layers.Dense(8, activation="relu")))
    written = compile_network(earth, folder, predictors, LEGEND)

    index, valid = fetch(earth, written.expression, GRID, ["class"], dtype=np.uint8)

    read, _ = fetch(earth, predictors, GRID, NAMES)
    expected = Artifact.load(folder).network(read[valid], training=False)
    assert np.array_equal(index[valid][:, 0], keras.ops.convert_to_numpy(expected).argmax(axis=1))
    assert len(np.unique(index[valid])) > 1


def test_scaling_is_folded_into_the_matrix_and_costs_no_form(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(
        network(
            layers.Normalization(mean=[0.5, -2.0, 3.0], variance=[4.0, 0.25, 9.0]),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.Activation("relu"),
        )
    )

    written = compile_network(earth, folder, predictors, LEGEND)

    assert written.forms == ("column", "matrix", "bias", "positive part", "argmax")
    assert written.seen_live
    assert written.expression.to_json().count("matrixMultiply") == 2


def test_form_that_was_never_seen_on_the_live_service_is_told(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(network(layers.Dense(8, activation="gelu")))

    written = compile_network(earth, folder, predictors, LEGEND)

    assert "error function" in written.forms
    assert not written.seen_live


def test_weights_take_eleven_bytes_each(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    def size(width: int) -> int:
        folder = save_network(network(layers.Dense(width, "relu"), layers.Dense(width, "relu")))
        return compile_network(earth, folder, predictors, LEGEND).size_bytes

    weights = (64 * 64 - 16 * 16) + (3 + 2 + len(LEGEND)) * (64 - 16)

    # facts: 11.2 bytes a weight at 7 digits, measured with the real client.
    assert (size(64) - size(16)) / weights == pytest.approx(11.0, abs=1.0)


def test_layer_that_cannot_be_written_is_refused_by_name(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(network(layers.UnitNormalization(name="unit")))

    with pytest.raises(DeploymentError, match=r"“unit” \(UnitNormalization\)"):
        compile_network(earth, folder, predictors, LEGEND)


def test_activation_that_cannot_be_written_is_refused_by_name(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(network(layers.Dense(4, activation="log_softmax", name="odd")))

    with pytest.raises(DeploymentError, match=r"“odd”.*activation “log_softmax”"):
        compile_network(earth, folder, predictors, LEGEND)


def test_network_of_more_axes_than_a_patch_is_refused(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    films = keras.Sequential(
        [keras.Input((2, 5, 5, 3)), layers.Flatten(), layers.Dense(4, "softmax")]
    )

    with pytest.raises(DeploymentError, match="of 4 axes"):
        compile_network(earth, save_network(films), predictors, LEGEND)


def test_entropy_is_that_of_the_probabilities_of_keras(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(network(layers.Dense(5, activation="tanh")))
    written = compile_network(earth, folder, predictors, LEGEND, output="entropy")

    came, valid = fetch(earth, written.expression, GRID, ["entropy"])

    read, _ = fetch(earth, predictors, GRID, NAMES)
    shares = keras.ops.convert_to_numpy(Artifact.load(folder).network(read[valid])).astype(float)
    expected = -(shares * np.log(shares)).sum(axis=1) / np.log(len(LEGEND))
    assert np.abs(came[valid][:, 0] - expected).max() < TOLERANCE
    assert np.ptp(expected) > 0.1


def test_scaling_whose_terms_cancel_keeps_more_digits(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    far = layers.Normalization(mean=[2000.0, 3000.0, 4000.0], variance=[0.25, 0.25, 0.25])
    folder = save_network(network(far, layers.Dense(5, activation="tanh")))
    moved = to_expression(add(earth, predictors, (2000.0, 3000.0, 4000.0)))

    shares, expected = evaluated(earth, folder, moved)

    # At 7 digits the difference is some 1e-3; float32 itself holds 2000 to 1e-4.
    assert np.abs(shares - expected).max() < 1e-4


def test_network_and_legend_that_differ_are_refused(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(network())

    with pytest.raises(DeploymentError, match="4 outputs and the legend 2 classes"):
        compile_network(earth, folder, predictors, Legend.from_values([1, 2]))


def test_every_writer_is_a_layer_of_keras() -> None:
    others = {"Functional", "GetItem", "Sequential"}  # networks, and what brackets make
    assert {name for name in writers() if not hasattr(layers, name)} == others


def test_every_activation_is_a_function_of_keras() -> None:
    assert {name for name in activations.FUNCTIONS if not hasattr(keras.activations, name)} == set()


def test_every_form_that_was_seen_live_names_where() -> None:
    assert all(form.source.startswith("https://") for form in FORMS.values() if form.seen_live)
