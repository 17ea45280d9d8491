"""One checker for every family: what is true of one has to be true of all."""

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan
from lib.core.plan import AUGMENTATIONS, BalancePlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.deploy.lite import LiteNetwork, input_names, lite_bytes
from lib.models.artifact import Artifact
from lib.models.families import (
    FAMILIES,
    Family,
    batch_size_of,
    families_for,
    find_family,
    weight_count,
)
from lib.models.networks import build_network, resized
from lib.models.progress import EpochRow
from lib.models.training import TrainingRun
from tests.models.helpers import SIZES, TINY, curves, make_form, make_split, run_small

EVERY = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
MASKED = [family for family in FAMILIES.values() if family.form != "pixel"]
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"batch_norm": False, "dropout": 0.0, "hidden_units": (7, 5), "filters": (3,)},
    {"bidirectional": True, "recurrent_units": (3, 4), "kernel_size": 5, "hidden_units": ()},
)


@dataclass(frozen=True)
class Trained:
    """A finished training of a family."""

    folder: Path
    run: TrainingRun
    samples: SampleSet
    split: Split
    plan: ModelPlan

    @functools.cached_property
    def artifact(self) -> Artifact:
        return Artifact.load(self.folder)

    def again(self, folder: Path, **changes: Any) -> TrainingRun:
        """Train it once more."""
        return run_small(
            folder,
            samples=self.samples,
            split=self.split,
            plan=self.plan,
            balance=BalancePlan(augment=AUGMENTATIONS),
            **changes,
        )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Gives the training of a family, done once."""

    @functools.cache
    def train_family(name: str) -> Trained:
        family = FAMILIES[name]
        samples = make_form(family.form, dense=family.labels != "centre")
        plan = replace(family.defaults, **TINY)
        folder = tmp_path_factory.mktemp(name)
        draft = Trained(folder, None, samples, make_split(96), plan)
        return replace(draft, run=draft.again(folder))

    return train_family


@EVERY
@pytest.mark.parametrize("changes", VARIANTS, ids=["defaults", "bare", "deep"])
def test_weight_count_when_compared_with_keras_is_its_trainable_weights(
    family: Family, changes: dict[str, Any]
) -> None:
    plan = replace(family.defaults, **changes)
    x = make_form(family.form, 4).predictors

    network = build_network(plan, x, n_classes=5)

    expected = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    assert weight_count(plan, 3, 5, inner=SIZES[family.form]) == expected


@EVERY
def test_training_when_done_has_learnt_and_names_its_inputs(family: Family, trained: Any) -> None:
    done = trained(family.name)
    artifact = done.artifact

    assert done.run.stopped == "finished"
    assert done.run.history[-1].loss < done.run.history[0].loss
    assert [t.name for t in artifact.network.inputs] == (
        ["predictors"] if family.form == "pixel" else ["predictors", "valid"]
    )
    assert artifact.card.form == family.form
    assert artifact.card.shape == SIZES[family.form]
    assert artifact.card.dense == (family.labels != "centre")
    assert artifact.card.weight_count == sum(
        int(np.prod(v.shape)) for v in artifact.network.trainable_variables
    )


@EVERY
def test_network_when_loaded_predicts_as_the_trained_one_did(family: Family, trained: Any) -> None:
    """The loss of the best epoch comes out again from the file alone."""
    done = trained(family.name)
    rows, samples = done.split.validation, done.samples
    valid = None if samples.valid is None else samples.valid[rows]
    dense = done.artifact.card.dense

    p = done.artifact.predict(samples.predictors[rows], valid, dense=dense)

    np.testing.assert_allclose(p.sum(axis=-1), 1.0, atol=1e-5)
    y = samples.dense[rows] if dense else samples.class_index[rows]
    right = np.take_along_axis(p, np.maximum(y, 0)[..., None], -1)[..., 0].astype(float)
    weight = np.where(y < 0, 0, np.array(done.artifact.card.class_weights)[y])
    expected = -(np.log(right) * weight).sum() / weight.sum()
    assert min(row.val_loss for row in done.run.history) == pytest.approx(expected, rel=1e-3)


@EVERY
def test_engine_when_blocks_are_small_gives_the_same_classes(family: Family, trained: Any) -> None:
    from lib.models.inference import Engine

    done = trained(family.name)
    x, valid = done.samples.predictors[:10], done.samples.valid
    valid = None if valid is None else valid[:10]

    centre = Engine(done.artifact.network, block=3).classes(x, valid)

    assert centre.shape == (10,)
    np.testing.assert_array_equal(centre, done.artifact.predict(x, valid).argmax(axis=-1))
    if done.artifact.card.dense:
        maps = done.artifact.classify(x, valid, dense=True)
        assert maps.shape == (10, 7, 7)
        np.testing.assert_array_equal(maps[:, 3, 3], centre)


@pytest.mark.parametrize("family", MASKED, ids=lambda family: family.name)
def test_masked_values_when_changed_change_nothing(family: Family, trained: Any) -> None:
    """What was not observed passes for nothing, whatever number stands in its place."""
    done = trained(family.name)
    x, valid = done.samples.predictors[:8], done.samples.valid[:8]
    other = np.where(valid[..., None], x, -9999.0)

    one, same = (done.artifact.predict(values, valid) for values in (x, other))
    unmasked = done.artifact.predict(x)

    np.testing.assert_array_equal(one, same)
    assert np.abs(unmasked - one).max() > 1e-4


@EVERY
def test_training_when_cancelled_and_resumed_ends_with_the_same_bits(
    family: Family, trained: Any, tmp_path: Path
) -> None:
    done = trained(family.name)
    told: list[EpochRow] = []
    cancelled = done.again(tmp_path, on_epoch=told.append, should_stop=lambda: len(told) >= 2)
    assert (cancelled.stopped, cancelled.epochs) == ("cancelled", 2)

    resumed = done.again(tmp_path)

    assert curves(resumed.history) == curves(done.run.history)
    pairs = zip(Artifact.load(tmp_path).network.weights, done.artifact.network.weights, strict=True)
    assert all(a.numpy().tobytes() == b.numpy().tobytes() for a, b in pairs)


@EVERY
def test_network_when_exported_as_saved_model_gives_the_same(
    family: Family, trained: Any, tmp_path: Path
) -> None:
    import tensorflow as tf

    done = trained(family.name)
    x, valid = done.samples.predictors[:6], done.samples.valid
    inputs = [tf.constant(x)]
    if valid is not None:
        inputs.append(tf.constant(valid[:6, ..., None].astype(np.float32)))

    done.artifact.network.export(tmp_path / "saved", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "saved"))

    p = loaded.serve(inputs if len(inputs) > 1 else inputs[0]).numpy()
    network = done.artifact.network
    np.testing.assert_allclose(p, network(inputs if len(inputs) > 1 else inputs[0]), atol=1e-6)


@EVERY
def test_network_when_exported_as_tflite_gives_the_same(family: Family, trained: Any) -> None:
    done = trained(family.name)
    network = done.artifact.network
    x, valid = done.samples.predictors[:6], done.samples.valid
    inputs = [x] if valid is None else [x, valid[:6, ..., None].astype(np.float32)]

    run = LiteNetwork(lite_bytes(network), input_names(network), batch=4, count=1)

    expected = network(inputs if len(inputs) > 1 else inputs[0]).numpy()
    np.testing.assert_allclose(run(*inputs), expected, atol=1e-5)


@EVERY
def test_options_when_compared_with_the_plan_have_its_fields_and_defaults(family: Family) -> None:
    assert family.defaults.family == family.name
    assert family.words.endswith(".")
    assert {"vertex", "raster", "bundle"} <= set(family.routes)
    for option in family.options:
        assert option.default == getattr(family.defaults, option.name)
        assert option.minimum < option.maximum
        if option.kind == "choice":
            values: tuple[Any, ...] = option.choices
        elif option.kind == "flag":
            values = (False, True)
        else:
            edges = (option.minimum, option.maximum)
            values = tuple((int(v),) if option.kind == "widths" else v for v in edges)
        for value in values:
            assert getattr(replace(family.defaults, **{option.name: value}), option.name) == value


def test_default_plan_when_made_has_the_defaults_of_its_family() -> None:
    assert ModelPlan() == FAMILIES["mlp"].defaults


def test_weight_count_when_plan_is_plain_is_as_by_hand() -> None:
    # 12-64-64-9: 13 * 64 + 65 * 64 + 65 * 9 (facts/export-deploy: 5.7k weights)
    plan = ModelPlan(hidden_units=(64, 64), batch_norm=False)
    assert weight_count(plan, 12, 9) == 5577
    # Batch normalisation has a factor and a shift for each unit: 2 * 128 more.
    assert weight_count(replace(plan, batch_norm=True), 12, 9) == 5833


def test_find_family_when_unknown_names_those_there_are() -> None:
    with pytest.raises(ModelError, match="named “transformer”") as caught:
        find_family("transformer")

    assert "mlp" in caught.value.hint


@pytest.mark.parametrize(
    ("form", "dense", "names"),
    [
        ("pixel", False, ["mlp", "softmax"]),
        ("series", False, ["temporal_cnn", "lstm", "gru"]),
        ("patch", False, ["patch_cnn", "fcn"]),
        ("patch", True, ["patch_cnn", "fcn", "unet"]),
    ],
)
def test_families_for_when_asked_for_a_form_gives_those_that_learn_it(
    form: str, dense: bool, names: list[str]
) -> None:
    assert [family.name for family in families_for(form, dense=dense)] == names


def test_fully_convolutional_network_when_labels_are_centres_learns_them(tmp_path: Path) -> None:
    samples = make_form("patch")
    plan = replace(FAMILIES["fcn"].defaults, **TINY)
    run_small(tmp_path, samples=samples, split=make_split(96), plan=replace(plan, epochs=8))

    artifact = Artifact.load(tmp_path)
    test = make_split(96).test

    assert not artifact.card.dense
    assert (artifact.classify_samples(samples, test) == samples.class_index[test]).mean() > 0.7


def test_fully_convolutional_network_when_given_more_around_sees_no_edge(trained: Any) -> None:
    """Two kernels of 3 reach two pixels far, less than the three to the edge of a patch of 7."""
    network = trained("fcn").artifact.network
    x = np.random.default_rng(0).normal(300, 50, (2, 15, 15, 3)).astype(np.float32)
    whole = network([x, np.ones((2, 15, 15, 1), np.float32)]).numpy()
    part = network([x[:, 4:11, 4:11], np.ones((2, 7, 7, 1), np.float32)]).numpy()
    np.testing.assert_allclose(whole[:, 7, 7], part[:, 3, 3], atol=1e-6)


def test_unet_when_rebuilt_for_other_patches_and_back_gives_the_same(trained: Any) -> None:
    unet = trained("unet")
    x = np.random.default_rng(0).normal(300, 50, (2, 13, 13, 3)).astype(np.float32)

    larger = resized(unet.artifact.network, unet.plan, side=13)

    assert larger([x, np.ones((2, 13, 13, 1), np.float32)]).shape == (2, 13, 13, 3)
    again = resized(larger, unet.plan, side=7)
    valid = unet.samples.valid[:4, ..., None].astype(np.float32)
    patches = unet.samples.predictors[:4]
    np.testing.assert_array_equal(
        again([patches, valid]).numpy(), unet.artifact.network([patches, valid]).numpy()
    )


@pytest.mark.parametrize("side", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("name", ["patch_cnn", "fcn", "unet"])
def test_patch_networks_when_patches_are_of_any_size_can_be_built(name: str, side: int) -> None:
    plan = replace(FAMILIES[name].defaults, filters=(2, 2, 2), hidden_units=(2,))
    x = np.random.default_rng(0).normal(size=(2, side, side, 2)).astype(np.float32)

    network = build_network(plan, x, n_classes=3)

    p = network([x, np.ones((2, side, side, 1), np.float32)]).numpy()
    assert p.shape == ((2, 3) if name == "patch_cnn" else (2, side, side, 3))
    assert weight_count(plan, 2, 3, inner=(side, side)) == sum(
        int(np.prod(v.shape)) for v in network.trainable_variables
    )


@pytest.mark.parametrize(
    ("name", "n", "expected"),
    # n / 64 as a power of two, within the bounds of the family.
    [("mlp", 100, 16), ("mlp", 7_200, 128), ("mlp", 10**6, 256), ("unet", 10**4, 16)],
)
def test_batch_size_of_when_left_open_follows_the_training_set(
    name: str, n: int, expected: int
) -> None:
    plan = FAMILIES[name].defaults

    assert batch_size_of(plan, n) == expected
    assert batch_size_of(replace(plan, batch_size=7), n) == 7
