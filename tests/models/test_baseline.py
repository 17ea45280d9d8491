from dataclasses import replace

import numpy as np

from lib.core.samples import SampleSet
from lib.models.baseline import train_forest
from tests.models.helpers import make_samples, make_split


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
