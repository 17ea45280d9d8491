"""GeoTIFFs become assets with the same pixels, or are refused with the reason."""

import threading
import warnings

import numpy as np
import pytest
import rasterio
from affine import Affine

from lib.localearth.assets import Assets
from lib.localearth.errors import EarthError
from lib.localearth.import_raster import band_names
from lib.localearth.importing import import_file
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Reading

UTM = Affine(10, 0, 500_000, 0, -10, 5_300_000)


def write(path, bands, *, crs="EPSG:32633", transform=UTM, names=(), **profile):
    """Write bands `(n, h, w)` as a GeoTIFF."""
    bands = np.asarray(bands)
    count, height, width = bands.shape
    with (
        warnings.catch_warnings(),
        rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=count,
            dtype=bands.dtype, crs=crs, transform=transform, **profile,
        ) as dataset,
    ):  # fmt: skip
        dataset.write(bands)
        for number, name in enumerate(names, start=1):
            dataset.set_band_description(number, name)
    return path


def opened(home, name="a"):
    return Assets(home).open(f"projects/local/assets/{name}").value


def read(image, grid=None):
    band = image.bands[0]
    grid = grid or Grid(band.projection.crs, band.projection.transform, *band.dimensions)
    return image.planes(grid, Reading())


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
)
def test_import_when_dtype_is_plain_keeps_values_and_type(dtype, tmp_path, home):
    values = np.arange(2 * 7 * 5).reshape(2, 7, 5).astype(dtype)
    import_file(write(tmp_path / "x.tif", values), name="a", home=home)

    image = opened(home)

    assert image.names == ("B1", "B2")
    assert image.bands[0].type.dtype == dtype
    assert image.bands[0].dimensions == (5, 7)
    for plane, expected in zip(read(image), values, strict=True):
        assert plane.mask is None
        np.testing.assert_array_equal(plane.data, expected)


def test_import_when_nodata_is_set_masks_each_band_by_itself(tmp_path, home):
    values = np.array([[[0, 1, 2]], [[5, 0, 6]]], np.uint8)
    import_file(write(tmp_path / "x.tif", values, nodata=0), name="a", home=home)

    first, second = read(opened(home))

    assert first.valid.tolist() == [[False, True, True]]
    assert second.valid.tolist() == [[True, False, True]]


def test_import_when_floats_hold_nan_masks_them_without_nodata(tmp_path, home):
    values = np.array([[[1.5, np.nan, np.inf]]], np.float32)
    import_file(write(tmp_path / "x.tif", values), name="a", home=home)

    (plane,) = read(opened(home))

    assert plane.valid.tolist() == [[True, False, False]]
    assert plane.data[0, 0] == 1.5


def test_import_when_there_is_alpha_makes_it_the_mask_of_all_bands(tmp_path, home):
    values = np.array([[[9, 9, 9]], [[0, 51, 255]]], np.uint8)
    path = write(tmp_path / "x.tif", values)
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [rasterio.enums.ColorInterp.gray, rasterio.enums.ColorInterp.alpha]
    import_file(path, name="a", home=home)

    image = opened(home)
    (plane,) = read(image)

    assert image.names == ("B1",)
    np.testing.assert_allclose(plane.weights, [[0.0, 0.2, 1.0]], rtol=1e-6)


def test_import_when_there_is_an_internal_mask_keeps_it(tmp_path, home):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = write(tmp_path / "x.tif", np.full((2, 1, 3), 7, np.uint8))
        with rasterio.open(path, "r+") as dataset:
            dataset.write_mask(np.array([[255, 0, 255]], np.uint8))
    import_file(path, name="a", home=home)

    for plane in read(opened(home)):
        assert plane.valid.tolist() == [[True, False, True]]


def test_import_when_scale_and_offset_are_set_keeps_raw_values_and_tells_them(tmp_path, home):
    path = write(tmp_path / "x.tif", np.array([[[1000]]], np.int16), names=["ndvi"])
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.0001,), (5.0,)
    import_file(path, name="a", home=home)

    image = opened(home)

    assert read(image)[0].data.item() == 1000
    assert image.properties["ndvi_scale"] == 0.0001
    assert image.properties["ndvi_offset"] == 5.0


def test_band_names_when_descriptions_are_odd_are_made_plain_and_unique():
    names = band_names(["Blue (490 nm)", "", None, "nir", "nir", "µ"])

    assert names == ["Blue_490_nm", "B2", "B3", "nir", "nir_1", "B6"]


def test_import_when_there_is_a_colour_table_reads_classes_at_coarse_scales(tmp_path, home):
    values = np.full((1, 600, 600), 4, np.uint8)
    values[0, ::2, ::2] = 8
    path = write(tmp_path / "x.tif", values)
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {4: (255, 0, 0, 255), 8: (0, 0, 255, 255)})
    import_file(path, name="a", home=home)
    image = opened(home)

    (plane,) = read(
        image, Grid("EPSG:32633", (20.0, 0.0, 500_000.0, 0.0, -20.0, 5_300_000.0), 9, 9)
    )

    assert set(np.unique(plane.data)) == {4}
    assert image.properties["B1_class_values"] == [4, 8]
    assert image.properties["B1_class_palette"] == ["ff0000", "0000ff"]


def test_import_when_read_coarsely_gives_the_mean_of_the_level_below(tmp_path, home):
    """Levels are used down to the one whose pixels are not larger than those asked for."""
    values = np.random.default_rng(0).random((1, 1024, 1024)).astype(np.float32)
    import_file(write(tmp_path / "x.tif", values), name="a", home=home)
    image = opened(home)

    def at(scale):
        grid = Grid("EPSG:32633", (scale, 0.0, 500_000.0, 0.0, -scale, 5_300_000.0), 64, 64)
        return read(image, grid)[0].data

    halves = values[0].reshape(512, 2, 512, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(at(20.0), halves[:64, :64], rtol=1e-5)
    quarters = values[0].reshape(256, 4, 256, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(at(40.0), quarters[:64, :64], rtol=1e-5)
    index = np.floor((np.arange(64) + 0.5) * 1.9).astype(int)
    np.testing.assert_array_equal(at(19.0), values[0][np.ix_(index, index)])


def test_import_when_raster_is_rotated_keeps_its_pixels(tmp_path, home):
    turned = Affine(8, 6, 500_000, 6, -8, 5_300_000)
    values = np.arange(20, dtype=np.uint8).reshape(1, 4, 5)
    import_file(write(tmp_path / "x.tif", values, transform=turned), name="a", home=home)

    (plane,) = read(opened(home))

    np.testing.assert_array_equal(plane.data, values[0])


def test_import_when_control_points_place_it_warps_and_says_so(tmp_path, home):
    corners = [(0, 0, 15.0, 48.0), (0, 20, 15.2, 48.0), (10, 0, 15.0, 47.9), (10, 20, 15.2, 47.9)]
    points = [rasterio.control.GroundControlPoint(*corner) for corner in corners]
    path = tmp_path / "x.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=10, count=1, dtype="uint8",
        gcps=points, crs="EPSG:4326",
    ) as dataset:  # fmt: skip
        dataset.write(np.full((1, 10, 20), 5, np.uint8))

    imported = import_file(path, name="a", home=home)

    assert imported.notes == ("Placed by its 4 ground control points and resampled.",)
    middle = Grid("EPSG:4326", (0.01, 0.0, 15.1, 0.0, -0.01, 47.95), 1, 1)
    assert read(opened(home), middle)[0].data.item() == 5
    assert Assets(home).describe("a")["crs"] == "EPSG:4326"


def test_import_when_name_is_taken_refuses_unless_told_to_replace(tmp_path, home):
    path = write(tmp_path / "x.tif", np.ones((1, 2, 2), np.uint8))
    import_file(path, name="a", home=home)

    with pytest.raises(EarthError, match="already an asset 'projects/local/assets/a'"):
        import_file(path, name="a", home=home)

    other = write(tmp_path / "y.tif", np.full((1, 2, 2), 9, np.uint8))
    assets = Assets(home)
    before = assets.version()
    import_file(other, name="projects/local/assets/a", home=home, overwrite=True)
    assert read(assets.open("projects/local/assets/a").value)[0].data[0, 0] == 9
    assert assets.version() != before


@pytest.mark.parametrize("name", ["", "../a", "a b", "a//b", "/a", "a/", ".a"])
def test_import_when_name_is_impossible_refuses(name, tmp_path, home):
    path = write(tmp_path / "x.tif", np.ones((1, 2, 2), np.uint8))

    with pytest.raises(EarthError, match="cannot name an asset"):
        import_file(path, name=name, home=home)


def test_import_when_there_is_no_geotransform_refuses(tmp_path, home):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = write(tmp_path / "x.tif", np.ones((1, 2, 2), np.uint8), transform=Affine.identity())

    with pytest.raises(EarthError, match="has no geotransform, so it cannot be placed"):
        import_file(path, name="a", home=home)


def test_import_when_it_fails_leaves_nothing_behind(tmp_path, home):
    path = tmp_path / "x.tif"
    path.write_bytes(b"II*\0 not really a TIFF")

    with pytest.raises(EarthError, match=r"'x.tif' cannot be read as a GeoTIFF"):
        import_file(path, name="a", home=home)

    assert Assets(home).names() == []
    assert list((home / "earth" / "assets").iterdir()) == []


def test_import_when_pixels_are_cut_off_says_that_it_is_damaged(tmp_path, home):
    values = np.random.default_rng(0).integers(0, 255, (1, 512, 512)).astype(np.uint8)
    path = write(tmp_path / "x.tif", values, compress="deflate")
    path.write_bytes(path.read_bytes()[:100_000])

    with pytest.raises(EarthError, match=r"'x.tif' (is damaged|cannot be read)"):
        import_file(path, name="a", home=home)


def test_open_when_threads_read_at_once_all_get_the_same(tmp_path, home):
    values = np.random.default_rng(1).integers(0, 255, (3, 700, 700)).astype(np.uint8)
    import_file(write(tmp_path / "x.tif", values), name="a", home=home)
    image, wrong = opened(home), []

    def check():
        for row in range(0, 600, 100):
            grid = Grid("EPSG:32633", (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_300_000.0), 100, 100)
            planes = read(image, grid.window(0, row, 100, 100))
            same = [
                (p.data == v[row : row + 100, :100]).all()
                for p, v in zip(planes, values, strict=True)
            ]
            wrong.extend(found for found in same if not found)

    threads = [threading.Thread(target=check) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert wrong == []


def test_import_when_raster_is_the_whole_earth_meets_every_tile(shared_data, home):
    from lib.localearth.pictures import blank, tile

    import_file(shared_data / "odd_rasters" / "rio_world.rgb.tif", name="a", home=home)
    image = opened(home)

    for column in range(4):
        assert tile(image, {}, zoom=2, column=column, row=1) != blank()
