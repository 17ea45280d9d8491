"""Resampling: only training samples, exact sizes, synthetic rows on lines between neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import SampleError
from lib.core.plan import BalancePlan
from lib.core.resampling import resample
from tests.core.sample_sets import make


def cloud(counts, bands=3):
    """Classes far apart, so that it is seen where a synthetic row comes from."""
    rng = np.random.default_rng(0)
    index = np.repeat(np.arange(len(counts)), counts)
    return make(index, predictors=rng.normal(size=(len(index), bands)) + index[:, None] * 100)


def test_without_resampling_the_training_set_is_as_it_was():
    made = resample(cloud([6, 4]), [7, 2, 3], BalancePlan())

    assert made.indices.tolist() == [2, 3, 7]
    assert made.before.tolist() == made.after.tolist() == [2, 1]
    assert len(made) == 3


def test_undersampling_takes_as_many_of_each_class_as_the_smallest_has():
    samples = cloud([50, 20, 5])

    made = resample(samples, np.arange(75), BalancePlan(resample="under"))

    assert made.before.tolist() == [50, 20, 5]
    assert made.after.tolist() == [5, 5, 5]
    assert len(np.unique(made.indices)) == 15


def test_oversampling_repeats_every_sample_equally_often():
    samples = cloud([50, 20, 5])

    made = resample(samples, np.arange(75), BalancePlan(resample="over"))

    assert made.after.tolist() == [50, 50, 50]
    times = np.bincount(made.indices)
    assert set(times[:50]) == {1}
    assert set(times[50:70]) == {2, 3}
    assert set(times[70:]) == {10}


@pytest.mark.parametrize("how", ["under", "over", "smote"])
def test_a_class_without_training_samples_stays_without(how):
    made = resample(cloud([9, 9, 9]), np.arange(12), BalancePlan(resample=how))

    assert made.before.tolist() == [9, 3, 0]
    assert made.after[2] == 0


def test_series_and_patches_are_resampled_by_index():
    samples = make([0] * 6 + [1] * 2, predictors=np.zeros((8, 4, 2)))

    made = resample(samples, np.arange(8), BalancePlan(resample="over"))

    assert made.after.tolist() == [6, 6]
    assert made.predictors(samples).shape == (12, 4, 2)


def test_smote_fills_classes_up_with_rows_among_their_own():
    samples = cloud([60, 20, 9])

    made = resample(samples, np.arange(89), BalancePlan(resample="smote"))

    assert made.indices.tolist() == list(range(89))
    assert made.after.tolist() == [60, 60, 60]
    assert np.bincount(made.synthetic_class).tolist() == [0, 40, 51]
    for index in (1, 2):
        own = samples.predictors[samples.class_index == index]
        rows = made.synthetic[made.synthetic_class == index]
        assert (rows >= own.min(axis=0) - 1e-3).all()
        assert (rows <= own.max(axis=0) + 1e-3).all()
    assert made.class_index(samples).tolist() == [
        *samples.class_index.tolist(),
        *made.synthetic_class.tolist(),
    ]
    assert made.predictors(samples).shape == (180, 3)


def test_a_synthetic_row_of_two_samples_lies_on_the_line_between_them():
    """x + λ (neighbour - x): (1, 2) and (3, 6) give rows with a second band twice the first."""
    first = np.random.default_rng(0).normal(50, 5, (20, 2))
    samples = make([0] * 20 + [1] * 2, predictors=np.vstack([first, [[1, 2], [3, 6]]]))

    made = resample(samples, np.arange(22), BalancePlan(resample="smote"))

    assert len(made.synthetic) == 18
    assert made.synthetic[:, 1] == pytest.approx(2 * made.synthetic[:, 0], abs=1e-4)
    assert made.synthetic[:, 0].min() >= 1
    assert made.synthetic[:, 0].max() <= 3
    assert made.notes == (
        "“Trees” has fewer than 6 training samples; new ones lie between any two of them.",
    )


def test_a_single_sample_is_repeated_and_smote_says_so():
    samples = cloud([10, 8, 1])

    made = resample(samples, np.arange(19), BalancePlan(resample="smote"))

    assert made.after.tolist() == [10, 10, 10]
    assert (made.indices == 18).sum() == 10
    assert made.notes == (
        "“Town” has one training sample, which was repeated: there is nothing to interpolate with.",
    )


def test_smote_takes_nothing_from_outside_of_the_training_set():
    """Test samples of Trees lie at 1,000; the training samples at 0."""
    x = np.random.default_rng(0).normal(size=(40, 2))
    x[30:] += 1000
    samples = make([0] * 20 + [1] * 20, predictors=x)

    made = resample(samples, np.arange(30), BalancePlan(resample="smote"))

    assert np.abs(made.synthetic).max() < 10


def test_a_large_class_is_filled_up_from_a_part_of_its_samples():
    samples = cloud([11_000, 10_500], bands=2)

    made = resample(samples, np.arange(21_500), BalancePlan(resample="smote"))

    assert made.after.tolist() == [11_000, 11_000]
    assert made.synthetic.shape == (500, 2)
    assert made.synthetic.mean() == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize("shape", [(8, 4, 2), (8, 3, 3, 2)])
def test_smote_of_series_and_patches_is_refused(shape):
    samples = make([0] * 6 + [1] * 2, predictors=np.zeros(shape))

    with pytest.raises(SampleError, match=r"of the form “(series|patch)”"):
        resample(samples, np.arange(8), BalancePlan(resample="smote"))


def test_an_empty_training_set_is_refused():
    with pytest.raises(SampleError, match="training set is empty"):
        resample(cloud([3, 3]), [], BalancePlan(resample="under"))


def test_more_rows_than_memory_holds_are_refused():
    samples = make(np.concatenate([np.arange(101), np.zeros(200_000, dtype=int)]))

    with pytest.raises(SampleError, match="20,200,101 rows, more than memory"):
        resample(samples, np.arange(len(samples)), BalancePlan(resample="over"))


@pytest.mark.parametrize("how", ["under", "over", "smote"])
def test_the_seed_decides(how):
    samples = cloud([30, 12])
    one, again, other = (
        resample(samples, np.arange(42), BalancePlan(resample=how, seed=s)) for s in (1, 1, 2)
    )

    assert (one.predictors(samples) == again.predictors(samples)).all()
    assert not np.array_equal(one.predictors(samples), other.predictors(samples))


@settings(max_examples=40, deadline=None)
@given(
    index=st.lists(st.integers(0, 4), min_size=4, max_size=60),
    how=st.sampled_from(["under", "over", "smote"]),
    seed=st.integers(0, 9),
)
def test_every_class_that_trains_becomes_equally_large(index, how, seed):
    samples = make(
        [0, 1, *index], predictors=np.random.default_rng(0).normal(size=(len(index) + 2, 2))
    )
    training = np.arange(0, len(samples), 2)

    made = resample(samples, training, BalancePlan(resample=how, seed=seed))

    assert set(made.indices) <= set(training)
    there = made.before > 0
    size = made.before[there].min() if how == "under" else made.before.max()
    assert (made.after == np.where(there, size, 0)).all()
    assert (np.bincount(made.class_index(samples), minlength=len(there)) == made.after).all()
    assert np.isfinite(made.synthetic).all()
