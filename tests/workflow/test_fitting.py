"""Plans that stop fitting: what is lost is told, and nothing else is lost."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from lib.core.aoi import Aoi
from lib.core.errors import AoiError, NotFoundError, PlanError
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.workflow import fitting, imagery
from lib.workflow.project import Workspace, new_workspace

S1 = "COPERNICUS/S1_GRD"
L8 = "LANDSAT/LC08/C02/T1_L2"
EMBEDDING = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"
SRTM = "USGS/SRTMGL1_003"


@pytest.fixture
def workspace() -> Workspace:
    return new_workspace()


@pytest.fixture
def small_raster() -> bytes:
    """A GeoTIFF of two bands of 32 x 32 pixels of 10 m, in the UTM zone 32."""
    with rasterio.MemoryFile() as file:
        place = rasterio.Affine(10, 0, 500_000, 0, -10, 5_300_000)
        with file.open(
            driver="GTiff",
            width=32,
            height=32,
            count=2,
            dtype="uint16",
            crs="EPSG:32632",
            transform=place,
        ) as raster:
            raster.write(np.arange(2 * 32 * 32, dtype=np.uint16).reshape(2, 32, 32))
        return bytes(file.read())


def test_other_collection_keeps_bands_that_mean_the_same_and_names_what_it_lacks(workspace):
    plan = ImageryPlan(bands=("B4", "B5", "B8"), indices=("NDVI", "NDRE"))

    fitted = fitting.with_collection(workspace.connection, plan, L8)

    assert fitted.plan.bands == ("SR_B4", "SR_B5")
    assert fitted.plan.indices == ("NDVI",)
    assert any("B5" in note for note in fitted.notes)
    assert any("NDRE" in note for note in fitted.notes)


def test_other_collection_keeps_what_has_nothing_to_do_with_it(workspace):
    plan = ImageryPlan(
        sources=(SourcePlan(S1, ("VV",)),),
        terrain=("slope",),
        form="patch",
        patch_size=5,
        composite="mean",
        mask_clouds=False,
    )

    fitted = fitting.with_collection(workspace.connection, plan, L8)

    kept = ("sources", "terrain", "form", "patch_size", "composite", "mask_clouds", "start", "end")
    assert {name: getattr(fitted.plan, name) for name in kept} == {
        name: getattr(plan, name) for name in kept
    }
    assert fitted.plan.scale_m == 30.0
    assert fitted.notes == ()


def test_formula_and_texture_follow_the_band_that_they_mean(workspace):
    plan = ImageryPlan(
        bands=("B4", "B8"),
        indices=(),
        texture=("B8",),
        formulas=(FormulaPlan("ratio", "B8 / B4"),),
    )

    fitted = fitting.with_collection(workspace.connection, plan, L8)

    assert fitted.plan.texture == ("SR_B5",)
    assert fitted.plan.formulas == (FormulaPlan("ratio", "SR_B5 / SR_B4"),)
    assert fitted.notes == ()


def test_formula_without_its_bands_is_left_out_and_told(workspace):
    plan = ImageryPlan(formulas=(FormulaPlan("ratio", "B8 / B4"),))

    fitted = fitting.with_collection(workspace.connection, plan, S1)

    assert fitted.plan.bands == ("VV", "VH")
    assert fitted.plan.formulas == ()
    assert any("“ratio”" in note for note in fitted.notes)


def test_collection_that_was_a_further_source_is_the_main_one_only(workspace):
    plan = ImageryPlan(sources=(SourcePlan(S1, ("VV",)), SourcePlan(SRTM, ("elevation",))))

    fitted = fitting.with_collection(workspace.connection, plan, S1)

    assert [source.collection for source in fitted.plan.sources] == [SRTM]


def test_series_of_a_single_image_becomes_single_pixels(workspace):
    plan = ImageryPlan(form="series")

    fitted = fitting.with_collection(workspace.connection, plan, SRTM)

    assert fitted.plan.form == "pixel"
    assert "Samples are single pixels now: one image has no series of dates." in fitted.notes


def test_dates_before_a_collection_began_are_replaced_and_told(workspace):
    plan = ImageryPlan(
        collection=L8, bands=("SR_B4",), indices=(), start="2014-06-01", end="2014-09-01"
    )

    fitted = fitting.with_collection(workspace.connection, plan, "COPERNICUS/S2_SR_HARMONIZED")

    assert (fitted.plan.start, fitted.plan.end) == ("2021-06-01", "2021-09-01")
    assert any("2021-06-01" in note for note in fitted.notes)


def test_usual_indices_come_back_after_a_collection_that_has_none(workspace):
    radar = fitting.with_collection(workspace.connection, ImageryPlan(), S1).plan

    back = fitting.with_collection(workspace.connection, radar, "COPERNICUS/S2_SR_HARMONIZED").plan

    assert back.indices == ("NDVI", "NDWI")


def test_yearly_vectors_take_the_last_year_and_not_a_median(workspace):
    fitted = fitting.with_collection(workspace.connection, ImageryPlan(), EMBEDDING)

    assert fitted.plan.composite == "latest"
    assert len(fitted.plan.bands) == 64


def test_band_taken_out_takes_its_texture_and_no_formula_with_it(workspace):
    plan = ImageryPlan(texture=("B4", "B8"), formulas=(FormulaPlan("ratio", "B8 / B4"),))

    fitted = fitting.with_changes(workspace.connection, plan, bands=("B8",))

    assert fitted.plan.texture == ("B8",)
    assert fitted.plan.formulas == plan.formulas
    assert fitted.notes == ("The texture of B4 is left out: it is no predictor any more.",)


def test_index_taken_out_takes_the_formula_that_uses_it_along(workspace):
    plan = ImageryPlan(
        formulas=(FormulaPlan("double", "NDVI * 2"), FormulaPlan("more", "double + 1"))
    )

    fitted = fitting.with_changes(workspace.connection, plan, indices=())

    assert fitted.plan.formulas == ()
    assert len(fitted.notes) == 2


def test_patches_take_no_harmonic_terms(workspace):
    fitted = fitting.with_changes(workspace.connection, ImageryPlan(harmonics=2), form="patch")

    assert (fitted.plan.form, fitted.plan.harmonics) == ("patch", 0)
    assert len(fitted.notes) == 1


def test_own_raster_takes_nothing_of_the_simulated_planet_along(workspace, small_raster):
    asset = imagery.import_raster(workspace, "own.tif", small_raster)
    workspace.change(imagery=ImageryPlan(sources=(SourcePlan(S1, ("VV",)),), terrain=("slope",)))

    notes = imagery.use_raster(workspace, asset)

    plan = workspace.project.imagery
    assert (plan.collection, plan.sources, plan.terrain) == (asset, (), ())
    assert any("simulated planet" in note for note in notes)
    assert workspace.project.aoi is not None


def test_id_that_local_earth_lacks_is_refused_with_the_ids_that_it_has(workspace):
    with pytest.raises(NotFoundError, match="MODIS/061/MOD13Q1") as caught:
        imagery.choose_collection(workspace, "MODIS/061/MOD13Q1")

    assert S1 in caught.value.hint
    assert workspace.project.imagery == ImageryPlan()


def test_pixel_size_that_makes_the_area_too_large_is_refused_beside_its_control(workspace):
    workspace.change(aoi=Aoi.from_bounds(12.0, 47.8, 12.2, 47.9))

    with pytest.raises(AoiError, match="pixels of 1 m") as caught:
        imagery.change_plan(workspace, scale_m=1.0)

    assert caught.value.field == "scale_m"
    assert workspace.project.imagery.scale_m == 10.0


def test_formula_with_an_unknown_name_is_refused_with_the_names_that_there_are(workspace):
    with pytest.raises(PlanError, match="“B99”") as caught:
        imagery.check_formula(workspace, FormulaPlan("mine", "B99 * 2"))

    assert "B8A" in caught.value.hint


def test_formula_whose_name_is_taken_is_refused(workspace):
    with pytest.raises(PlanError, match="Two predictors are called “NDVI”"):
        imagery.check_formula(workspace, FormulaPlan("NDVI", "B8 * 2"))


def test_data_set_that_is_there_already_is_refused(workspace):
    workspace.change(imagery=replace(ImageryPlan(), sources=(SourcePlan(S1, ("VV",)),)))

    with pytest.raises(PlanError, match="one of the data sets already"):
        imagery.source_for(workspace, S1)


def test_further_data_set_starts_with_its_data_bands(workspace):
    assert imagery.source_for(workspace, S1).bands == ("VV", "VH")
    assert imagery.source_for(workspace, SRTM).bands == ("elevation",)


def test_preview_depends_on_the_scenes_and_not_on_the_predictors():
    plan = ImageryPlan()

    same = replace(plan, bands=("B4",), indices=(), terrain=("slope",), form="patch")
    other = replace(plan, composite="mean")

    assert imagery.seen_part(same) == imagery.seen_part(plan)
    assert imagery.seen_part(other) != imagery.seen_part(plan)
