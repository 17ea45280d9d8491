"""Rows of arrays that lie in memory or in a file."""

from pathlib import Path

import numpy as np
import pytest

from lib.core import mapped
from lib.core.mapped import gather, release


@pytest.fixture
def on_disk(tmp_path: Path) -> np.ndarray:
    """40 rows of 3 x 2 numbers, mapped from a file."""
    values = np.random.default_rng(0).normal(size=(40, 3, 2)).astype(np.float32)
    np.save(tmp_path / "values.npy", values)
    return np.load(tmp_path / "values.npy", mmap_mode="r")


@pytest.mark.parametrize("rows_at_once", [1, 7, 1000])
@pytest.mark.parametrize(
    "rows", [np.array([5, 3, 3, 39]), np.arange(40) % 3 == 0, np.array([], int)]
)
def test_gather_gives_the_rows_in_their_order_however_few_at_once(
    on_disk: np.ndarray,
    rows: np.ndarray,
    rows_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapped, "GATHERED_BYTES", rows_at_once * 24)
    expected = np.array(on_disk)[rows]

    found = gather(on_disk, rows)

    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(gather(np.array(on_disk), rows), expected)


def test_release_leaves_the_values_of_a_file_and_of_memory_as_they_were(
    on_disk: np.ndarray,
) -> None:
    before = np.array(on_disk)
    view = on_disk[3:, 1:]

    release(view)
    release(before)

    np.testing.assert_array_equal(view, before[3:, 1:])
