"""Series against composites of each window by itself, and gaps against numpy's interpolation."""

from dataclasses import replace

import numpy as np
import pytest

from lib.core.imagery_plan import COMPOSITES, ImageryPlan, SourcePlan
from lib.earthengine.stack import stack_names, unstack, windows
from tests.earthengine.observed import S1, Floats, predicted

PLAN = ImageryPlan(
    form="series",
    start="2024-06-01",
    end="2024-07-28",
    window_days=5,
    bands=("B4", "B8"),
    indices=("NDVI",),
    fill_gaps=False,
)


@pytest.fixture(scope="module")
def raw() -> tuple[Floats, Floats]:
    """Predictors `(rows, columns, time, predictors)` without filling, and which are observed."""
    values, _ = predicted(PLAN)
    series, observed = unstack(PLAN, values)
    assert observed is not None
    return series, observed


def test_windows_without_an_observation_are_0_and_flagged(raw: tuple[Floats, Floats]) -> None:
    series, observed = raw

    assert series.shape[2:] == (12, 3)
    assert observed.any(axis=(0, 1)).sum() > 3
    assert not observed.all()
    assert (series[~observed] == 0).all()
    assert (series[observed][:, 1] > 0).all()


def test_each_window_is_the_composite_of_its_own_dates(raw: tuple[Floats, Floats]) -> None:
    series, observed = raw
    index = int(observed.all(axis=(0, 1)).argmax())
    start, end = windows(PLAN)[index]

    values, valid = predicted(replace(PLAN, form="pixel", start=start, end=end))

    assert valid.all()
    assert np.allclose(series[:, :, index], values, atol=1e-6)


def test_gaps_are_interpolated_in_time_and_ends_repeated(raw: tuple[Floats, Floats]) -> None:
    series, observed = raw

    values, valid = predicted(replace(PLAN, fill_gaps=True))
    filled, flags = unstack(PLAN, values)

    assert np.array_equal(flags, observed)
    assert np.array_equal(valid, observed.any(axis=-1))
    # Windows of five days from June 1 have their middle on day 2.5, 7.5, …; the last has two days.
    middles = np.array([*(2.5 + 5 * k for k in range(11)), 56.0])
    for row, column in np.argwhere(valid)[::37]:
        seen = observed[row, column]
        for band in range(3):
            expected = np.interp(middles, middles[seen], series[row, column, seen, band])
            assert np.allclose(filled[row, column, :, band], expected, atol=1e-5)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_windows_without_any_scene_are_gaps_for_every_composite(composite: str) -> None:
    plan = replace(PLAN, window_days=2, end="2024-06-15", composite=composite, fill_gaps=True)

    values, valid = predicted(plan)
    series, observed = unstack(plan, values)

    assert observed is not None
    assert 0 < observed.any(axis=(0, 1)).sum() < len(windows(plan))
    assert (series[valid][..., 1] > 0).all()


def test_further_sources_vary_by_window_and_terrain_repeats() -> None:
    plan = ImageryPlan(
        form="series",
        start="2024-06-01",
        end="2024-07-31",
        window_days=30,
        bands=("B4",),
        indices=(),
        sources=(SourcePlan(S1, ("VV",)),),
        terrain=("elevation",),
    )

    values, valid = predicted(plan)
    series, observed = unstack(plan, values)

    assert stack_names(plan)[:4] == ("t00_B4", "t00_VV", "t00_elevation", "t01_B4")
    assert valid.all()
    assert observed is not None
    assert observed.all()
    assert (series[:, :, 0, 1] != series[:, :, 1, 1]).all()
    assert np.array_equal(series[:, :, 0, 2], series[:, :, 1, 2])
