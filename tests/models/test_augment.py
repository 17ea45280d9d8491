from collections.abc import Iterator

import numpy as np
import pytest

from lib.models.augment import FOR_FORM, augmenter
from lib.models.scaling import measure_scaling
from tests.models.helpers import make_form

KEY = np.array([3, 1 << 32], np.int64)


def changed(form: str, *names: str, dense: bool = False, key: np.ndarray = KEY) -> tuple:
    """A batch before and after: predictors, mask, labels."""
    samples = make_form(form, 48, dense=dense)
    valid = np.ones(samples.predictors.shape[:-1], bool) if form == "pixel" else samples.valid
    y = samples.dense if dense else samples.class_index
    before = (samples.predictors, valid.astype(np.float32), y.astype(np.int32))
    change = augmenter(names, form, measure_scaling(samples.predictors, samples.valid))
    return before, tuple(np.array(part) for part in change(*before, key))


def turned(patch: np.ndarray, *, flips: bool, rotations: bool) -> Iterator[np.ndarray]:
    for quarter in range(4 if rotations else 1):
        for axes in ([], [0], [1], [0, 1]) if flips else ([],):
            yield np.flip(np.rot90(patch, quarter), axes)


@pytest.mark.parametrize(
    ("names", "least"), [(("flips",), 4), (("rotations",), 4), (("flips", "rotations"), 6)]
)
def test_augment_when_patches_are_turned_turns_masks_and_labels_with_them(
    names: tuple[str, ...], least: int
) -> None:
    """Values, mask and labels ride as channels of one patch; every result is one of its turns."""
    before, after = changed("patch", *names, dense=True)
    stacked, result = (
        np.concatenate([x, v[..., None], y[..., None]], -1) for x, v, y in (before, after)
    )

    seen = set()
    for old, new in zip(stacked, result, strict=True):
        ways = turned(old, flips="flips" in names, rotations="rotations" in names)
        found = [number for number, way in enumerate(ways) if np.array_equal(way, new)]
        assert found
        seen.add(found[0])
    assert len(seen) >= least


@pytest.mark.parametrize(
    ("form", "name", "axes", "share"),
    # One number a value, one for each predictor of a sample, one a patch.
    [
        ("pixel", "noise", (), 0.05),
        ("series", "noise", (), 0.05),
        ("series", "jitter", (1,), 0.1),
        ("patch", "brightness", (1, 2), 0.2),
    ],
)
def test_augment_when_values_are_shifted_does_so_in_units_of_their_spread(
    form: str, name: str, axes: tuple[int, ...], share: float
) -> None:
    before, after = changed(form, name)
    spread = measure_scaling(before[0], before[1].astype(bool)).spread
    shift = (after[0] - before[0])[..., 0] / spread[0]

    assert np.ptp(shift, axis=axes).max() < 1e-4 if axes else True
    # 48 draws or more: their spread is within some 30 % of the true one.
    assert shift.std() == pytest.approx(share, rel=0.35)
    # The last predictor is constant and stays so.
    np.testing.assert_array_equal(after[0][..., 2], before[0][..., 2])
    np.testing.assert_array_equal(after[2], before[2])


def test_augment_when_dates_go_missing_leaves_some_and_adds_none() -> None:
    before, after = changed("series", "missing dates")
    lost = (before[1] - after[1]).sum() / before[1].sum()

    assert (after[1] <= before[1]).all()
    assert (after[1].sum(axis=1) > 0).all()
    assert 0.08 < lost < 0.25
    np.testing.assert_array_equal(after[0], before[0])


@pytest.mark.parametrize("form", ["pixel", "series", "patch"])
def test_augment_when_key_is_the_same_is_the_same_and_else_is_not(form: str) -> None:
    one, same, other = (changed(form, *FOR_FORM[form], key=key)[1] for key in (KEY, KEY, KEY + 1))

    assert one[0].tobytes() == same[0].tobytes()
    assert one[0].tobytes() != other[0].tobytes()


def test_augmenter_when_nothing_fits_the_form_is_none() -> None:
    scaling = measure_scaling(make_form("pixel").predictors)

    assert augmenter(("flips", "missing dates"), "pixel", scaling) is None
