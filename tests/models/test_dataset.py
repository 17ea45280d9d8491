from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.plan import BalancePlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models import dataset
from lib.models.dataset import Dataset
from tests.models.helpers import LEGEND, make_form, make_samples, make_split

BALANCED = BalancePlan(weighting="balanced")


def samples_of(classes: list[int]) -> SampleSet:
    n = len(classes)
    return SampleSet(
        predictors=np.arange(n, dtype=np.float32)[:, None],
        class_index=np.array(classes, np.int16),
        names=("B1",),
        legend=LEGEND,
        lon=np.zeros(n),
        lat=np.zeros(n),
        group=np.full(n, -1, np.int32),
        ids=np.arange(n),
    )


def split_of(training: list[int], validation: list[int]) -> Split:
    return Split(
        training=np.array(training, np.int64),
        validation=np.array(validation, np.int64),
        test=np.array([], np.int64),
        kind="random",
        seed=0,
    )


def test_of_when_classes_are_uneven_weighs_them_by_n_over_k_nc() -> None:
    samples, split = samples_of([0, 0, 0, 1, 2, 2, 1]), split_of([0, 1, 2, 3, 4, 5], [6])
    data = Dataset.of(samples, split, class_weights=True, balance=BALANCED)

    # n / (k n_c) with n = 6, k = 3, n_c = 3, 1, 2
    np.testing.assert_allclose(data.class_weights, [2 / 3, 2.0, 1.0])
    assert data.class_weights[data.train.labels()].mean() == pytest.approx(1.0)


def test_of_when_a_class_has_no_training_samples_does_not_count_it() -> None:
    samples, split = samples_of([0, 0, 0, 1, 2]), split_of([0, 1, 2, 3], [4])
    data = Dataset.of(samples, split, class_weights=True, balance=BALANCED)

    # Two classes are left: n = 4, k = 2, n_c = 3, 1
    np.testing.assert_allclose(data.class_weights, [2 / 3, 2.0, 0.0])


def test_of_when_nothing_is_said_weighs_classes_by_the_root_of_their_counts() -> None:
    samples, split = samples_of([0, 0, 0, 0, 1, 2]), split_of([0, 1, 2, 3, 4], [5])
    data = Dataset.of(samples, split, class_weights=True)

    # As 1/2 to 1, and 5 / (4 * 1/2 + 1) times that: a mean of 1 over the samples.
    np.testing.assert_allclose(data.class_weights, [5 / 6, 5 / 3, 0.0])


def test_of_when_weights_are_off_counts_every_sample_once() -> None:
    data = Dataset.of(samples_of([0, 0, 1]), split_of([0, 2], [1]), class_weights=False)

    assert data.class_weights is None
    assert data.train.x.tolist() == [[0.0], [2.0]]
    assert data.val.y.tolist() == [0]


@pytest.mark.parametrize(("part", "split"), [("training", ([], [0])), ("validation", ([0], []))])
def test_of_when_a_part_is_empty_names_it(part: str, split: tuple[list[int], list[int]]) -> None:
    with pytest.raises(SampleError, match=f"The {part} set is empty"):
        Dataset.of(samples_of([0, 1]), split_of(*split), class_weights=False)


def test_of_when_a_nodata_value_was_not_masked_names_the_predictor() -> None:
    samples = make_samples()
    x = samples.predictors.copy()
    x[5, 2] = -3.4028235e38
    broken = SampleSet(**{**vars(samples), "predictors": x})

    with pytest.raises(SampleError, match=r"“NDVI” has values up to 3.4e\+38; that looks like"):
        Dataset.of(broken, make_split(), class_weights=True)


def test_fingerprint_when_one_value_changes_changes() -> None:
    samples = make_samples()
    x = samples.predictors.copy()
    x[0, 0] += 1
    changed = SampleSet(**{**vars(samples), "predictors": x})
    one, same, other = (
        Dataset.of(s, make_split(), class_weights=True).fingerprint()
        for s in (samples, make_samples(), changed)
    )

    assert one == same != other


def test_of_when_labels_are_maps_weighs_classes_by_their_pixels() -> None:
    samples = make_form("patch", 6, dense=True)
    maps = np.full((6, 7, 7), -1)
    maps[:, 3, 3] = 0
    maps[:, 3, 4:6] = 1
    maps[:, 0, :3] = 2
    labelled = SampleSet(**{**vars(samples), "dense": maps})

    split = split_of([0, 1, 2, 3], [4, 5])
    data = Dataset.of(labelled, split, class_weights=True, balance=BALANCED, dense=True)

    # 4, 8 and 12 pixels of 24: n / (k n_c)
    np.testing.assert_allclose(data.class_weights, [2.0, 1.0, 2 / 3])
    assert len(data.train.labels()) == 24


def test_of_when_weighed_by_effective_number_does_as_the_plan_says() -> None:
    plan = BalancePlan(weighting="effective number")
    split = split_of([0, 1, 2, 3], [4])
    data = Dataset.of(samples_of([0, 0, 0, 1, 2]), split, class_weights=True, balance=plan)

    # In proportion to (1 - 0.999) / (1 - 0.999^n) for n = 3, 1; the mean over samples is 1.
    rare, common = 1.0, 0.001 / (1 - 0.999**3)
    scale = 4 / (3 * common + rare)
    np.testing.assert_allclose(data.class_weights, [common * scale, rare * scale, 0.0])


@pytest.mark.parametrize(
    ("resample", "counts"), [("none", [6, 4, 2]), ("under", [2, 2, 2]), ("over", [6, 6, 6])]
)
def test_of_when_resampled_changes_the_training_set_alone(resample: str, counts: list[int]) -> None:
    samples = samples_of([0] * 6 + [1] * 4 + [2] * 2 + [0, 1, 2])
    split = split_of(list(range(12)), [12, 13, 14])

    plan = replace(BALANCED, resample=resample)
    data = Dataset.of(samples, split, class_weights=True, balance=plan)

    assert np.bincount(data.train.labels()).tolist() == counts
    assert data.val.x.ravel().tolist() == [12.0, 13.0, 14.0]
    # The weights are those of what is trained on, and the scaling that of real samples.
    expected = np.sum(counts) / (3 * np.array(counts))
    np.testing.assert_allclose(data.class_weights, expected)
    assert data.scaling.mean[0] == 5.5


def test_of_when_filled_up_by_smote_has_as_many_of_each() -> None:
    samples = make_samples(60)
    training = np.flatnonzero(samples.class_index < 2)[:20].tolist() + [
        int(index) for index in np.flatnonzero(samples.class_index == 2)[:7]
    ]
    plan = BalancePlan(resample="smote")
    data = Dataset.of(samples, split_of(training, [59]), class_weights=False, balance=plan)

    counts = np.bincount(data.train.labels())
    assert counts.tolist() == [counts.max()] * 3
    assert len(data.train.x) == 3 * counts.max()


def test_of_when_patches_are_large_reads_them_from_disk_and_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, split = make_form("patch", dense=True), make_split(96)
    file = tmp_path / "x.npy"
    np.save(file, samples.predictors)
    mapped = SampleSet(**{**vars(samples), "predictors": np.load(file, mmap_mode="r")})
    small = Dataset.of(samples, split, class_weights=True, dense=True)
    monkeypatch.setattr(dataset, "MEMORY_BYTES", 1000)

    large = Dataset.of(mapped, split, class_weights=True, dense=True)

    assert small.train.in_memory
    assert not large.train.in_memory
    assert np.shares_memory(large.train.x, mapped.predictors)
    assert len(large.train) == 57
    for one, other in zip(
        small.train.take(np.array([5, 2])), large.train.take(np.array([5, 2])), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(small.class_weights, large.class_weights)
    assert small.fingerprint() == large.fingerprint()
