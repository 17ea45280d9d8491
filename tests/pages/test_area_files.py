"""The area of interest from files of every kind, uploaded on the page, and from bad ones."""

import geopandas
import numpy as np
import pytest
import shapely

from lib.core.imagery_plan import ImageryPlan
from lib.core.vectors.area import MAX_VERTICES
from lib.core.vectors.placing import SWAPPED_NOTE
from lib.workflow.project import Workspace, new_workspace, open_workspace
from tests.core.vectors.made import (
    KML,
    SQUARE,
    archive,
    bomb,
    feature,
    geojson,
    geopackage,
    shapefile,
)
from tests.pages.drawn import labelled
from tests.pages.shown import button, visit

pytestmark = pytest.mark.slow

BOTH = (15.0, 47.0, 15.3, 47.3)
"""Bounds of the two fields in the files that tests make."""


@pytest.fixture
def workspace() -> Workspace:
    """A project without an area, with pixels so large that the files' areas are allowed."""
    made = new_workspace()
    made.change(imagery=ImageryPlan(start="2021-06-01", end="2021-06-15", scale_m=60.0))
    return made


@pytest.fixture
def app(workspace):
    """Its imagery page."""
    return visit("imagery", workspace.id)


def use(app, name: str, data: bytes):
    """Upload a file as the area, and use it."""
    upload = labelled(app.get("file_uploader"), "Vector file")
    upload.upload(name, data, "application/octet-stream").run()
    return button(app, "Use this file").click().run()


def area_of(workspace: Workspace):
    """The area as it was saved."""
    return open_workspace(workspace.id).project.aoi


def told(items) -> str:
    """The text of elements as people read it."""
    return "\n".join(item.value for item in items).replace("\\", "")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633"])
def test_zipped_shapefile_becomes_the_area(crs, workspace, app, tmp_path):
    app = use(app, "fields.zip", archive(shapefile(tmp_path, crs=crs)))

    assert told(app.error) == ""
    aoi = area_of(workspace)
    assert aoi.bounds == pytest.approx(BOTH, abs=1e-5)
    assert aoi.geometry["type"] == "MultiPolygon"


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_geopackage_becomes_the_area(crs, workspace, app, tmp_path):
    app = use(app, "fields.gpkg", geopackage(tmp_path, crs=crs))

    assert told(app.error) == ""
    assert area_of(workspace).bounds == pytest.approx(BOTH, abs=1e-5)


def test_kml_and_kmz_become_the_area_without_their_points(workspace, app):
    text = KML.format(doctype="")
    app = use(app, "fields.kml", text.encode())
    assert area_of(workspace).bounds == SQUARE.bounds
    assert "1 point or line was left out." in told(app.info)
    workspace.change(aoi=None)

    use(visit("imagery", workspace.id), "fields.kmz", archive({"doc.kml": text}))

    assert area_of(workspace).bounds == SQUARE.bounds


def test_layer_of_several_is_asked_for_and_used(workspace, app, tmp_path):
    app = use(app, "two.gpkg", geopackage(tmp_path, layers=("fields", "forests")))
    assert "2 layers with geometries: fields, forests" in told(app.error)
    app.run()

    labelled(app.text_input, "Layer").set_value("forests")
    button(app, "Use this file").click().run()

    assert area_of(workspace).bounds == pytest.approx(BOTH)


def test_shapefile_without_its_index_becomes_the_area_and_says_so(workspace, app, tmp_path):
    app = use(app, "fields.zip", archive(shapefile(tmp_path, without=(".shx",))))

    assert "“fields” has no .shx; its index was made anew from the .shp." in told(app.info)
    assert area_of(workspace).bounds == pytest.approx(BOTH)


def test_shapefile_without_its_coordinate_system_is_refused(workspace, app, tmp_path):
    app = use(app, "fields.zip", archive(shapefile(tmp_path, without=(".prj",))))

    assert "has no .prj, so nobody can tell its coordinate system." in told(app.error)
    assert "Add fields.prj to the archive" in told(app.error)
    assert area_of(workspace) is None


def mars() -> bytes:
    """A square in the coordinates of Mars."""
    crs = {"type": "name", "properties": {"name": "ESRI:104905"}}
    return geojson(feature(SQUARE), crs=crs)


REFUSED = {
    "bomb.zip": (bomb, "would unpack to 31 MB"),
    "up.zip": (lambda: archive({"../a.shp": b"x"}), "“../a.shp”, a path that leads outside"),
    "none.zip": (lambda: archive({"a.txt": b"x"}), "holds no shapefile"),
    "entities.kml": (
        lambda: KML.format(doctype='<!DOCTYPE k [<!ENTITY a "a">]>').encode(),
        "declares XML entities",
    ),
    "fake.gpkg": (lambda: archive({"a": b""}), "a GeoPackage and holds a zip archive"),
    "fake.geojson": (lambda: b"\x89PNG\r\n\x1a\n", "GeoJSON and holds a PNG picture"),
    "mars.geojson": (mars, "cannot be turned into longitude and latitude on the Earth"),
    "points.geojson": (lambda: geojson(feature(shapely.Point(15, 47))), "has no surface"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_file_that_is_no_area_is_refused_with_its_reason(name, workspace, app):
    make, reason = REFUSED[name]

    app = use(app, name, make())

    assert not app.exception
    assert reason in told(app.error)
    assert area_of(workspace) is None


def test_latitude_before_longitude_is_exchanged_and_said(workspace, app):
    app = use(app, "swapped.geojson", geojson(feature(shapely.box(-33.02, 150.0, -33.0, 150.02))))

    assert SWAPPED_NOTE in told(app.info)
    assert area_of(workspace).bounds == (150.0, -33.02, 150.02, -33.0)


def test_outline_of_a_million_corners_is_simplified_and_said(workspace, app, tmp_path):
    angle = np.linspace(0, 2 * np.pi, 1_000_000)
    radius = 0.1 * (1 + 0.02 * np.sin(2000 * angle))
    ring = np.column_stack([15 + radius * np.cos(angle), 47 + radius * np.sin(angle)])
    frame = geopandas.GeoDataFrame(geometry=[shapely.Polygon(ring)], crs="EPSG:4326")
    frame.to_file(tmp_path / "coast.gpkg")

    app = use(app, "coast.gpkg", (tmp_path / "coast.gpkg").read_bytes())

    assert "corners and was simplified to" in told(app.info)
    assert shapely.get_num_coordinates(area_of(workspace).shape) <= MAX_VERTICES
