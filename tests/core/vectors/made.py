"""Vector files made in tests: whole ones, and ones that nobody should unpack."""

import io
import json
import struct
import zipfile

import geopandas
import shapely

SQUARE = shapely.box(15.0, 47.0, 15.1, 47.1)
KML = """<?xml version="1.0"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>fields</name><Placemark><name>A</name><ExtendedData><Data name="crop">
<value>wheat</value></Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>
15,47,3 15.1,47,3 15.1,47.1,3 15,47.1,3 15,47,3</coordinates></LinearRing></outerBoundaryIs>
</Polygon></Placemark></Folder>
<Folder><name>points</name><Placemark><name>B</name><Point><coordinates>15.2,47.2</coordinates>
</Point></Placemark></Folder></Document></kml>"""


def frame(crs="EPSG:4326"):
    columns = {"name": ["a", "b"], "class": [3, 1], "share": [0.5, None], "yes": [True, False]}
    shapes = [SQUARE, shapely.box(15.2, 47.2, 15.3, 47.3)]
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_crs(crs)


def geojson(*features, **extra):
    return json.dumps({"type": "FeatureCollection", "features": features, **extra}).encode()


def feature(shape, **properties):
    geometry = None if shape is None else shapely.geometry.mapping(shape)
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def archive(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in members.items():
            file.writestr(path, content)
    return buffer.getvalue()


def shapefile(folder, *, crs="EPSG:4326", without=(), name="fields"):
    frame(crs).to_file(folder / f"{name}.shp")
    parts = {p.name: p.read_bytes() for p in sorted(folder.glob(f"{name}.*"))}
    return {path: data for path, data in parts.items() if not path.endswith(tuple(without))}


def geopackage(folder, layers=("fields",), crs="EPSG:4326"):
    for layer in layers:
        frame(crs).to_file(folder / "x.gpkg", layer=layer)
    return (folder / "x.gpkg").read_bytes()


def lying_zip(declared):
    """A zip whose directory declares another size than its entry has."""
    data = bytearray(archive({"a.shp": b"0" * 1000}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", declared)
    return bytes(data)


def encrypted_zip():
    data = bytearray(archive({"a.shp": b"abc"}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def bomb():
    """30 MB of zeros in some 30 kB."""
    return archive({"a.shp": b"\0" * (30 * 2**20)})
