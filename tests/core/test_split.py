"""Splits: every sample once, groups kept whole, classes in every part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import SampleError
from lib.core.plan import SplitPlan
from lib.core.split import make_split, other_kind
from tests.core.sample_sets import make


def parts_of(split):
    return split.training, split.validation, split.test


def test_a_random_split_gives_every_class_its_shares():
    samples = make(np.repeat([0, 1, 2], [1000, 100, 20]))

    split = make_split(samples, SplitPlan(kind="random", validation=0.15, test=0.25))

    assert split.class_counts(samples).tolist() == [[600, 60, 12], [150, 15, 3], [250, 25, 5]]
    assert split.notes == ()
    assert split.groups is None
    assert split.test_groups is None


def test_a_class_of_three_samples_is_in_every_part_of_a_random_split():
    samples = make([0] * 30 + [1] * 3)

    assert make_split(samples, SplitPlan(kind="random")).class_counts(samples)[:, 1].tolist() == [
        1,
        1,
        1,
    ]


def test_a_class_of_two_samples_is_trained_and_tested_and_the_split_says_so():
    samples = make([0] * 30 + [1] * 2)

    split = make_split(samples, SplitPlan(kind="random"))

    assert split.class_counts(samples)[:, 1].tolist() == [1, 0, 1]
    assert split.notes == (
        "No validation samples of “Trees”: it has no say in the choice of the best epoch.",
    )


def test_a_class_of_one_sample_is_refused_by_name():
    with pytest.raises(SampleError, match="“Trees” has one sample"):
        make_split(make([0] * 30 + [1]), SplitPlan(kind="random"))


def test_one_class_only_is_refused_by_name():
    with pytest.raises(SampleError, match="All samples are “Water”"):
        make_split(make([0, 0, 0, 1]).take([0, 1, 2]), SplitPlan(kind="random"))


def test_a_block_split_keeps_blocks_whole_and_comes_near_the_shares():
    samples = make(np.random.default_rng(0).integers(0, 5, 20_000))

    split = make_split(samples, SplitPlan(kind="blocks", block_size_m=1000))

    assert split.block_size_m == 1000
    homes = [set(split.groups[part].tolist()) for part in parts_of(split)]
    assert not homes[0] & homes[1]
    assert not homes[0] & homes[2]
    assert not homes[1] & homes[2]
    shares = split.class_counts(samples) / samples.counts
    assert shares == pytest.approx(np.array([[0.6] * 5, [0.15] * 5, [0.25] * 5]), abs=0.01)


def test_blocks_shrink_where_classes_would_be_missing_and_the_split_says_so():
    lon = np.tile(np.linspace(12.0, 12.005, 40), 3)
    samples = make(np.repeat([0, 1, 2], 40), lon=lon, lat=np.full(120, 47.0))

    split = make_split(samples, SplitPlan(kind="blocks", block_size_m=1000))

    assert split.block_size_m == 125
    assert (split.class_counts(samples) > 0).all()
    assert split.notes[0] == (
        "All blocks were halved down to 125 m instead of 1,000 m, so that “Water”, “Trees”, "
        "“Town” can be in more parts."
    )


def test_a_class_in_one_block_is_trained_and_the_split_says_that_it_is_not_tested():
    index = np.array([0] * 500 + [1] * 500 + [2] * 5)
    lon = np.random.default_rng(0).uniform(12.0, 12.2, 1005)
    lat = np.random.default_rng(1).uniform(47.0, 47.2, 1005)
    lon[-5:], lat[-5:] = 12.1, 47.1
    samples = make(index, lon=lon, lat=lat)

    split = make_split(samples, SplitPlan(kind="blocks"))

    assert split.class_counts(samples)[:, 2].tolist() == [5, 0, 0]
    assert split.notes[-1] == ("No test samples of “Town”: how well it is mapped cannot be told.")
    assert split.block_size_m == 1000


def test_samples_in_one_place_are_refused():
    samples = make([0, 1, 0, 1], lon=[12.0] * 4, lat=[47.0] * 4)

    with pytest.raises(SampleError, match="within 1 block, and"):
        make_split(samples, SplitPlan(kind="blocks"))


def test_a_polygon_split_keeps_polygons_whole():
    group = np.repeat(np.arange(30), 7)
    samples = make(np.repeat(np.arange(30) % 3, 7), group=group * 11)

    split = make_split(samples, SplitPlan(kind="polygon"))

    homes = [set(group[part].tolist()) for part in parts_of(split)]
    assert sum(len(home) for home in homes) == len(set().union(*homes)) == 30
    assert (split.class_counts(samples) > 0).all()


def test_a_class_in_two_polygons_is_trained_and_tested():
    samples = make(np.repeat([0, 0, 0, 0, 1, 1], 5), group=np.repeat(np.arange(6), 5))

    split = make_split(samples, SplitPlan(kind="polygon"))

    assert split.class_counts(samples)[:, 1].tolist() == [5, 0, 5]
    assert "No validation samples of “Trees”" in split.notes[0]


def test_a_class_in_one_polygon_is_refused_by_name():
    samples = make(np.repeat([0, 0, 0, 1], 5), group=np.repeat(np.arange(4), 5))

    with pytest.raises(SampleError, match="“Trees” lie in one polygon"):
        make_split(samples, SplitPlan(kind="polygon"))


def test_samples_without_polygons_are_refused_with_their_number():
    samples = make([0, 1, 0, 1], group=[1, 2, -1, -1])

    with pytest.raises(SampleError, match="2 of 4 samples do not come from polygons"):
        make_split(samples, SplitPlan(kind="polygon"))


@pytest.mark.parametrize(
    ("kind", "group", "other"),
    [
        ("blocks", -1, "random"),
        ("polygon", 1, "random"),
        ("random", -1, "blocks"),
        ("random", 1, "polygon"),
        ("simple", -1, "blocks"),
        ("column", 1, "random"),
    ],
)
def test_the_other_split_is_random_or_by_groups(kind, group, other):
    assert other_kind(kind, make([0, 1], group=[group, group])) == other


@pytest.mark.parametrize("kind", ["random", "simple", "blocks", "polygon"])
def test_a_split_is_the_same_for_a_seed_and_differs_for_another(kind):
    samples = make(np.random.default_rng(3).integers(0, 4, 900), group=np.arange(900) // 9)

    one, again, other = (make_split(samples, SplitPlan(kind=kind, seed=s)) for s in (7, 7, 8))

    assert all((a == b).all() for a, b in zip(parts_of(one), parts_of(again), strict=True))
    assert not np.array_equal(one.test, other.test)


@pytest.mark.parametrize("kind", ["random", "simple", "blocks", "polygon"])
def test_a_million_samples_are_each_in_one_part(kind):
    n = 1_000_000
    index = np.random.default_rng(0).integers(0, 6, n)
    samples = make(index, group=np.arange(n) // 10)

    split = make_split(samples, SplitPlan(kind=kind, block_size_m=100))

    assert sum(len(part) for part in parts_of(split)) == n


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["random", "simple", "blocks", "polygon"]))
def test_every_sample_is_in_one_part_and_groups_stay_whole(data, kind):
    n = data.draw(st.integers(6, 120))
    k = data.draw(st.integers(2, 5))
    index = data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    group = data.draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))
    place = st.floats(0, 0.05)
    lon = data.draw(st.lists(place, min_size=n, max_size=n))
    lat = data.draw(st.lists(place, min_size=n, max_size=n))
    if len(set(index)) < 2:
        return
    samples = make(index, lon=lon, lat=lat, group=group)
    plan = SplitPlan(kind=kind, validation=0.2, test=0.3, seed=data.draw(st.integers(0, 99)))
    try:
        split = make_split(samples, plan)
    except SampleError:
        return

    everything = np.concatenate(parts_of(split))
    assert sorted(everything.tolist()) == list(range(n))
    assert len(split.training)
    assert len(split.test)
    if split.groups is not None:
        homes = [set(split.groups[part].tolist()) for part in parts_of(split)]
        assert sum(len(home) for home in homes) == len(set().union(*homes))


def test_a_simple_split_has_the_shares_of_all_samples_whatever_their_class():
    samples = make(np.repeat([0, 1], [900, 100]))

    split = make_split(samples, SplitPlan(kind="simple", validation=0.15, test=0.25))

    assert [len(part) for part in parts_of(split)] == [600, 150, 250]
    assert split.class_counts(samples)[:, 1].tolist() != [60, 15, 25]


def test_a_simple_split_says_which_class_is_not_tested():
    split = make_split(make([0] * 50 + [1]), SplitPlan(kind="simple"))

    assert "“Trees”" in "".join(split.notes)


def test_a_column_decides_the_parts():
    samples = make([0, 1, 0, 1, 0, 1], given=[2, 0, 0, 1, 0, 2])

    split = make_split(samples, SplitPlan(kind="column"))

    assert [part.tolist() for part in parts_of(split)] == [[1, 2, 4], [3], [0, 5]]
    assert split.groups is None
    assert split.notes == (
        "No validation samples of “Water”: it has no say in the choice of the best epoch.",
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "No column of the labels"),
        ([0, 0, 1, -1], "1 of 4 samples into no part"),
        ([0, 0, 2, 2], "no class has two training samples"),
        ([0, 0, 1, 1], "no samples into the test set"),
        ([1, 1, 2, 2], "no samples into the training set"),
    ],
)
def test_a_column_that_does_not_say_is_refused(given, words):
    with pytest.raises(SampleError, match=words):
        make_split(make([0, 1, 0, 1], given=given), SplitPlan(kind="column"))


def test_a_column_without_validation_gets_it_from_each_class_of_the_training_set():
    """15 % of all beside 25 % in the test are a fifth of what is no test sample."""
    index = [0] * 100 + [1] * 10 + [2] * 2 + [0, 1, 2]
    samples = make(index, given=[0] * 112 + [2] * 3)

    split = make_split(samples, SplitPlan(kind="column", seed=3))

    assert split.class_counts(samples).tolist() == [[80, 8, 1], [20, 2, 1], [1, 1, 1]]
    assert split.test.tolist() == [112, 113, 114]
    assert split.notes == (
        (
            "The column has no validation set: 23 of 112 training samples were taken for it, at "
            "random from each class (seed 3)."
        ),
    )
    again = make_split(samples, SplitPlan(kind="column", seed=4))
    assert again.validation.tolist() != split.validation.tolist()


def test_a_rare_class_in_three_of_very_many_blocks_is_in_every_part():
    index = np.array([0, 1] * 15_000 + [2] * 3)
    lon = np.concatenate([np.linspace(0, 20, 30_000), [1.0, 9.0, 18.0]])
    samples = make(index, lon=lon, lat=np.zeros(len(lon)))

    for seed in range(5):
        split = make_split(samples, SplitPlan(kind="blocks", block_size_m=100, seed=seed))
        assert split.groups.max() > 10_000
        assert split.class_counts(samples)[:, 2].tolist() == [1, 1, 1]
