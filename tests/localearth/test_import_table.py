"""Vector files become tables in longitude and latitude, or are refused with the reason."""

import json
import zipfile

import geopandas
import pytest
import shapely

from lib.localearth.assets import Assets
from lib.localearth.errors import EarthError
from lib.localearth.importing import import_file

SQUARE = shapely.box(15.0, 47.0, 15.1, 47.1)


def table(home, path):
    import_file(path, name="t", home=home)
    return Assets(home).open("projects/local/assets/t").value.elements


def frame(crs="EPSG:4326"):
    columns = {"name": ["a", "b"], "class": [3, 1], "share": [0.5, None], "yes": [True, False]}
    shapes = [SQUARE, shapely.Point(15.2, 47.2)]
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_crs(crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633", "EPSG:3857", "EPSG:31467"])
def test_import_when_geopackage_is_projected_gives_degrees(crs, tmp_path, home):
    """31467 counts northings first; 1e-5 degrees are about a metre (datum shifts by pyproj)."""
    frame(crs).to_file(tmp_path / "x.gpkg")

    first, second = table(home, tmp_path / "x.gpkg")

    assert first.geometry.crs == "EPSG:4326"
    assert first.geometry.shape.bounds == pytest.approx(SQUARE.bounds, abs=1e-5)
    assert second.geometry.shape.coords[0] == pytest.approx((15.2, 47.2), abs=1e-5)


def test_import_when_columns_have_types_keeps_them(tmp_path, home):
    frame().to_file(tmp_path / "x.gpkg")

    first, second = table(home, tmp_path / "x.gpkg")

    index = {"system:index": f"{0:020d}"}
    assert first.properties == {"name": "a", "class": 3, "share": 0.5, "yes": 1} | index
    assert "share" not in second.properties
    columns = Assets(home).describe("t")["columns"]
    assert columns == {"name": "String", "class": "Integer", "share": "Float", "yes": "Integer"}


def test_import_when_integers_have_gaps_they_stay_integers(tmp_path, home):
    rows = [{"type": "Feature", "geometry": None, "properties": {"n": n}} for n in (1, None, 3)]
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))

    features = table(home, path)

    assert [feature.properties.get("n") for feature in features] == [1, None, 3]
    assert [feature.geometry for feature in features] == [None, None, None]


def test_import_when_shapefile_is_zipped_reads_it(tmp_path, home):
    frame("EPSG:32633").iloc[:1].to_file(tmp_path / "x.shp")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for part in tmp_path.glob("x.*"):
            if part.suffix != ".zip":
                archive.write(part, f"data/{part.name}")
        archive.writestr("__MACOSX/data/._x.shp", "shadow")

    (feature,) = table(home, tmp_path / "x.zip")

    assert feature.geometry.shape.bounds == pytest.approx(SQUARE.bounds, abs=1e-5)
    assert feature.properties["class"] == 3


def test_import_when_csv_has_lon_and_lat_makes_points(tmp_path, home):
    path = tmp_path / "x.csv"
    path.write_text("Lat,Lon,class,note\n47.5,15.5,2,\n47.6,15.6,3,wet\n")

    first, second = table(home, path)

    assert first.geometry.shape.equals(shapely.Point(15.5, 47.5))
    assert first.properties == {"class": 2, "system:index": f"{0:020d}"}
    assert second.properties["note"] == "wet"


def test_import_when_csv_has_empty_rows_and_places_skips_or_keeps_them(tmp_path, home):
    path = tmp_path / "x.csv"
    path.write_text("lat,lon,class\n47.5,15.5,2\n,,\n,,3\n")

    first, second = table(home, path)

    assert first.geometry.shape.equals(shapely.Point(15.5, 47.5))
    assert second.geometry is None
    assert second.properties["class"] == 3


@pytest.mark.parametrize("text", [SQUARE.wkt, shapely.to_geojson(SQUARE)], ids=["WKT", "GeoJSON"])
def test_import_when_csv_has_a_geometry_column_reads_it(text, tmp_path, home):
    import csv

    path = tmp_path / "x.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["geometry", "n"], [text, "1"]])

    (feature,) = table(home, path)

    assert feature.geometry.shape.equals(SQUARE)
    assert feature.properties["n"] == 1


def test_import_when_polygons_cross_themselves_repairs_and_says_so(tmp_path, home):
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    path = tmp_path / "x.geojson"
    path.write_text(shapely.to_geojson(bow))

    imported = import_file(path, name="t", home=home)

    assert imported.notes == ("1 invalid geometries were repaired.",)


def refused_files(folder):
    frame().iloc[:1].to_file(folder / "good.gpkg")
    frame().iloc[:1].set_crs(None, allow_override=True).to_file(folder / "placeless.gpkg")
    (folder / "bad.geojson").write_text("{not json")
    (folder / "empty.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (folder / "far.csv").write_text("lon,lat\n500000,5300000\n")
    (folder / "words.csv").write_text("lon,lat\nhere,there\n")
    (folder / "nowhere.csv").write_text("a,b\n1,2\n")
    (folder / "fake.gpkg").write_bytes(b"<OGRVRTDataSource></OGRVRTDataSource>")
    (folder / "fake.zip").write_bytes(b"nothing")
    (folder / "swapped.csv").write_text("lon,lat\n47.5,-115.5\n47.6,-115.6\n")
    (folder / "deep.geojson").write_text('{"type":' * 100_000)
    (folder / "fake.geojson").write_bytes(b"\x89PNG\r\n")
    (folder / "binary.csv").write_bytes(b"\xff\xfe\0\1")
    refused_archives(folder)


def refused_archives(folder):
    shapefile = ("a.shp", "a.shx", "a.dbf", "a.prj")
    members = {
        "none.zip": {"a.txt": "x"},
        "two.zip": dict.fromkeys((*shapefile, "b.shp"), "x"),
        "bomb.zip": {"a.shp": "0" * (30 * 2**20)},
        "outside.zip": {"../a.shp": "x"},
        "root.zip": {"/etc/a.shp": "x"},
        "no_shx.zip": dict.fromkeys(("a.shp", "a.dbf", "a.prj"), "x"),
        "no_prj.zip": dict.fromkeys(("a.shp", "a.dbf", "a.shx"), "x"),
        "empty_parts.zip": dict.fromkeys(shapefile, ""),
    }
    for name, files in members.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, content in files.items():
                archive.writestr(file, content)


REFUSED = {
    "placeless.gpkg": "no coordinate reference system",
    "bad.geojson": "not a GeoJSON file that can be read",
    "empty.geojson": "has no features",
    "far.csv": "coordinates such as 500000, 5.3e\\+06 that are not longitude and latitude",
    "words.csv": "line 2: 'here', 'there' are not a longitude and a latitude",
    "nowhere.csv": "no columns that tell where its rows are.*Columns: a, b",
    "fake.gpkg": "is not a GeoPackage",
    "fake.zip": "is not a zip archive",
    "none.zip": "must hold one shapefile; it holds 0",
    "two.zip": "must hold one shapefile; it holds 2",
    "bomb.zip": "too large when it is unpacked: 30 MB",
    "outside.zip": r"holds '\.\./a\.shp', a path that leads outside",
    "root.zip": "holds '/etc/a.shp', a path that leads outside",
    "no_shx.zip": "lacks 'a.shx', the index of its shapes",
    "no_prj.zip": "lacks 'a.prj', its coordinate system",
    "empty_parts.zip": "cannot be read",
    "swapped.csv": "latitude and longitude are swapped",
    "deep.geojson": "not a GeoJSON file that can be read",
    "fake.geojson": "not a GeoJSON file that can be read",
    "binary.csv": "not a CSV file in UTF-8",
    "missing.gpkg": "There is no file",
}


@pytest.mark.parametrize(("file", "reason"), REFUSED.items(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_import_when_a_file_cannot_be_used_tells_the_reason(file, reason, tmp_path, home):
    refused_files(tmp_path)

    with pytest.raises(EarthError, match=reason):
        import_file(tmp_path / file, name="t", home=home)


def test_import_when_real_polygons_come_keeps_order_and_classes(shared_data, home):
    """36 polygons of 4 classes, as the data's README tells."""
    features = table(home, shared_data / "scenes" / "landsat5_para" / "polygons.gpkg")

    assert len(features) == 36
    classes = {value for feature in features for value in feature.properties.values()}
    assert {"cleared", "fallen_dry", "forest", "water"} <= classes
    indices = [int(feature.properties["system:index"]) for feature in features]
    assert indices == list(range(36))
