import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.dataset import Dataset
from tests.models.helpers import LEGEND, make_samples, make_split


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
    data = Dataset.of(
        samples_of([0, 0, 0, 1, 2, 2, 1]), split_of([0, 1, 2, 3, 4, 5], [6]), class_weights=True
    )

    # n / (k n_c) with n = 6, k = 3, n_c = 3, 1, 2
    np.testing.assert_allclose(data.class_weights, [2 / 3, 2.0, 1.0])
    np.testing.assert_allclose(data.weight_train, [2 / 3, 2 / 3, 2 / 3, 2, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(data.weight_val, [2.0])
    assert data.weight_train.mean() == pytest.approx(1.0)


def test_of_when_a_class_has_no_training_samples_does_not_count_it() -> None:
    data = Dataset.of(samples_of([0, 0, 0, 1, 2]), split_of([0, 1, 2, 3], [4]), class_weights=True)

    # Two classes are left: n = 4, k = 2, n_c = 3, 1
    np.testing.assert_allclose(data.class_weights, [2 / 3, 2.0, 0.0])


def test_of_when_weights_are_off_counts_every_sample_once() -> None:
    data = Dataset.of(samples_of([0, 0, 1]), split_of([0, 2], [1]), class_weights=False)

    assert data.class_weights is None
    assert data.weight_train.tolist() == [1.0, 1.0]
    assert data.x_train.tolist() == [[0.0], [2.0]]
    assert data.y_val.tolist() == [0]


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
