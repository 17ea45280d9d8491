from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from lib.core.errors import DeploymentError
from lib.core.model_plan import ModelPlan
from lib.deploy.native.compile import compile_network, probability_bands
from lib.earthengine.access import Connection
from lib.earthengine.pixels import fetch
from lib.models.networks import build_network
from tests.deploy.conftest import GRID, LEGEND, NAMES, shuffled
from tests.deploy.forms import STEPS, compiled_shares, keras_of_series, series_image

TOLERANCE = 1e-5

FLAT = layers.Flatten
LAYERS: dict[str, Callable[[], list[Any]]] = {
    "flatten": lambda: [FLAT()],
    "dense of each date": lambda: [layers.Dense(4, activation="relu"), FLAT()],
    "dense of each date, wrapped": lambda: [
        layers.TimeDistributed(layers.Dense(4, activation="tanh")),
        FLAT(),
    ],
    "softmax of each date": lambda: [layers.Dense(4, activation="softmax"), FLAT()],
    "convolution, same": lambda: [layers.Conv1D(4, 3, padding="same"), FLAT()],
    "convolution, even kernel": lambda: [layers.Conv1D(4, 4, padding="same"), FLAT()],
    "convolution, valid": lambda: [layers.Conv1D(4, 3, activation="relu"), FLAT()],
    "convolution, causal": lambda: [layers.Conv1D(4, 3, padding="causal"), FLAT()],
    "convolution, dilated": lambda: [
        layers.Conv1D(4, 3, padding="same", dilation_rate=2),
        FLAT(),
    ],
    "convolution, stride": lambda: [layers.Conv1D(4, 3, padding="same", strides=2), FLAT()],
    "convolution between normalisations": lambda: [
        layers.BatchNormalization(),
        layers.Conv1D(4, 3, padding="same"),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.SpatialDropout1D(0.5),
        FLAT(),
    ],
    "greatest of pairs": lambda: [layers.MaxPooling1D(2), FLAT()],
    "greatest, same": lambda: [layers.MaxPooling1D(3, strides=2, padding="same"), FLAT()],
    "mean of pairs": lambda: [layers.AveragePooling1D(2), FLAT()],
    "mean, same": lambda: [layers.AveragePooling1D(3, strides=2, padding="same"), FLAT()],
    "greatest of all": lambda: [layers.GlobalMaxPooling1D()],
    "mean of all": lambda: [layers.GlobalAveragePooling1D()],
    "mean of all, kept": lambda: [layers.GlobalAveragePooling1D(keepdims=True), FLAT()],
    "cropping": lambda: [layers.Cropping1D((1, 2)), FLAT()],
    "padding": lambda: [layers.ZeroPadding1D((2, 1)), layers.Conv1D(4, 3), FLAT()],
    "reshape": lambda: [layers.Reshape((len(NAMES), -1)), layers.Conv1D(4, 2), FLAT()],
    "permute": lambda: [layers.Permute((2, 1)), layers.Conv1D(4, 2), FLAT()],
    "repetition": lambda: [FLAT(), layers.RepeatVector(3), layers.GRU(3)],
    "layer normalization": lambda: [layers.LayerNormalization(), FLAT()],
    "prelu": lambda: [layers.PReLU(shared_axes=[1]), FLAT()],
    "lstm": lambda: [layers.LSTM(5)],
    "lstm without bias": lambda: [layers.LSTM(5, use_bias=False)],
    "lstm, two": lambda: [layers.LSTM(5, return_sequences=True), layers.LSTM(4)],
    "lstm, backwards": lambda: [layers.LSTM(5, return_sequences=True, go_backwards=True), FLAT()],
    "gru": lambda: [layers.GRU(5)],
    "gru, reset before": lambda: [layers.GRU(5, reset_after=False)],
    "gru without bias": lambda: [layers.GRU(5, use_bias=False)],
    "simple recurrent": lambda: [layers.SimpleRNN(5)],
    "both ways": lambda: [
        layers.Bidirectional(layers.GRU(3, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(3)),
    ],
    **{
        f"both ways, {mode}": (
            lambda mode=mode: [
                layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=mode),
                FLAT(),
            ]
        )
        for mode in ("sum", "mul", "ave")
    },
}


@pytest.mark.parametrize("inner", LAYERS.values(), ids=LAYERS)
def test_expression_gives_the_probabilities_of_keras(
    inner: Callable[[], list[Any]], earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    last = layers.Dense(len(LEGEND), activation="softmax")
    network = shuffled(
        keras.Sequential([keras.Input((STEPS, len(NAMES))), *inner(), last]), spread=0.5
    )
    predictors = series_image(earth)

    shares, valid = compiled_shares(earth, save_network(network), predictors)

    expected = keras_of_series(earth, network, predictors)
    assert 0 < valid.sum() < valid.size
    assert np.abs(shares[valid] - expected).max() < TOLERANCE
    assert np.ptp(expected, axis=0).max() > 0.003  # or nothing would be proven


@pytest.mark.parametrize(
    "plan",
    [
        ModelPlan(family="temporal_cnn", filters=(6, 5), hidden_units=(7,), activation="relu"),
        ModelPlan(family="lstm", recurrent_units=(5, 4), hidden_units=(), bidirectional=True),
        ModelPlan(family="gru", recurrent_units=(5,), hidden_units=(6,)),
    ],
    ids=lambda plan: plan.family,
)
def test_family_of_series_with_unseen_dates_gives_the_probabilities_of_keras(
    plan: ModelPlan, earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    x_train = np.random.default_rng(0).normal(0.2, 1.5, (50, STEPS, len(NAMES)))
    network = build_network(plan, x_train.astype(np.float32), n_classes=len(LEGEND))
    predictors = series_image(earth)

    shares, valid = compiled_shares(earth, save_network(network), predictors)

    expected = keras_of_series(earth, network, predictors)
    assert np.abs(shares[valid] - expected).max() < TOLERANCE
    assert np.ptp(expected, axis=0).max() > 0.003


def test_series_with_branches_and_one_date_gives_the_probabilities_of_keras(
    earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    entered = keras.Input((STEPS, len(NAMES)), name="predictors")
    twice = layers.Dense(len(NAMES), activation="tanh")
    left, right = twice(entered), layers.Conv1D(len(NAMES), 3, padding="same")(entered)
    longer = layers.Concatenate(axis=1)([layers.Subtract()([left, right]), twice(right)])
    answer = layers.Dense(len(LEGEND), activation="softmax")(longer[:, -2])
    network = shuffled(keras.Model(entered, answer))
    predictors = series_image(earth)

    shares, valid = compiled_shares(earth, save_network(network), predictors)

    expected = keras_of_series(earth, network, predictors)
    assert np.abs(shares[valid] - expected).max() < TOLERANCE


def test_part_of_a_series_that_is_no_single_date_is_refused(
    earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    entered = keras.Input((STEPS, len(NAMES)), name="predictors")
    answer = layers.Dense(len(LEGEND), activation="softmax")(FLAT()(entered[:, 1:]))

    with pytest.raises(DeploymentError, match="no single date"):
        compile_network(
            earth, save_network(keras.Model(entered, answer)), series_image(earth), LEGEND
        )


def test_recurrent_network_is_compiled_with_the_raster_route_proposed(
    earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    network = keras.Sequential(
        [keras.Input((STEPS, len(NAMES))), layers.LSTM(5), layers.Dense(4, "softmax")]
    )

    written = compile_network(earth, save_network(network), series_image(earth), LEGEND)

    assert not written.seen_live
    assert written.advice.startswith("Not yet seen on the live service: it is recurrent")
    assert "Map as a file" in written.advice


def long_network(steps: int) -> Any:
    inner = [layers.LSTM(8), layers.Dense(4, "softmax")]
    return shuffled(keras.Sequential([keras.Input((steps, len(NAMES))), *inner]), spread=0.3)


@pytest.mark.slow
def test_recurrent_network_of_149_dates_is_compiled_within_a_megabyte(
    earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    folder = save_network(long_network(149))

    written = compile_network(earth, folder, series_image(earth, 149), LEGEND)

    assert written.size_bytes < 1_000_000


def test_recurrent_network_of_25_dates_gives_the_probabilities_of_keras(
    earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    network, predictors = long_network(25), series_image(earth, 25)
    small = GRID.window((slice(0, 3), slice(0, 3)))
    written = compile_network(
        earth, save_network(network), predictors, LEGEND, output="probabilities"
    )

    shares, valid = fetch(earth, written.expression, small, probability_bands(LEGEND))

    expected = keras_of_series(earth, network, predictors, small)
    assert np.abs(shares[valid] - expected).max() < TOLERANCE


def test_network_that_answers_for_each_date_is_refused(
    earth: Connection, save_network: Callable[[Any], Path]
) -> None:
    network = keras.Sequential([keras.Input((STEPS, len(NAMES))), layers.Dense(4, "softmax")])

    with pytest.raises(DeploymentError, match="an answer for each date"):
        compile_network(earth, save_network(network), series_image(earth), LEGEND)
