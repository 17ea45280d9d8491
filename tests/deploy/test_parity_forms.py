"""Parity of networks of series and patches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.model_plan import ModelPlan
from lib.deploy import parity
from lib.deploy.native.compile import compile_network
from lib.earthengine.access import Connection
from lib.models.networks import build_network
from tests.deploy.conftest import LEGEND, NAMES, shuffled
from tests.deploy.forms import STEPS, series_image

# 70 x 70 pixels: nine blocks, of which three have some 2,100 valid pixels and more.
WIDE = Grid("EPSG:32633", (10.0, 0.0, 280_000.0, 0.0, -10.0, 5_320_200.0), (70, 70))
LON, LAT = WIDE.lonlat([40, 41, 3, 69], [40, 50, 3, 69])


def checked(
    earth: Connection, folder: Path, predictors: Expression, other: Path | None = None
) -> parity.Parity:
    written = compile_network(earth, folder, predictors, LEGEND, output="probabilities", grid=WIDE)
    return parity.check(earth, written.expression, predictors, other or folder, WIDE, LON, LAT)


def patch_family() -> Any:
    x_train = np.random.default_rng(0).normal(0.2, 0.7, (20, 9, 9, len(NAMES)))
    plan = ModelPlan(family="fcn", filters=(6, 5), activation="relu")
    return shuffled(build_network(plan, x_train.astype(np.float32), n_classes=len(LEGEND)))


def fixed_patches() -> Any:
    inner = [layers.Conv2D(5, 3, activation="relu"), layers.Conv2D(4, 3), layers.Flatten()]
    last = layers.Dense(len(LEGEND), activation="softmax")
    return shuffled(keras.Sequential([keras.Input((5, 5, len(NAMES))), *inner, last]))


@pytest.mark.parametrize("build", [patch_family, fixed_patches], ids=["any size", "fixed size"])
def test_check_of_patches_compares_two_thousand_pixels_and_their_classes(
    build: Callable[[], Any],
    earth: Connection,
    predictors: Expression,
    save_network: Callable[[Any], Path],
) -> None:
    found = checked(earth, save_network(build()), predictors)

    assert found.passed
    assert found.pixels - found.masked_pixels >= parity.LEAST_PIXELS
    assert 0 < found.mean_abs_difference <= found.max_abs_difference < 1e-5
    assert found.equal_classes == 1.0
    assert found.masked_pixels > 0


@pytest.mark.slow
def test_check_of_series_with_other_weights_fails_with_the_share_of_equal_classes(
    earth: Connection, save_network: Callable[[Any], Path], tmp_path: Path
) -> None:
    x_train = np.random.default_rng(0).normal(0.2, 0.7, (20, STEPS, len(NAMES)))
    plan = ModelPlan(family="gru", recurrent_units=(5,), hidden_units=())
    network = build_network(plan, x_train.astype(np.float32), n_classes=len(LEGEND))
    predictors = series_image(earth)
    written = compile_network(
        earth, save_network(network), predictors, LEGEND, output="probabilities"
    ).expression
    folder = tmp_path

    same = parity.check(earth, written, predictors, folder, WIDE, LON, LAT)
    save_network(shuffled(network))
    other = parity.check(earth, written, predictors, folder, WIDE, LON, LAT)

    assert same.passed
    assert same.equal_classes == 1.0
    assert same.held_out_pixels == 4
    assert not other.passed
    assert other.equal_classes < 1.0
    assert other.mean_abs_difference > 0.01
