import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.samples import SampleSet
from lib.models.artifact import Artifact, Card
from lib.models.dataset import Dataset
from lib.models.loop import EpochLoop
from lib.models.networks import build_network
from lib.models.progress import EpochRow
from lib.models.training import _refuse_divergence
from tests.models.helpers import LEGEND, NAMES, SMALL, curves, make_samples, make_split, run_small


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


@pytest.mark.parametrize(("loss", "val_loss"), [(math.nan, 1.0), (1.0, math.inf)])
def test_divergence_when_loss_is_no_number_says_so(loss: float, val_loss: float) -> None:
    with pytest.raises(ModelError, match="diverged in epoch 4") as caught:
        _refuse_divergence(loss, val_loss, 4)

    assert caught.value.field == "learning_rate"


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
    assert kinds == ["Normalization", "Dense", "Dropout", "Dense"]
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
    network = build_network(plan, data.x_train, n_classes=3)
    p = np.array(network(data.x_train))[np.arange(180), data.y_train].astype(float)
    expected = -(np.log(p) * data.weight_train).mean()

    for batch_size in (7, 64, 1000):
        loop = EpochLoop(network, data, batch_size=batch_size, seed=1)
        loss, _ = loop.train_epoch(1, learning_rate=0.0, should_stop=lambda: False) or (0, 0)
        assert loss == pytest.approx(expected, rel=1e-5)


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
