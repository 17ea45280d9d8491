from dataclasses import replace

import pytest

from lib.core.errors import PlanError
from lib.models.families import FAMILIES
from lib.models.limits import LONGEST_S, limits, require_fit, seconds_an_epoch

GB = 1024**3
UNET = replace(FAMILIES["unet"].defaults, epochs=1)


def test_limits_when_all_fits_says_what_is_needed_and_free() -> None:
    found = limits(FAMILIES["mlp"].defaults, (1_000_000, 12), 9, bytes_free=4 * GB)

    assert found.fits
    # TensorFlow, and three copies of 48 MB: well below 4 GB.
    assert 700 * 1024**2 < found.bytes_needed < 1.2 * GB
    assert found.words.startswith("Training takes about")
    assert found.most_side == 0
    assert found.most_batch == 65_536


def test_limits_when_batch_is_too_large_names_one_that_fits() -> None:
    plan = replace(UNET, batch_size=512)
    found = limits(plan, (2000, 65, 65, 10), 5, bytes_free=4 * GB)

    assert not found.fits
    assert f"a batch of at most {found.most_batch:,}" in found.words
    assert 0 < found.most_batch < 512
    with_it = replace(plan, batch_size=found.most_batch)
    one_more = replace(plan, batch_size=found.most_batch + 1)
    assert limits(with_it, (2000, 65, 65, 10), 5, bytes_free=4 * GB).fits
    assert not limits(one_more, (2000, 65, 65, 10), 5, bytes_free=4 * GB).fits


def test_limits_when_asked_for_sides_and_samples_gives_the_last_that_fit() -> None:
    found = limits(UNET, (2000, 65, 65, 10), 5, bytes_free=2 * GB)

    side, count = found.most_side, found.most_samples
    assert side % 2 == 1
    assert limits(UNET, (2000, side, side, 10), 5, bytes_free=2 * GB).fits
    assert not limits(UNET, (2000, side + 2, side + 2, 10), 5, bytes_free=2 * GB).fits
    assert limits(UNET, (count, 65, 65, 10), 5, bytes_free=2 * GB).fits


def test_limits_when_nothing_fits_says_to_choose_a_smaller_network() -> None:
    found = limits(UNET, (2000, 65, 65, 10), 5, bytes_free=1024**2)

    assert (found.fits, found.most_batch, found.most_side) == (False, 0, 0)
    assert found.words.endswith("Choose a smaller network.")


def test_limits_when_epochs_take_more_than_a_day_names_those_that_fit() -> None:
    shape = (200_000, 65, 65, 10)
    plan = replace(UNET, epochs=2_000)
    a_day = int(LONGEST_S / seconds_an_epoch(plan, shape, 5))

    found = limits(plan, shape, 5, bytes_free=100 * GB)

    assert found.bytes_needed < found.bytes_free
    assert 0 < found.most_epochs == a_day < 2_000
    assert found.words.endswith(
        f"2,000 epochs would take this machine more than a day; at most {a_day:,} fit into one."
    )
    assert limits(plan, shape, 5, bytes_free=100 * GB, cores=4).most_epochs == pytest.approx(
        2 * a_day, abs=2
    )
    with pytest.raises(PlanError, match="more than a day"):
        require_fit(found)
    require_fit(limits(replace(plan, epochs=a_day), shape, 5, bytes_free=100 * GB))


def test_require_fit_when_memory_is_too_small_says_what_would_fit() -> None:
    plan = replace(UNET, batch_size=512)

    with pytest.raises(PlanError, match="It fits with a batch of at most") as caught:
        require_fit(limits(plan, (2000, 65, 65, 10), 5, bytes_free=4 * GB))

    assert caught.value.field == "machine"
