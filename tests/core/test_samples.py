"""Sample sets: checks, parts and files."""

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.legend import Legend
from lib.core.samples import SampleSet

LEGEND = Legend.from_values([10, 20, 30], ["Water", "Trees", "Town"])


def make(**changes):
    columns = {
        "predictors": np.arange(8, dtype=np.float64).reshape(4, 2),
        "class_index": [0, 1, 1, 2],
        "names": ["B4", "B8"],
        "legend": LEGEND,
        "lon": [12.0, 12.1, 12.2, 12.3],
        "lat": [47.0, 47.1, 47.2, 47.3],
        "group": [-1, -1, -1, -1],
        "ids": [5, 6, 7, 8],
    }
    return SampleSet(**{**columns, **changes})


def test_columns_get_their_types_and_cannot_be_written():
    samples = make()

    assert samples.predictors.dtype == np.float32
    assert samples.class_index.dtype == np.int16
    assert samples.names == ("B4", "B8")
    with pytest.raises(ValueError, match="read-only"):
        samples.predictors[0, 0] = 1


def test_counts_have_one_entry_a_class():
    assert make(class_index=[0, 0, 0, 1]).counts.tolist() == [3, 1, 0]


def test_taking_samples_keeps_order_and_ids():
    part = make().take([3, 1])

    assert part.ids.tolist() == [8, 6]
    assert part.predictors.tolist() == [[6, 7], [2, 3]]
    assert part.part


def test_a_part_may_have_one_class_only():
    assert make().take([1, 2]).counts.tolist() == [0, 2, 0]


def test_samples_survive_the_way_through_a_file(tmp_path):
    samples = make()
    samples.save(tmp_path / "samples.npz")

    again = SampleSet.load(tmp_path / "samples.npz")

    assert again.names == samples.names
    assert again.legend == samples.legend
    assert again.part is False
    for name in ("predictors", "class_index", "lon", "lat", "group", "ids"):
        assert getattr(again, name).dtype == getattr(samples, name).dtype
        assert (getattr(again, name) == getattr(samples, name)).all()


@pytest.mark.parametrize("content", [None, b"", b"no samples", b"PK\x03\x04 cut off"])
def test_a_file_without_samples_is_refused_by_name(tmp_path, content):
    path = tmp_path / "samples.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SampleError, match=r"samples\.npz cannot be read"):
        SampleSet.load(path)


def test_a_file_with_a_column_missing_is_refused(tmp_path):
    np.savez(tmp_path / "samples.npz", lon=[1.0])

    with pytest.raises(SampleError, match="KeyError"):
        SampleSet.load(tmp_path / "samples.npz")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class_index": []}, "There are no samples"),
        ({"class_index": [1, 1, 1, 1]}, "All 4 samples are “Trees”"),
        ({"class_index": [0, 1, 1, 3]}, "class index 3"),
        ({"class_index": [0, 1, 1, -1]}, "class index -1"),
        ({"predictors": [[1, 2], [1, np.nan], [1, np.inf], [1, 2]]}, "2 of 4 samples .*“B8”"),
        ({"names": ["B4"]}, "shape"),
        ({"lon": [1.0]}, "“lon” has 1 entries"),
        ({"ids": [1, 1, 2, 3]}, "same id"),
    ],
)
def test_bad_samples_are_refused_with_the_reason(changes, words):
    with pytest.raises(SampleError, match=words) as caught:
        make(**changes)

    assert caught.value.hint


def test_classes_with_too_few_samples_leave_the_samples_and_the_legend():
    kept = make(class_index=[2, 0, 0, 2]).with_classes_of_at_least(2)

    assert kept.legend.names == ("Water", "Town")
    assert kept.class_index.tolist() == [1, 0, 0, 1]
    assert kept.ids.tolist() == [5, 6, 7, 8]


def test_samples_whose_classes_are_all_large_enough_stay_as_they_are():
    samples = make(class_index=[0, 1, 1, 2])

    assert samples.with_classes_of_at_least(1) is samples


def test_one_class_that_is_large_enough_is_not_enough():
    with pytest.raises(SampleError, match=r"those that do: Trees\."):
        make().with_classes_of_at_least(2)
