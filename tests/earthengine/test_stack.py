import numpy as np
import pytest

from lib.core.errors import PlanError
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.earthengine.stack import predictor_names, stack_names, step_days, unstack, windows
from tests.earthengine.observed import S1, S2, SRTM

SMALL = {"bands": ("B4", "B8"), "indices": ("NDVI",)}
SERIES = ImageryPlan(
    form="series", start="2024-06-01", end="2024-08-05", window_days=30, bands=("B4",), indices=()
)


def test_names_are_bands_indices_sources_terrain_texture_and_formulas() -> None:
    plan = ImageryPlan(
        **SMALL,
        sources=(SourcePlan(S1, ("VV",)),),
        terrain=("slope",),
        texture=("NDVI", "VV"),
        formulas=(FormulaPlan("mine", "B8 - B4"),),
    )

    assert predictor_names(plan) == (
        *("B4", "B8", "NDVI", "VV", "slope"),
        *("NDVI_mean", "NDVI_sd", "VV_mean", "VV_sd", "mine"),
    )


def test_name_that_is_taken_gets_the_code_of_its_collection_and_then_a_number() -> None:
    again = SourcePlan(S2, ("B4",), composite="percentile")
    height = SourcePlan(SRTM, ("elevation",))
    plan = ImageryPlan(**SMALL, sources=(again, again, height), terrain=("elevation",))

    assert predictor_names(plan) == (
        *("B4", "B8", "NDVI", "s2_B4", "s2_2_B4", "elevation", "terrain_elevation"),
    )


def test_harmonics_name_a_mean_and_pairs_of_each_band_and_index() -> None:
    plan = ImageryPlan(bands=("B4",), indices=("NDVI",), harmonics=2)

    assert predictor_names(plan) == (
        *("B4_mean", "B4_cos1", "B4_sin1", "B4_cos2", "B4_sin2"),
        *("NDVI_mean", "NDVI_cos1", "NDVI_sin1", "NDVI_cos2", "NDVI_sin2"),
    )


def test_windows_follow_one_another_and_the_last_ends_with_the_plan() -> None:
    assert windows(SERIES) == (
        ("2024-06-01", "2024-07-01"),
        ("2024-07-01", "2024-07-31"),
        ("2024-07-31", "2024-08-05"),
    )
    assert step_days(SERIES) == ("2024-06-01", "2024-07-01", "2024-07-31")
    assert step_days(ImageryPlan()) == ()


def test_bands_of_a_series_are_windows_of_predictors_and_then_validity() -> None:
    assert stack_names(SERIES) == (
        *("t00_B4", "t01_B4", "t02_B4", "t00_valid", "t01_valid", "t02_valid"),
    )


def test_bands_of_pixels_and_patches_are_the_predictors() -> None:
    for form in ("pixel", "patch"):
        assert stack_names(ImageryPlan(**SMALL, form=form)) == ("B4", "B8", "NDVI")


def test_unstack_of_a_series_gives_time_by_predictors_and_validity() -> None:
    plan = ImageryPlan(
        form="series", start="2024-06-01", end="2024-07-31", bands=("B4", "B8"), indices=()
    )
    flat = np.array([[1, 2, 3, 4, 1, 0]], np.float32)

    values, valid = unstack(plan, flat)

    assert values.dtype == np.float32
    assert values.tolist() == [[[1, 2], [3, 4]]]
    assert valid is not None
    assert valid.tolist() == [[True, False]]


def test_unstack_of_pixels_leaves_values_as_they_are() -> None:
    flat = np.arange(6.0).reshape(2, 3)

    values, valid = unstack(ImageryPlan(**SMALL), flat)

    assert values is flat
    assert valid is None


def test_texture_of_an_unknown_predictor_is_refused() -> None:
    with pytest.raises(PlanError, match="no predictor “B5”") as caught:
        predictor_names(ImageryPlan(**SMALL, texture=("B5",)))
    assert caught.value.field == "texture"
    assert "B4, B8, NDVI" in caught.value.hint


def test_two_predictors_of_one_name_are_refused() -> None:
    with pytest.raises(PlanError, match="Two predictors are called “B4”") as caught:
        predictor_names(ImageryPlan(**SMALL, formulas=(FormulaPlan("B4", "B8"),)))
    assert caught.value.field == "formulas"


def test_more_bands_than_a_request_may_have_are_refused() -> None:
    plan = ImageryPlan(form="series", start="2020-01-01", end="2023-01-01", window_days=5)

    # 1,096 days are 220 windows of 8 predictors and a flag each.
    with pytest.raises(PlanError, match="makes 1,980 bands; a request may have 1,024"):
        stack_names(plan)
