import numpy as np
import pytest

from lib.core.errors import DateError
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.earthengine import looks
from lib.earthengine.connection import local
from lib.earthengine.imagery import find_scenes, training_grid
from lib.earthengine.scenes import main_source
from tests.earthengine.observed import (
    LANDSAT,
    PLACE,
    S1,
    S2,
    SRTM,
    SUMMER,
    observe,
    predicted,
    scores,
)

PLAN = ImageryPlan(bands=("B4", "B8"), indices=("NDVI",), **SUMMER)
SINGLE = ImageryPlan(SRTM, "", "", bands=("elevation",), indices=())
LON, LAT = 10.6015, 48.101


def pixel() -> tuple[int, int]:
    """Row and column of the point in the training grid."""
    row, column = training_grid(local(), PLAN, PLACE).rowcol(LON, LAT)
    return int(row), int(column)


def test_scene_table_lists_the_main_collection_and_then_each_source() -> None:
    plan = ImageryPlan(
        sources=(SourcePlan(S1, ("VV",)), SourcePlan(SRTM, ("elevation",))), **SUMMER
    )

    rows = looks.scene_table(local(), plan, PLACE)

    main = find_scenes(local(), plan, PLACE)
    assert [(row.collection, row.id) for row in rows[: len(main)]] == [(S2, s.id) for s in main]
    assert {row.collection for row in rows[len(main) : -1]} == {S1}
    assert (rows[-1].collection, rows[-1].date) == (SRTM, "")


def test_clear_observations_are_counted_month_by_month() -> None:
    clear = scores() >= 0.6
    months = np.array([day[:7] for day in observe(S2, ("B4",)).days])

    june, july = looks.clear_by_month(local(), PLAN, PLACE)

    assert (june.month, july.month) == ("2024-06", "2024-07")
    for found in (june, july):
        inside = clear[months == found.month]
        assert found.scenes == len(inside)
        assert found.clear == pytest.approx(inside.sum(axis=0).mean(), abs=0.05)


def test_month_without_scenes_counts_0() -> None:
    plan = ImageryPlan(bands=("B4",), indices=(), start="2024-05-31", end="2024-06-12")

    may, june = looks.clear_by_month(local(), plan, PLACE)

    assert (may.scenes, may.clear) == (0, 0)
    assert june.scenes > 0


def test_spectrum_is_that_of_the_pixel_under_the_point() -> None:
    values, _ = predicted(PLAN)
    row, column = pixel()

    spectrum = looks.spectrum_at(local(), PLAN, PLACE, LON, LAT)

    assert [name for name, _ in spectrum] == ["B4", "B8", "NDVI"]
    assert [value for _, value in spectrum] == pytest.approx(list(values[row, column]), abs=1e-6)


def test_spectrum_of_a_masked_pixel_has_no_values() -> None:
    plan = ImageryPlan(bands=("B4",), indices=(), harmonics=4, start="2024-06-01", end="2024-06-12")

    spectrum = looks.spectrum_at(local(), plan, PLACE, LON, LAT)

    assert {value for _, value in spectrum} == {None}


def test_series_at_a_point_has_every_scene_and_says_which_are_clear() -> None:
    row, column = pixel()
    observed = observe(S2, ("B4", "B8"))
    clear = scores()[:, row, column] >= 0.6

    series = looks.series_at(local(), PLAN, LON, LAT)

    assert tuple(one.day for one in series) == observed.days
    assert [one.clear for one in series] == list(clear)
    red, nir = observed.values[:, row, column].T / 10_000
    assert [one.values["B4"] for one in series] == pytest.approx(list(red), abs=1e-6)
    expected = list((nir - red) / (nir + red))
    assert [one.values["NDVI"] for one in series] == pytest.approx(expected, abs=1e-6)


def test_series_of_merged_landsat_has_common_names() -> None:
    plan = ImageryPlan(LANDSAT, bands=("red", "nir"), indices=("NDVI",), scale_m=30, **SUMMER)

    series = looks.series_at(local(), plan, LON, LAT)

    assert set(series[0].values) == {"red", "nir", "NDVI"}
    assert {True, False} == {one.clear for one in series}
    assert [one.day for one in series] == sorted(one.day for one in series)


def test_single_image_has_no_months_and_no_series() -> None:
    assert looks.clear_by_month(local(), SINGLE, PLACE) == ()
    assert looks.series_at(local(), SINGLE, LON, LAT) == ()


def test_cost_counts_requests_bytes_pixels_and_scenes() -> None:
    plan = ImageryPlan(sources=(SourcePlan(SRTM, ("elevation",)),), **SUMMER)
    rows, columns = training_grid(local(), plan, PLACE).shape

    cost = looks.cost_of(local(), plan, PLACE)

    # Nine predictors of four bytes, and one byte for validity.
    assert cost.pixels == rows * columns
    assert cost.bytes == cost.pixels * 37
    assert cost.requests == 1
    assert cost.scenes == len(find_scenes(local(), plan, PLACE)) + 1


def test_dates_without_scenes_are_refused_by_the_table_as_well() -> None:
    plan = ImageryPlan(start="2010-01-01", end="2010-02-01")

    assert looks.scene_table(local(), plan, PLACE) == ()
    with pytest.raises(DateError):
        find_scenes(local(), plan, PLACE)


def test_main_source_is_the_plan_in_the_form_of_a_source() -> None:
    plan = ImageryPlan(bands=("B4",), indices=("NDVI",), composite="percentile", percentile=10)

    source = main_source(plan)

    assert (source.collection, source.bands, source.indices) == (S2, ("B4",), ("NDVI",))
    assert (source.composite, source.percentile, source.mask_clouds) == ("percentile", 10, True)
