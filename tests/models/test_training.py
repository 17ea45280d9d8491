import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.samples import SampleSet
from lib.models.artifact import Artifact, Card
from lib.models.dataset import Dataset
from lib.models.families import FAMILIES
from lib.models.loop import EpochLoop
from lib.models.networks import build_network
from lib.models.optimizers import precision
from lib.models.progress import BatchRow, EpochRow
from tests.models.helpers import (
    LEGEND,
    NAMES,
    SMALL,
    TINY,
    curves,
    make_form,
    make_samples,
    make_split,
    run_small,
)


def test_train_when_done_has_learnt_and_tells_every_epoch(tmp_path: Path) -> None:
    rows: list[EpochRow] = []
    run = run_small(tmp_path, plan=replace(SMALL, epochs=15), on_epoch=rows.append)

    assert run.stopped == "finished"
    assert [row.epoch for row in rows] == list(range(1, 16))
    assert tuple(rows) == run.history
    # Three classes; a guess is right once in three.
    assert rows[-1].val_accuracy > 0.9
    assert rows[-1].loss < rows[0].loss / 2
    assert rows[-1].eta_s == 0.0
    assert run.seconds == pytest.approx(sum(row.seconds for row in rows))
    assert not (tmp_path / "checkpoint.npz").exists()


def test_train_when_run_twice_gives_the_same_bits(tmp_path: Path) -> None:
    one, two = (run_small(tmp_path / name) for name in ("one", "two"))
    x = make_samples().predictors

    assert curves(one.history) == curves(two.history)
    first, second = (Artifact.load(tmp_path / name).predict(x) for name in ("one", "two"))
    assert first.tobytes() == second.tobytes()


def test_train_when_seed_changes_gives_another_network(tmp_path: Path) -> None:
    run_small(tmp_path / "one")
    run_small(tmp_path / "two", plan=replace(SMALL, seed=6))
    x = make_samples().predictors

    first, second = (Artifact.load(tmp_path / name).predict(x) for name in ("one", "two"))
    assert np.abs(first - second).max() > 0.01


def test_train_when_an_earlier_epoch_was_best_keeps_that_one(tmp_path: Path) -> None:
    plan = replace(SMALL, learning_rate=0.3, epochs=40, patience=3)
    run = run_small(tmp_path, plan=plan, class_weights=False)

    losses = [row.val_loss for row in run.history]
    assert run.stopped == "early"
    assert run.epochs == run.best_epoch + 3
    assert run.best_epoch == 1 + int(np.argmin(losses))
    split, samples = make_split(), make_samples()
    p = Artifact.load(tmp_path).predict(samples.predictors[split.validation])
    y = samples.class_index[split.validation]
    cross_entropy = -np.log(p[np.arange(len(y)), y].astype(float)).mean()
    assert cross_entropy == pytest.approx(min(losses), rel=1e-4)


def test_scaling_when_measured_is_mean_and_variance_and_spares_constants() -> None:
    x = make_samples().predictors
    network = build_network(SMALL, x, n_classes=3)

    mean, variance = (v.numpy() for v in network.layers[0].weights[:2])
    np.testing.assert_allclose(mean, x.mean(axis=0, dtype=np.float64), rtol=1e-6)
    # The last predictor never changes: it is shifted, not blown up.
    expected = [*x.var(axis=0, dtype=np.float64)[:3], 1.0]
    np.testing.assert_allclose(variance, expected, rtol=1e-6)


def test_train_when_test_set_changes_gives_the_same_bits(tmp_path: Path) -> None:
    """Neither the network nor its scaling has seen the samples that it is scored on."""
    samples, split = make_samples(), make_split()
    x = samples.predictors.copy()
    x[split.test] += 1e6
    run_small(tmp_path / "one")
    run_small(tmp_path / "two", samples=SampleSet(**{**vars(samples), "predictors": x}))

    one, two = (
        [v.numpy().tobytes() for v in Artifact.load(tmp_path / name).network.weights]
        for name in ("one", "two")
    )
    assert one == two


def test_train_when_validation_set_changes_scales_the_same(tmp_path: Path) -> None:
    samples, split = make_samples(), make_split()
    x = samples.predictors.copy()
    x[split.validation] += 1e6
    run_small(tmp_path, samples=SampleSet(**{**vars(samples), "predictors": x}))

    mean = Artifact.load(tmp_path).network.layers[0].weights[0].numpy()
    expected = samples.predictors[split.training].mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


def test_network_when_built_is_scaling_then_dense_layers_with_probabilities() -> None:
    x = make_samples().predictors
    network = build_network(SMALL, x, n_classes=3)

    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Normalization", "Dense", "Activation", "Dropout", "Dense", "Activation"]
    assert network.inputs[0].name == "predictors"
    p = np.array(network(x[:10]))
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-6)


def test_network_when_a_constant_predictor_moves_stays_sane() -> None:
    x = make_samples().predictors
    network = build_network(SMALL, x, n_classes=3)
    moved = x + np.array([0, 0, 0, 1e-3], np.float32)

    assert np.abs(np.array(network(moved)) - np.array(network(x))).max() < 0.01


def test_epoch_when_last_batch_is_partial_uses_every_sample_once() -> None:
    """Without dropout and with a rate of 0 the sums of an epoch do not depend on the batches."""
    plan = replace(SMALL, dropout=0.0)
    data = Dataset.of(make_samples(), make_split(), class_weights=True)
    network = build_network(plan, data.train.x, n_classes=3)
    y = data.train.y
    p = np.array(network(data.train.x))[np.arange(180), y].astype(float)
    expected = -(np.log(p) * data.class_weights[y]).mean()

    for batch_size in (7, 64, 1000):
        loop = EpochLoop(network, data, replace(plan, batch_size=batch_size))
        figures = loop.train_epoch(1, learning_rate=0.0, should_stop=lambda: False)
        assert figures.loss == pytest.approx(expected, rel=1e-5)
        assert (figures.samples, figures.steps) == (180, -(-180 // batch_size))


def test_card_when_read_back_is_the_same_and_names_all_that_decides(tmp_path: Path) -> None:
    run = run_small(tmp_path)
    card = Artifact.load(tmp_path).card
    data = json.loads((tmp_path / "card.json").read_text())

    assert Card.from_json(data) == card
    assert card.predictors == NAMES
    assert card.legend == LEGEND
    assert card.plan == SMALL
    assert card.training_ids == tuple(range(1000, 1180))
    assert card.validation_ids == tuple(range(1180, 1240))
    assert (card.split_kind, card.split_seed) == ("random", 0)
    assert card.best_epoch == run.best_epoch
    assert set(card.versions) == {"python", "tensorflow", "keras", "numpy"}
    assert card.machine["threads"] >= 1
    # 4 predictors + bias into 8, 8 + bias into 3: 5 * 8 + 9 * 3
    assert card.weight_count == data["weight_count"] == 67


def test_load_when_folder_is_empty_says_there_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no trained network"):
        Artifact.load(tmp_path)


def test_load_when_card_is_from_a_newer_loam_refuses(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text('{"card_version": 2}')

    with pytest.raises(ModelError, match="has version 2, and this Loam reads 1"):
        Artifact.load(tmp_path)


def test_train_when_watched_tells_batches_twice_an_epoch_or_more(tmp_path: Path) -> None:
    told: list[BatchRow] = []
    run = run_small(tmp_path, on_batch=told.append)

    last = [row for row in told if row.step == row.steps]
    # 180 samples in batches of 32: six steps.
    assert {row.steps for row in told} == {6}
    assert [row.epoch for row in last] == [1, 2, 3, 4, 5, 6]
    assert [row.loss for row in last] == [row.loss for row in run.history]
    assert len(told) >= 12
    assert all(row.samples_per_s > 0 and row.eta_s >= 0 for row in told)
    assert told[-1].eta_s == 0.0
    assert run.history[-1].memory_bytes > 100 * 2**20


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_train_when_optimizer_changes_learns_all_the_same(optimizer: str, tmp_path: Path) -> None:
    plan = replace(SMALL, optimizer=optimizer, schedule="step", loss="focal", tensorboard=True)
    run = run_small(tmp_path, plan=plan)

    assert run.history[-1].val_loss < run.history[0].val_loss
    rates = [row.learning_rate for row in run.history]
    assert rates == pytest.approx([0.02] * 3 + [0.002] * 2 + [0.0002])
    logs = list((tmp_path / "tensorboard").glob("events*"))
    assert len(logs) == 1
    assert b"val_accuracy" in logs[0].read_bytes()


def test_train_when_weight_decay_is_strong_has_smaller_weights(tmp_path: Path) -> None:
    sizes = []
    for decay in (0.0, 1.0):
        plan = replace(SMALL, optimizer="adamw", weight_decay=decay)
        run_small(tmp_path / str(decay), plan=plan)
        network = Artifact.load(tmp_path / str(decay)).network
        sizes.append(float(np.abs(network.layers[1].kernel.numpy()).sum()))

    assert sizes[1] < 0.9 * sizes[0]


def test_loop_when_network_is_in_16_bits_scales_its_loss_and_learns() -> None:
    """Without a GPU a plan never asks for it; the arithmetic is the same on a processor."""
    import keras

    data = Dataset.of(make_samples(), make_split(), class_weights=True)
    assert precision(SMALL) == "float32"
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = build_network(SMALL, data.train.x, n_classes=3)
    finally:
        keras.config.set_dtype_policy("float32")
    loop = EpochLoop(network, data, SMALL)

    before = loop.validate(lambda: False).loss
    for epoch in range(1, 5):
        loop.train_epoch(epoch, learning_rate=0.02, should_stop=lambda: False)

    assert type(loop.optimizer).__name__ == "LossScaleOptimizer"
    assert network.layers[1].compute_dtype == "float16"
    assert loop.validate(lambda: False).loss < 0.7 * before


def test_loop_when_asked_to_stop_within_validation_gives_no_figures() -> None:
    data = Dataset.of(make_samples(), make_split(), class_weights=True)
    loop = EpochLoop(build_network(SMALL, data.train.x, n_classes=3), data, SMALL)
    loop._block = 50  # of 60 validation samples

    assert loop.validate(lambda: True) is None
    assert loop.validate(lambda: False) is not None


def test_artifact_when_mask_has_another_shape_says_so(tmp_path: Path) -> None:
    samples = make_form("series")
    plan = replace(FAMILIES["gru"].defaults, **{**TINY, "epochs": 1})
    run_small(tmp_path, samples=samples, split=make_split(96), plan=plan)
    artifact = Artifact.load(tmp_path)

    with pytest.raises(ModelError, match=r"mask has the shape \(2, 5\)"):
        artifact.predict(samples.predictors[:2], samples.valid[:2, :5])
    with pytest.raises(ModelError, match=r"3 predictors a date .* in the shape \(6,\)"):
        artifact.predict(samples.predictors[:2, :5])
