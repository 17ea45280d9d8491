from dataclasses import replace

from lib.models.families import FAMILIES
from lib.models.limits import limits

GB = 1024**3
UNET = FAMILIES["unet"].defaults


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
