from dataclasses import replace

import numpy as np

from lib.core.samples import SampleSet
from lib.models.baseline import flat_features, train_forest
from tests.models.helpers import make_form, make_samples, make_split


def test_train_forest_when_run_twice_gives_the_same_good_map() -> None:
    samples, split = make_samples(), make_split()

    one, two = (train_forest(samples, split, 20, 3) for _ in range(2))

    assert one.dtype == np.int16
    assert (one == two).all()
    assert (one == samples.class_index[split.test]).mean() > 0.85


def test_train_forest_when_validation_set_is_spoilt_does_not_notice() -> None:
    samples, split = make_samples(), make_split()
    spoilt = samples.class_index.copy()
    spoilt[split.validation] = 0
    other = SampleSet(**{**vars(samples), "class_index": spoilt})

    assert (train_forest(samples, split, 20, 3) == train_forest(other, split, 20, 3)).all()


def test_train_forest_when_weighed_maps_a_rare_class_otherwise() -> None:
    samples, split = make_samples(3000), make_split(3000)
    grass = split.training[samples.class_index[split.training] == 1]
    thin = replace(split, training=np.setdiff1d(split.training, grass[20:]))

    plain, weighed = (train_forest(samples, thin, 30, 0, class_weights=on) for on in (False, True))

    assert (plain != weighed).any()


def test_train_forest_when_samples_are_series_takes_gaps_as_gaps() -> None:
    samples, split = make_form("series", 240), make_split(240)
    x = np.where(samples.valid[..., None], samples.predictors, 1e6)
    other = SampleSet(**{**vars(samples), "predictors": x})

    one, two = (train_forest(s, split, 20, 0) for s in (samples, other))

    assert (one == samples.class_index[split.test]).mean() > 0.9
    np.testing.assert_array_equal(one, two)


def test_train_forest_when_patches_are_labelled_everywhere_learns_pixels() -> None:
    samples, split = make_form("patch", 60, dense=True), make_split(60)

    mapped = train_forest(samples, split, 20, 0)

    seen = samples.valid[split.test, 3, 3]
    assert mapped.shape == (12,)
    assert (mapped == samples.class_index[split.test])[seen].mean() > 0.9


def test_flat_features_when_patches_are_large_are_centre_mean_and_spread() -> None:
    samples = make_form("patch", 9)
    big = np.tile(samples.predictors, (1, 3, 3, 1))
    valid = np.tile(samples.valid, (1, 3, 3))
    patches = SampleSet(**{**vars(samples), "predictors": big, "valid": valid})

    rows = flat_features(patches, np.array([2, 0]))

    seen = big[2][valid[2]]
    assert rows.shape == (2, 9)
    np.testing.assert_allclose(rows[0, 3:6], seen.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(rows[0, 6:8], seen.std(axis=0)[:2], rtol=1e-3)
    centre = big[2, 10, 10] if valid[2, 10, 10] else np.full(3, np.nan)
    np.testing.assert_array_equal(rows[0, :3], centre)
