"""Areas that come as files and assets, and their size beside the limit."""

import io
import json
import zipfile

import pytest

from lib.core.aoi import Aoi
from lib.core.errors import AoiError, NotFoundError, VectorError
from lib.workflow import area, samples
from lib.workflow.project import Workspace, new_workspace

WEST = [[12.40, 47.80], [12.41, 47.80], [12.41, 47.81], [12.40, 47.81], [12.40, 47.80]]
EAST = [[12.50, 47.80], [12.51, 47.80], [12.51, 47.81], [12.50, 47.81], [12.50, 47.80]]


def collection(*geometries: dict) -> bytes:
    """GeoJSON of features with a class."""
    features = [
        {"type": "Feature", "properties": {"class": f"c{number}"}, "geometry": geometry}
        for number, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def polygon(ring: list) -> dict:
    return {"type": "Polygon", "coordinates": [ring]}


TWO = collection(polygon(WEST), polygon(EAST))
KML = f"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>field</name><Polygon>
<outerBoundaryIs><LinearRing><coordinates>
{" ".join(f"{lon},{lat},0" for lon, lat in WEST)}
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>""".encode()


@pytest.fixture
def workspace() -> Workspace:
    return new_workspace()


def test_polygons_of_a_file_become_one_area_of_several_parts():
    found = area.from_upload("fields.geojson", TWO)

    assert found.aoi.geometry["type"] == "MultiPolygon"
    assert found.aoi.bounds == (12.40, 47.80, 12.51, 47.81)
    assert found.notes == ()


def test_kml_becomes_the_same_area_as_its_ring():
    found = area.from_upload("field.kml", KML)

    assert found.aoi.area_ha == pytest.approx(Aoi(polygon(WEST)).area_ha)


def test_points_beside_polygons_are_left_out_and_told():
    point = {"type": "Point", "coordinates": [12.4, 47.8]}

    found = area.from_upload("mixed.geojson", collection(polygon(WEST), point))

    assert found.aoi.bounds == (12.40, 47.80, 12.41, 47.81)
    assert found.notes == ("1 point or line was left out.",)


def test_archive_without_a_shapefile_is_refused_by_its_name():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("notes.txt", "nothing")

    with pytest.raises(VectorError, match=r"fields\.zip"):
        area.from_upload("fields.zip", archive.getvalue())


def test_table_asset_gives_all_its_polygons(workspace):
    asset = samples.import_features(workspace, "fields.geojson", TWO)

    found = area.from_asset(workspace, f" {asset} ")

    assert found.aoi.area_ha == pytest.approx(area.from_upload("a.json", TWO).aoi.area_ha, rel=1e-6)


def test_asset_that_is_not_there_is_refused_beside_its_control(workspace):
    with pytest.raises(NotFoundError) as caught:
        area.from_asset(workspace, "projects/local/assets/nothing")

    assert caught.value.field == "asset"


def test_table_of_the_public_catalogue_is_refused_by_name_on_local_earth(workspace):
    with pytest.raises(NotFoundError, match="FAO/GAUL/2015/level0") as caught:
        area.from_asset(workspace, "FAO/GAUL/2015/level0")

    assert "COPERNICUS/S2_SR_HARMONIZED" in caught.value.hint


def test_asset_without_a_name_is_refused(workspace):
    with pytest.raises(AoiError, match="No asset is named"):
        area.from_asset(workspace, "  ")


def test_area_above_the_limit_is_refused_and_changes_nothing(workspace):
    workspace.change(aoi=Aoi(polygon(WEST)))

    with pytest.raises(AoiError, match="up to 4,000,000 are mapped at once"):
        area.choose_aoi(workspace, Aoi.from_bounds(7.0, 47.0, 8.0, 48.0))

    assert workspace.project.aoi == Aoi(polygon(WEST))
