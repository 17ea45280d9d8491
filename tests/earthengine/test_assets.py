from pathlib import Path

import pytest

from lib.core.errors import NotFoundError, RasterError, ServiceError, VectorError
from lib.earthengine import assets
from lib.earthengine.connection import local, over_http
from tests.earthengine.scene import BANDS, CRS, SHAPE, TRANSFORM, Scene


def test_assets_are_listed_by_kind(scene: Scene) -> None:
    images = {facts.id for facts in assets.list_images(scene.earth)}
    assert {"projects/local/assets/image", "projects/local/assets/labels"} <= images
    tables = {facts.name for facts in assets.list_tables(scene.earth)}
    assert {"points", "polygons"} <= tables
    assert not {"image", "labels"} & tables


def test_assets_of_a_new_home_are_none() -> None:
    assert assets.list_assets(local()) == ()


def test_facts_of_an_image_are_the_files(scene: Scene) -> None:
    facts = assets.asset_facts(scene.earth, scene.image)

    assert (facts.bands, facts.crs, facts.shape) == (BANDS, CRS, SHAPE)
    assert facts.transform == tuple(TRANSFORM)[:6]
    assert facts.resolution_m == 20.0


def test_extent_is_the_outline_of_the_raster(scene: Scene) -> None:
    area = assets.extent(scene.earth, scene.image)

    # 30 x 40 pixels of 20 m; UTM's scale is 0.9996 at the middle of the zone and 1.0001 here.
    assert area.area_ha == pytest.approx(30 * 40 * 0.04, rel=2e-3)


def test_columns_of_a_table_are_the_files(scene: Scene) -> None:
    assert set(assets.table_facts(scene.earth, scene.polygons).columns) == {"code", "cover"}


def test_asset_that_is_not_there_is_named(scene: Scene) -> None:
    with pytest.raises(NotFoundError, match="projects/local/assets/nothing"):
        assets.asset_facts(scene.earth, "projects/local/assets/nothing")


def test_file_that_is_no_raster_is_refused_with_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"no raster")

    with pytest.raises(RasterError) as caught:
        assets.import_raster(local(), broken, "broken")
    assert "broken.tif" in caught.value.message
    assert caught.value.field == "upload"
    assert assets.list_assets(local()) == ()


def test_file_that_is_no_table_is_refused_with_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.geojson"
    broken.write_text("{}")

    with pytest.raises(VectorError, match=r"broken\.geojson"):
        assets.import_features(local(), broken, "broken")


def test_name_that_is_taken_is_refused_unless_it_may_be_replaced(
    scene: Scene, tmp_path: Path
) -> None:
    table = tmp_path / "places.csv"
    table.write_text("lon,lat,kind\n12.0,48.0,a\n")
    assert assets.import_features(local(), table, "places") == "projects/local/assets/places"

    with pytest.raises(VectorError, match="already an asset"):
        assets.import_features(local(), table, "places")
    assets.import_features(local(), table, "places", overwrite=True)


def test_connection_that_takes_no_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="takes no files from here"):
        assets.import_raster(over_http("http://127.0.0.1:1"), tmp_path / "a.tif", "a")
