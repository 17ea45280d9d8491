"""Uploaded vector files become features in longitude and latitude, or are refused."""

import zlib

import numpy as np
import pytest
import shapely

from lib.core.errors import VectorError
from lib.core.vectors.archives import MAX_UNPACKED
from lib.core.vectors.placing import MAYBE_SWAPPED_NOTE, SWAPPED_NOTE
from lib.core.vectors.reading import read_vectors, to_geojson
from tests.core.vectors.made import (
    KML,
    SQUARE,
    archive,
    bomb,
    encrypted_zip,
    feature,
    frame,
    geojson,
    geopackage,
    lying_zip,
    shapefile,
)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633", "EPSG:3857", "EPSG:31467"])
def test_read_when_a_geopackage_is_projected_gives_degrees(crs, tmp_path):
    """31467 counts northings first; 1e-5 degrees are about a metre (datum shifts by PROJ)."""
    vectors = read_vectors("x.gpkg", geopackage(tmp_path, crs=crs))

    assert shapely.bounds(vectors.geometries[0]) == pytest.approx(SQUARE.bounds, abs=1e-5)
    assert vectors.columns["class"].tolist() == [3, 1]
    assert vectors.columns["yes"].tolist() == [1, 0]
    assert vectors.notes == ()


def test_read_when_layers_are_several_asks_for_one_by_name(tmp_path):
    data = geopackage(tmp_path, layers=("fields", "forests"))

    with pytest.raises(VectorError, match="2 layers with geometries: fields, forests") as caught:
        read_vectors("x.gpkg", data)
    assert caught.value.field == "layer"
    assert len(read_vectors("x.gpkg", data, layer="forests")) == 2
    with pytest.raises(VectorError, match=r"no layer “roads”.*It has fields, forests"):
        read_vectors("x.gpkg", data, layer="roads")


def test_read_when_a_shapefile_is_whole_gives_its_features_and_no_notes(tmp_path):
    data = archive(shapefile(tmp_path, crs="EPSG:32633"))

    vectors = read_vectors("x.zip", data)

    assert vectors.bounds == pytest.approx((15.0, 47.0, 15.3, 47.3), abs=1e-6)
    assert vectors.columns["name"].tolist() == ["a", "b"]
    assert vectors.notes == ()


def test_read_when_shx_is_missing_makes_it_anew_and_says_so(tmp_path):
    whole = shapefile(tmp_path)
    lacking = {path: data for path, data in whole.items() if not path.endswith(".shx")}

    vectors = read_vectors("x.zip", archive(lacking))

    assert vectors.notes == ("“fields” has no .shx; its index was made anew from the .shp.",)
    expected = read_vectors("x.zip", archive(whole))
    assert shapely.equals(vectors.geometries, expected.geometries).all()


def test_read_when_mac_shadows_and_folders_are_in_the_zip_ignores_them(tmp_path):
    parts = {f"data/{path}": data for path, data in shapefile(tmp_path).items()}
    shadows = {"__MACOSX/data/._fields.shp": b"x", "readme.txt": b"x"}

    assert len(read_vectors("x.zip", archive(parts | shadows))) == 2


def test_read_when_zip_holds_two_shapefiles_asks_for_one(tmp_path):
    parts = shapefile(tmp_path) | shapefile(tmp_path, name="roads")

    with pytest.raises(VectorError, match="2 layers with geometries: fields, roads"):
        read_vectors("x.zip", archive(parts))
    assert len(read_vectors("x.zip", archive(parts), layer="roads")) == 2


def test_read_when_kml_has_folders_reads_all_and_names_them():
    vectors = read_vectors("x.kml", KML.format(doctype="").encode())

    assert vectors.columns["Name"].tolist() == ["A", "B"]
    assert vectors.columns["folder"].tolist() == ["fields", "points"]
    assert vectors.columns["crop"].tolist()[0] == "wheat"
    assert not shapely.has_z(vectors.geometries).any()
    assert vectors.geometries[0].bounds == SQUARE.bounds


def test_read_when_kmz_holds_one_kml_reads_it():
    data = archive({"doc.kml": KML.format(doctype=""), "images/a.png": b"\x89PNG"})

    assert len(read_vectors("x.kmz", data)) == 2


ENTITIES = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
UTF16 = KML.format(doctype=ENTITIES).replace('"1.0"?', '"1.0" encoding="UTF-16"?')


@pytest.mark.parametrize(
    "data",
    [
        KML.format(doctype=ENTITIES).encode(),
        KML.format(doctype='<!doctype kml SYSTEM "file:///etc/passwd">').encode(),
        UTF16.encode("utf-16"),
    ],
    ids=["entities", "external", "UTF-16"],
)
def test_read_when_kml_declares_entities_refuses(data):
    with pytest.raises(VectorError, match="declares XML entities"):
        read_vectors("x.kml", data)


def test_read_when_csv_has_lon_and_lat_makes_points():
    data = b"Lat,Lon,class,note\n47.5,15.5,2,\n47.6,15.6,3,wet\n"

    vectors = read_vectors("x.csv", data)

    assert shapely.get_coordinates(vectors.geometries).tolist() == [[15.5, 47.5], [15.6, 47.6]]
    assert vectors.columns["class"].tolist() == [2, 3]


def test_read_when_csv_is_german_reads_semicolons_decimal_commas_and_umlauts():
    data = "Länge;lon;lat\nBäche;15,5;47,5\nSee;15,6;47,6\n".encode("cp1252")

    vectors = read_vectors("x.csv", data)

    assert vectors.bounds == (15.5, 47.5, 15.6, 47.6)
    assert vectors.columns["Länge"].tolist() == ["Bäche", "See"]
    assert "Windows-1252" in vectors.notes[0]
    assert vectors.notes[1] == "Decimal commas were read as points in “lon”, “lat”."


@pytest.mark.parametrize("text", [SQUARE.wkt, shapely.to_geojson(SQUARE)], ids=["WKT", "GeoJSON"])
def test_read_when_csv_has_a_geometry_column_reads_it(text):
    quoted = text.replace('"', '""')

    vectors = read_vectors("x.csv", f'geometry,n\n"{quoted}",1\n'.encode())

    assert vectors.geometries[0].equals(SQUARE)


def test_read_when_latitudes_are_beyond_90_exchanges_them_and_says_so():
    vectors = read_vectors("x.csv", b"lon,lat\n47.5,-115.5\n47.6,-115.6\n")

    assert vectors.bounds == (-115.6, 47.5, -115.5, 47.6)
    assert vectors.notes == (SWAPPED_NOTE,)


def test_read_when_geojson_has_latitude_first_exchanges_it():
    box = shapely.box(-33.0, 150.0, -32.0, 151.0)

    vectors = read_vectors("x.geojson", geojson(feature(box)))

    assert vectors.bounds == (150.0, -33.0, 151.0, -32.0)
    assert vectors.notes == (SWAPPED_NOTE,)


def test_read_when_a_swap_is_only_likely_leaves_it_and_says_so():
    vectors = read_vectors("x.csv", b"lon,lat\n10.5,86.1\n10.6,85.2\n")

    assert vectors.bounds == (10.5, 85.2, 10.6, 86.1)
    assert vectors.notes == (MAYBE_SWAPPED_NOTE,)


def test_read_when_single_rows_are_off_the_earth_or_empty_leaves_them_out_and_counts_them():
    data = b"lon,lat,n\n15.5,47.5,1\n1e6,47.5,2\n,,3\n15.6,47.6,4\n15.7,47.7,5\n,,\n"

    vectors = read_vectors("x.csv", data)

    assert vectors.columns["n"].tolist() == [1, 4, 5]
    assert vectors.notes == (
        "1 row lies outside of the Earth: left out.",
        "2 rows without a geometry: left out.",
    )


def test_read_when_geometries_are_empty_or_crossed_drops_or_repairs_and_says_so():
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    empty = {"type": "MultiPoint", "coordinates": []}
    rows = [feature(bow, n=1), feature(None, n=2), {"type": "Feature", "geometry": empty}]

    vectors = read_vectors("x.geojson", geojson(*rows))

    assert vectors.columns["n"].tolist() == [1]
    assert vectors.geometries[0].area == pytest.approx(0.5)
    assert vectors.notes == (
        "1 outline crossing itself: repaired.",
        "2 rows without a geometry: left out.",
    )


def test_read_when_geojson_names_a_crs_heeds_it():
    moved = shapely.Point(500_000, 5_300_000)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}

    vectors = read_vectors("x.json", geojson(feature(moved), crs=crs))

    assert vectors.geometries[0].x == pytest.approx(15.0)


def test_to_geojson_when_read_again_gives_the_same_features(tmp_path):
    vectors = read_vectors("x.gpkg", geopackage(tmp_path))

    again = read_vectors("x.geojson", to_geojson(vectors))

    assert shapely.equals(again.geometries, vectors.geometries).all()
    assert again.columns["name"].tolist() == ["a", "b"]
    assert np.isnan(again.columns["share"][1])


def test_read_when_a_polygon_has_a_million_corners_reads_it():
    angle = np.linspace(0, 2 * np.pi, 1_000_000)
    ring = shapely.Polygon(np.column_stack([20 + np.cos(angle), 45 + np.sin(angle)]))
    csv = f'geometry\n"{shapely.to_wkt(ring, rounding_precision=7)}"\n'.encode()

    vectors = read_vectors("x.csv", csv)

    assert shapely.get_num_coordinates(vectors.geometries[0]) == 1_000_000


def test_read_when_points_are_real_gives_all_of_them(shared_data):
    """1,357 points of maize and other crops, as the data's README tells."""
    path = shared_data / "points" / "maize_nigeria" / "training-pts.csv"

    vectors = read_vectors(path.name, path.read_bytes())

    assert len(vectors) == 1357
    assert set(vectors.columns["class"]) == {0, 1}
    west, south, east, north = vectors.bounds
    assert 2 < west < east < 15
    assert 4 < south < north < 14


REFUSED = {
    "bomb.zip": (bomb, "would unpack to 31 MB"),
    "large.zip": (lambda: lying_zip(MAX_UNPACKED + 1), "would unpack to 524 MB"),
    "lying.zip": (lambda: lying_zip(10), "is damaged"),
    "locked.zip": (encrypted_zip, "is encrypted"),
    "up.zip": (lambda: archive({"../a.shp": b"x"}), "“../a.shp”, a path that leads outside"),
    "root.zip": (lambda: archive({"/etc/a.shp": b"x"}), "leads outside"),
    "drive.zip": (lambda: archive({"C:\\a.shp": b"x"}), "leads outside"),
    "none.zip": (lambda: archive({"a.txt": b"x"}), "holds no shapefile"),
    "cut.zip": (lambda: archive({"a.shp": b"x"})[:40], "is damaged"),
    "fake.zip": (lambda: b"nothing", "named as a zip archive and holds text"),
    "fake.gpkg": (lambda: archive({"a": b""}), "a GeoPackage and holds a zip archive"),
    "fake.kml": (lambda: b"<html></html>", "is XML and not KML"),
    "fake.geojson": (lambda: b"\x89PNG\r\n\x1a\n", "GeoJSON and holds a PNG picture"),
    "fake.csv": (lambda: b"%PDF-1.7", "CSV and holds a PDF"),
    "binary.csv": (lambda: b"a,b\n\0\1\2", "CSV and holds binary data"),
    "nothing.csv": (lambda: b"", "holds nothing"),
    "broken.gpkg": (lambda: b"SQLite format 3\0" + b"\0" * 900, "damaged or not of the kind"),
    "bad.geojson": (lambda: b"{not json", "not GeoJSON that can be read"),
    "topo.json": (lambda: b'{"type": "Topology", "objects": {}}', "not GeoJSON"),
    "deep.json": (lambda: b'{"type":' * 100_000, "not GeoJSON"),
    "empty.geojson": (lambda: geojson(), "no feature with a geometry"),
    "null.geojson": (lambda: geojson(feature(None, a=1)), "no feature with a geometry"),
    "metres.csv": (lambda: b"x,y\n500000,5300000\n", "500000, 5300000, which are not longitude"),
    "words.csv": (lambda: b"lon,lat\nhere,there\n", "holds “here”, which is no number"),
    "nowhere.csv": (lambda: b"a,b\n1,2\n", "no columns that tell where.*Columns: a, b"),
    "wkt.csv": (lambda: b"wkt,b\nPOINT,2\n", "neither WKT nor GeoJSON"),
    "head.csv": (lambda: b"lon,lat\n", "has no rows"),
    "mars.geojson": (
        lambda: geojson(
            feature(SQUARE), crs={"type": "name", "properties": {"name": "ESRI:104905"}}
        ),
        "cannot be turned into longitude and latitude on the Earth",
    ),
    "odd.geojson": (
        lambda: geojson(feature(SQUARE), crs={"type": "name", "properties": {"name": "EPSG:1"}}),
        "coordinate system that is not known: EPSG:1",
    ),
    "a.shp": (lambda: b"", "one part of a shapefile.*Zip .shp"),
    "a.xyz": (lambda: b"", "not of a kind that can be read.*Kinds: .geojson"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_read_when_a_file_cannot_be_used_tells_the_reason(name):
    make, reason = REFUSED[name]

    with pytest.raises(VectorError, match=reason) as caught:
        read_vectors(name, make())

    assert caught.value.hint
    assert caught.value.field


def test_read_when_prj_is_missing_refuses_with_its_name(tmp_path):
    parts = shapefile(tmp_path, without=(".prj",))

    with pytest.raises(VectorError, match=r"“fields” in “x.zip” has no .prj.*Add fields.prj"):
        read_vectors("x.zip", archive(parts))


def test_read_when_shp_is_cut_off_and_without_index_says_after_which_feature(tmp_path):
    parts = shapefile(tmp_path, without=(".shx",))
    parts["fields.shp"] = parts["fields.shp"][:-10]

    with pytest.raises(VectorError, match="damaged after 1 features"):
        read_vectors("x.zip", archive(parts))


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_read_when_a_geopackage_has_no_crs_refuses(tmp_path):
    frame().set_crs(None, allow_override=True).to_file(tmp_path / "x.gpkg")

    with pytest.raises(VectorError, match="coordinate system"):
        read_vectors("x.gpkg", (tmp_path / "x.gpkg").read_bytes())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    """Nothing is inflated: the sizes of the directory are enough."""
    data = bomb()
    monkeypatch.setattr(zlib, "decompressobj", None)

    with pytest.raises(VectorError, match="would unpack"):
        read_vectors("x.zip", data)
