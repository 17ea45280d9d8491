from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.plan import BalancePlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.families import FAMILIES
from tests.models.helpers import SMALL, TINY, make_form, make_samples, make_split, run_small


def plan_of(name: str, **changes: Any) -> Any:
    return replace(FAMILIES[name].defaults, **{**TINY, "epochs": 1, **changes})


def split_of(training: np.ndarray, validation: np.ndarray) -> Split:
    return Split(training, validation, np.array([], int), kind="random", seed=0)


@pytest.mark.parametrize(
    ("name", "form", "words", "hint"),
    [
        ("mlp", "series", "takes single pixels, not series", "Temporal CNN, LSTM, GRU"),
        ("lstm", "pixel", "takes series of dates, not single pixels", "Multilayer perceptron"),
        ("unet", "patch", "needs a label for every pixel", "Patch CNN, Fully convolutional"),
    ],
)
def test_train_when_family_and_samples_do_not_fit_names_those_that_do(
    name: str, form: str, words: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(SampleError, match=words) as caught:
        run_small(tmp_path, samples=make_form(form), split=make_split(96), plan=plan_of(name))

    assert hint in caught.value.hint


def test_train_when_one_class_is_left_to_train_on_names_it(tmp_path: Path) -> None:
    samples = make_samples()
    trees = np.flatnonzero(samples.class_index == 0)

    with pytest.raises(SampleError, match="The training set has “Trees” only"):
        run_small(tmp_path, split=split_of(trees[:50], np.arange(250, 300)))


def test_train_when_no_predictor_changes_refuses(tmp_path: Path) -> None:
    samples = make_samples()
    flat = SampleSet(**{**vars(samples), "predictors": np.full((300, 4), 3.0)})

    with pytest.raises(SampleError, match="one value only in the training set"):
        run_small(tmp_path, samples=flat)


def test_train_when_no_validation_pixel_has_a_label_refuses(tmp_path: Path) -> None:
    samples = make_form("patch", dense=True)
    dense = samples.dense.copy()
    dense[make_split(96).validation] = -1
    blank = SampleSet(**{**vars(samples), "dense": dense})

    with pytest.raises(SampleError, match="validation set has no labels"):
        run_small(tmp_path, samples=blank, split=make_split(96), plan=plan_of("unet"))


def test_train_when_samples_are_few_and_odd_says_so_and_goes_on(tmp_path: Path) -> None:
    samples = make_samples()
    by_class = [np.flatnonzero(samples.class_index == index) for index in range(3)]
    training = np.array([by_class[0][0], by_class[1][0]])
    validation = np.concatenate([by_class[0][1:5], by_class[2][1:5]])

    run = run_small(
        tmp_path,
        split=split_of(training, validation),
        plan=replace(SMALL, epochs=2),
        balance=BalancePlan(augment=("flips",)),
    )

    assert run.best_epoch >= 1
    assert run.notes == (
        "“Water” has no training samples: the network cannot learn it.",
        "“Grass” has no validation samples: it has no say in the choice of the best epoch.",
        "There are 2 training samples for 3 classes.",
        "“flat” never changes in the training set and tells nothing.",
        "“flips” cannot be done to single pixels: left out.",
    )


def test_train_when_batch_is_larger_than_the_training_set_takes_one_step(tmp_path: Path) -> None:
    run = run_small(tmp_path, plan=replace(SMALL, epochs=1, batch_size=4096))

    assert "There are 180 training samples and a batch holds 4096" in run.notes[0]


def test_train_when_batches_have_one_sample_and_are_normalised_says_so(tmp_path: Path) -> None:
    plan = replace(SMALL, epochs=1, batch_size=1, batch_norm=True)

    notes = run_small(tmp_path, plan=plan).notes

    assert any("learns nothing from batches of one sample" in note for note in notes)


@pytest.mark.parametrize("name", ["temporal_cnn", "gru"])
def test_train_when_series_has_one_date_says_so_and_goes_on(name: str, tmp_path: Path) -> None:
    whole = make_form("series")
    values = {"predictors": whole.predictors[:, :1], "valid": whole.valid[:, :1]}
    one_date = SampleSet(**{**vars(whole), **values})

    run = run_small(tmp_path, samples=one_date, split=make_split(96), plan=plan_of(name))

    assert run.best_epoch == 1
    assert any("The series has one date" in note for note in run.notes)
