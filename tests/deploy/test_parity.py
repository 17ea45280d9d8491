from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.deploy import parity
from lib.deploy.native.compile import compile_network
from lib.earthengine.access import Connection
from lib.models.artifact import Artifact
from tests.deploy.conftest import GRID, LEGEND, NAMES, shuffled

LON, LAT = GRID.lonlat([2, 2, 10, 19], [3, 20, 11, 0])


def network(seed: int = 1) -> Any:
    model = keras.Sequential(
        [
            keras.Input((len(NAMES),)),
            layers.Dense(8, activation="relu"),
            layers.Dense(len(LEGEND), activation="softmax"),
        ]
    )
    return shuffled(model, seed)


@pytest.fixture
def folder(save_network: Callable[[Any], Path]) -> Path:
    return save_network(network())


@pytest.fixture
def probabilities(earth: Connection, predictors: Expression, folder: Path) -> Expression:
    return compile_network(earth, folder, predictors, LEGEND, output="probabilities").expression


def test_check_when_the_forms_agree_passes_and_counts_masked_pixels(
    earth: Connection, predictors: Expression, probabilities: Expression, folder: Path
) -> None:
    found = parity.check(earth, probabilities, predictors, folder, GRID, LON, LAT)

    assert found.passed
    assert found.max_abs_difference < 2e-6
    assert found.pixels == 20 * 24  # one block holds the whole grid
    assert 0 < found.masked_pixels < found.pixels
    assert found.held_out_pixels == 4


def test_check_when_the_network_has_other_weights_fails_with_the_difference(
    earth: Connection,
    predictors: Expression,
    probabilities: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    other = save_network(network(seed=2))

    found = parity.check(earth, probabilities, predictors, other, GRID, LON, LAT)

    assert not found.passed
    assert found.max_abs_difference > 0.01
    assert Artifact.load(other).predict(np.zeros((1, 3))).shape == (1, 4)


def test_check_when_the_masks_differ_fails(
    earth: Connection, predictors: Expression, probabilities: Expression, folder: Path
) -> None:
    text = probabilities.to_json()
    assert text.count("0.9}") == 1
    looser = Expression.from_json(text.replace("0.9}", "0.95}"))

    found = parity.check(earth, looser, predictors, folder, GRID, LON, LAT)

    assert found.max_abs_difference <= found.bound
    assert not found.passed


def test_check_when_no_sample_lies_on_the_grid_is_refused(
    earth: Connection, predictors: Expression, probabilities: Expression, folder: Path
) -> None:
    with pytest.raises(DeploymentError, match="No held-out sample"):
        parity.check(earth, probabilities, predictors, folder, GRID, [0.0], [0.0])
