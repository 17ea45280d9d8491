"""Weights that outgrow a request lie in tables, and the map is the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.model_plan import ModelPlan
from lib.deploy import parity
from lib.deploy.native import compile as compiling
from lib.deploy.native import kept
from lib.deploy.native.compile import NativeDeployment, compile_network
from lib.earthengine.access import Connection
from lib.earthengine.assets import list_tables
from lib.earthengine.doors import Answer, Door
from lib.models.networks import build_network
from tests.deploy.conftest import GRID, LEGEND, NAMES, shuffled

Save = Callable[[Any], Path]
LIMIT = 30_000
LON, LAT = GRID.lonlat([4, 12, 15], [5, 9, 20])


@dataclass(frozen=True)
class Refusing:
    """A door that refuses exports of tables, and counts those that it lets through."""

    door: Door
    refuse: bool
    exports: list[str]

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        if "table:export" in path:
            self.exports.append(path)
            if self.refuse:
                message = b'{"error": {"code": 403, "message": "Caller lacks permission."}}'
                return Answer(403, {}, message)
        return self.door.send(path, method=method, body=body, headers=headers)


def narrow(earth: Connection, *, refuse: bool = False) -> tuple[Connection, list[str]]:
    """The connection with room for a small request only."""
    exports: list[str] = []
    can = replace(earth.can, request_bytes=LIMIT)
    return replace(earth, can=can, door=Refusing(earth.door, refuse, exports)), exports


def wide_network() -> Any:
    return shuffled(
        keras.Sequential(
            [
                keras.Input((len(NAMES),)),
                layers.Dense(60, activation="tanh"),
                layers.Dense(50, activation="relu"),
                layers.Dense(len(LEGEND), activation="softmax"),
            ]
        ),
        spread=0.3,
    )


def compiled(connection: Connection, folder: Path, predictors: Expression) -> NativeDeployment:
    return compile_network(
        connection, folder, predictors, LEGEND, output="probabilities", grid=GRID
    )


def test_weights_that_outgrow_a_request_lie_in_tables_and_the_answers_are_those_of_keras(
    earth: Connection, predictors: Expression, save_network: Save
) -> None:
    folder = save_network(wide_network())
    small, exports = narrow(earth)

    written = compiled(small, folder, predictors)
    found = parity.check(small, written.expression, predictors, folder, GRID, LON, LAT)

    whole = compiled(earth, folder, predictors)
    assert whole.size_bytes > LIMIT > written.size_bytes
    assert whole.assets == ()
    # 3,000 weights of the middle layer alone are more than one request holds.
    assert len(exports) == len(written.assets) >= 2
    assert {table.id for table in list_tables(earth)} == set(written.assets)
    assert found.passed
    assert found.max_abs_difference < 1e-5
    assert "kept weights" in written.forms
    assert not written.seen_live


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_network_of_more_than_ten_megabytes_answers_as_keras(
    earth: Connection, predictors: Expression, save_network: Save
) -> None:
    hidden = [layers.Dense(1000, activation="relu"), layers.Dense(1000, activation="relu")]
    last = layers.Dense(len(LEGEND), activation="softmax")
    network = shuffled(keras.Sequential([keras.Input((len(NAMES),)), *hidden, last]), spread=0.05)
    folder = save_network(network)

    written = compiled(earth, folder, predictors)
    found = parity.check(earth, written.expression, predictors, folder, GRID, LON, LAT)

    # 1.0 million weights of 11 bytes are 11 MB.
    assert network.count_params() * 11 > earth.can.request_bytes
    assert written.size_bytes < 200_000
    assert len(written.assets) == 2
    assert found.passed


def test_tables_that_are_there_are_used_again(
    earth: Connection, predictors: Expression, save_network: Save
) -> None:
    folder = save_network(wide_network())
    small, exports = narrow(earth)
    first = compiled(small, folder, predictors)
    exports.clear()

    again = compile_network(small, folder, predictors, LEGEND, output="class")

    assert exports == []
    assert again.assets == first.assets


def test_convolutions_are_kept_too(
    earth: Connection, predictors: Expression, save_network: Save
) -> None:
    x_train = np.random.default_rng(0).normal(0.2, 0.7, (20, 9, 9, len(NAMES)))
    plan = ModelPlan(family="fcn", filters=(12, 12), activation="relu")
    network = build_network(plan, x_train.astype(np.float32), n_classes=len(LEGEND))
    folder = save_network(shuffled(network, spread=0.3))
    small, _ = narrow(earth)

    written = compiled(small, folder, predictors)

    assert written.assets
    found = parity.check(small, written.expression, predictors, folder, GRID, LON, LAT)
    assert found.max_abs_difference < 1e-5


def test_connection_that_stores_no_assets_is_told_with_its_reason(
    earth: Connection, predictors: Expression, save_network: Save
) -> None:
    small, _ = narrow(earth, refuse=True)

    with pytest.raises(DeploymentError, match=r"stored as a table of the project: .*perm"):
        compiled(small, save_network(wide_network()), predictors)


def test_waiting_for_a_table_can_be_left(
    earth: Connection, predictors: Expression, save_network: Save
) -> None:
    small, exports = narrow(earth)

    def leave() -> None:
        if exports:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        compile_network(small, save_network(wide_network()), predictors, LEGEND, check=leave)


def test_network_too_large_for_any_expression_is_refused_with_its_weights(
    earth: Connection,
    predictors: Expression,
    save_network: Save,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiling, "MOST_WEIGHTS", 1_000)

    with pytest.raises(DeploymentError, match=r"has 3,494 weights; an expression takes 1,000"):
        compiled(earth, save_network(wide_network()), predictors)


def test_numbers_fill_rows_and_begin_each_anew() -> None:
    rows = kept.in_rows(np.arange(1, 251).reshape(2, 125))

    assert rows.shape == (2, 200)
    assert rows[1, 49:52].tolist() == [250, 0, 0]
