import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.model_plan import ModelPlan
from lib.deploy.native import neighbours
from lib.deploy.native.compile import compile_network
from lib.deploy.native.neighbours import Offsets, probe
from lib.earthengine.access import Connection
from lib.earthengine.pixels import fetch
from lib.localearth import assumptions
from lib.models.networks import build_network
from tests.deploy.conftest import GRID, LEGEND, NAMES, shuffled
from tests.deploy.forms import compiled_shares, keras_of_patches

TOLERANCE = 1e-5
HALF = 3

LAYERS: dict[str, Callable[[], list[Any]]] = {
    "convolution, same": lambda: [layers.Conv2D(4, 3, padding="same", activation="relu")],
    "convolution, one pixel": lambda: [layers.Conv2D(4, 1), layers.Conv2D(3, 3, padding="same")],
    "convolution, oblong": lambda: [layers.Conv2D(4, (3, 5), padding="same")],
    "convolution, dilated": lambda: [
        layers.Conv2D(4, 3, padding="same", dilation_rate=2, activation="tanh")
    ],
    "convolution, valid": lambda: [layers.Conv2D(4, 3), layers.Cropping2D(1)],
    "two with normalisation": lambda: [
        layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("gelu"),
        layers.SpatialDropout2D(0.5),
        layers.Conv2D(4, 3, padding="same"),
    ],
    "depthwise": lambda: [layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)],
    "separable": lambda: [layers.SeparableConv2D(5, 3, padding="same", activation="relu")],
    "valid to one pixel": lambda: [
        layers.Conv2D(4, 3, activation="relu"),
        layers.Conv2D(4, 5),
        layers.GlobalAveragePooling2D(),
        layers.Reshape((2, 2)),
        layers.Flatten(),
    ],
    "valid to one pixel, flat": lambda: [layers.Conv2D(4, 7), layers.Flatten()],
}


def evaluated(
    earth: Connection, network: Any, predictors: Expression, save: Callable[[Any], Path]
) -> float:
    """Greatest difference of a probability between the expression and Keras."""
    shares, answered = compiled_shares(earth, save(network), predictors)
    expected, valid = keras_of_patches(earth, network, predictors, HALF)
    assert np.array_equal(answered.ravel(), valid)
    assert 0 < valid.sum() < valid.size
    assert np.ptp(expected[valid], axis=0).max() > 0.01  # or nothing would be proven
    return float(np.abs(shares.reshape(expected.shape) - expected)[valid].max())


def centred(*inner: Any, side: int | None = 2 * HALF + 1) -> Any:
    last = layers.Dense(len(LEGEND), activation="softmax")
    return shuffled(keras.Sequential([keras.Input((side, side, len(NAMES))), *inner, last]))


@pytest.mark.parametrize("inner", LAYERS.values(), ids=LAYERS)
def test_expression_gives_the_probabilities_of_keras_at_the_centre(
    inner: Callable[[], list[Any]],
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    assert evaluated(earth, centred(*inner()), predictors, save_network) < TOLERANCE


@pytest.fixture
def family(save_network: Callable[[Any], Path]) -> Any:
    """A network of the family "fcn" that looks two pixels far."""
    x_train = np.random.default_rng(0).normal(0.2, 0.7, (20, 9, 9, len(NAMES)))
    plan = ModelPlan(family="fcn", filters=(6, 5), activation="relu")
    return shuffled(build_network(plan, x_train.astype(np.float32), n_classes=len(LEGEND)))


def test_family_fcn_with_masked_neighbours_gives_the_probabilities_of_keras(
    family: Any,
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    assert evaluated(earth, family, predictors, save_network) < TOLERANCE


def test_network_with_a_branch_to_the_centre_gives_the_probabilities_of_keras(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    entered = keras.Input((2 * HALF + 1, 2 * HALF + 1, len(NAMES)), name="predictors")
    near = layers.Conv2D(3, 3, padding="same", activation="tanh")(entered)
    whole = layers.Concatenate()([near[:, HALF, HALF], entered[:, HALF, HALF]])
    network = keras.Model(entered, layers.Dense(len(LEGEND), activation="softmax")(whole))

    assert evaluated(earth, shuffled(network), predictors, save_network) < TOLERANCE


def test_offsets_that_count_the_other_way_are_found_by_the_probe(
    family: Any,
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert probe(earth, GRID) == Offsets(first=(0, 1), second=(1, 0))
    upwards = dataclasses.replace(assumptions.ASSUMPTIONS["neighbour_offset_y"], choice="up")
    table = {**assumptions.ASSUMPTIONS, "neighbour_offset_y": upwards}
    monkeypatch.setattr(assumptions, "ASSUMPTIONS", table)
    monkeypatch.setattr(neighbours, "_known", {})

    assert probe(earth, GRID) == Offsets(first=(0, 1), second=(-1, 0))
    assert evaluated(earth, family, predictors, save_network) < TOLERANCE


def test_class_map_of_a_patch_network_does_not_change_with_the_grid_that_is_asked_for(
    family: Any,
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    written = compile_network(earth, save_network(family), predictors, LEGEND, grid=GRID)
    a, b, c, d, e, f = GRID.transform
    coarse = dataclasses.replace(GRID, transform=(2 * a, b, c, d, 2 * e, f), shape=(10, 12))

    fine, _ = fetch(earth, written.expression, GRID, ["class"], dtype=np.uint8)
    seldom, _ = fetch(earth, written.expression, coarse, ["class"], dtype=np.uint8)

    corners = [fine[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    assert any(np.array_equal(seldom, corner) for corner in corners)
    assert len(np.unique(fine)) > 1


def test_patch_network_without_a_grid_is_refused(
    family: Any,
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    with pytest.raises(DeploymentError, match="no grid is given"):
        compile_network(earth, save_network(family), predictors, LEGEND)


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (lambda: [layers.MaxPooling2D(2)], r"\(MaxPooling2D\) cannot be written"),
        (lambda: [layers.Conv2D(4, 3), layers.Flatten()], "all pixels of a patch"),
        (lambda: [layers.GlobalMaxPooling2D()], "pools across pixels"),
        (lambda: [layers.Conv2D(4, 2)], r"its kernel is \(2, 2\)"),
        (lambda: [layers.Conv2D(4, 3, strides=2)], r"stride \(2, 2\)"),
        (lambda: [layers.Conv2D(6, 3, groups=3)], "3 groups"),
        (lambda: [layers.Cropping2D(((1, 0), (0, 0)))], "moves the centre"),
        (lambda: [layers.Conv2D(4, 9, padding="same")], "looks 4 pixels far.*has 3 on each side"),
    ],
    ids=["pooling", "flatten", "global", "even", "stride", "groups", "crop", "beyond"],
)
def test_layer_that_cannot_be_written_is_refused_with_the_route_that_takes_it(
    inner: Callable[[], list[Any]],
    words: str,
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    folder = save_network(centred(*inner()))

    with pytest.raises(DeploymentError, match=words) as error:
        compile_network(earth, folder, predictors, LEGEND, grid=GRID)

    assert "Map as a file" in error.value.hint


def test_estimate_names_the_layer_that_holds_the_most(
    family: Any,
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    found = compile_network(earth, save_network(family), predictors, LEGEND, grid=GRID).estimate

    # 9 neighbours x 6 channels x 8 bytes of a tile of 256 x 256; the first layer's are 9 x 4.
    assert (found.layer, found.reach) == ("convolution_2", 2)
    assert found.size_bytes == 9 * 6 * 8 * 256 * 256


def test_network_above_the_estimate_is_compiled_and_not_called_seen(
    earth: Connection, predictors: Expression, save_network: Callable[[Any], Path]
) -> None:
    network = centred(layers.Conv2D(24, 3, padding="same"), layers.Conv2D(4, 3, padding="same"))

    written = compile_network(earth, save_network(network), predictors, LEGEND, grid=GRID)

    assert not written.seen_live
    assert "some 108 MB of a tile" in written.advice
