"""What reimplementations of Earth Engine most often guess wrong, one test for each.

The numbers are those of the documents, or follow by arithmetic from their rules; each test says
which. They go through the official client and the in-process door.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ee
import numpy as np
import pytest
from affine import Affine
from google.auth.credentials import AnonymousCredentials

from lib.localearth.importing import import_file
from lib.localearth.service import Service
from lib.localearth.transport import InProcessTransport
from tests.localearth.test_importing import write

METRES_PER_DEGREE = math.pi * 6378137 / 180


@pytest.fixture(autouse=True)
def _client(home: Path) -> Iterator[None]:
    transport = InProcessTransport(Service(home))
    ee.Initialize(
        AnonymousCredentials(), project="local", url="http://local", http_transport=transport
    )
    yield
    ee.Reset()


def raster(home: Path, values: Any, *, corner: tuple[float, float] = (500_000, 5_300_000)) -> Any:
    """An image of 10 m in UTM zone 33 north."""
    bands = np.asarray(values)[None]
    name = f"r{len(list(home.glob('*.tif'))) if home.is_dir() else 0}"
    home.mkdir(exist_ok=True)
    transform = Affine(10, 0, corner[0], 0, -10, corner[1])
    path = write(home / f"{name}.tif", bands, transform=transform)
    import_file(path, name=name, home=home)
    return ee.Image(f"projects/local/assets/{name}")


def pixels(image: Any, *, size: float = 10, width: int = 2, height: int = 2) -> Any:
    """Pixels from 500 km east and 5300 km north on, as a structured array."""
    affine = {"scaleX": size, "scaleY": -size, "translateX": 500_000, "translateY": 5_300_000}
    place = {"width": width, "height": height}
    grid = {"dimensions": place, "affineTransform": affine, "crsCode": "EPSG:32633"}
    request = {"expression": image, "fileFormat": "NUMPY_NDARRAY", "grid": grid}
    return ee.data.computePixels(request)


def collection(*properties: dict[str, Any]) -> Any:
    return ee.FeatureCollection([ee.Feature(None, each) for each in properties])


def ids(found: Any) -> Any:
    return found.aggregate_array("n").getInfo()


def test_scale_when_given_alone_puts_the_crs_origin_on_a_pixel_corner(home: Path) -> None:
    """Item 1: the image lies half a pixel off, as Landsat does; the pixels sampled do not."""
    image = raster(home, np.ones((4, 4), np.uint8), corner=(500_005, 5_300_005))

    drawn = image.sample(image.geometry(), 10, geometries=True).geometry()

    points = drawn.transform("EPSG:32633", 0.001).coordinates().getInfo()
    assert len(points) > 4
    np.testing.assert_allclose(np.array(points) % 10, 5, atol=1e-3)


def test_degree_is_as_many_metres_in_both_axes_at_every_latitude() -> None:
    """Item 2: 30 m are 0.00026949458523585647 degrees, as the guide of reduceRegion prints."""
    projection = ee.Projection("EPSG:4326").atScale(30).getInfo()

    assert projection["transform"][0] == pytest.approx(0.00026949458523585647, rel=1e-14)
    assert projection["transform"][4] == projection["transform"][0]
    assert ee.Projection("EPSG:4326").nominalScale().getInfo() == pytest.approx(METRES_PER_DEGREE)


def test_composite_when_made_is_unbounded_at_one_degree(home: Path) -> None:
    """Item 3: transform [1, 0, 0, 0, 1, 0], as the reference prints it for constants."""
    image = raster(home, np.array([[1, 2], [3, 4]], np.uint8))

    for made in (ee.ImageCollection([image, image]).median(), ee.Image(5)):
        band = made.getInfo()["bands"][0]
        assert (band["crs"], band["crs_transform"]) == ("EPSG:4326", [1, 0, 0, 0, 1, 0])
        assert "dimensions" not in band


def test_operands_when_grids_differ_meet_on_the_requests_grid(home: Path) -> None:
    """Item 4: neither has the other's grid; every pixel of 5 m takes the pixel it lies in."""
    left = raster(home, np.array([[1, 2], [3, 4]], np.int16))
    right = raster(home, np.array([[10, 20], [30, 40]], np.int16), corner=(499_995, 5_300_005))

    found = pixels(left.add(right), size=5, width=4, height=4)["B1"]

    # Worked by hand: right's second column begins at 500005, its second row at 5299995.
    np.testing.assert_array_equal(found[:3, :3], [[11, 21, 22], [31, 41, 42], [33, 43, 44]])
    assert not found[3].any()
    assert not found[:, 3].any()


def test_neighbourhood_when_the_request_is_finer_has_the_requests_pixels(home: Path) -> None:
    """Item 4 too: a mean of 3 x 3 pixels of 5 m reaches half a pixel of 10 m far."""
    image = raster(home, np.array([[1.0, 10.0], [1.0, 10.0]], np.float32))

    found = pixels(
        image.reduceNeighborhood(ee.Reducer.mean(), ee.Kernel.square(1)), size=5, width=4, height=4
    )

    assert found["B1_mean"][1].tolist() == pytest.approx([1, 4, 7, 10])


def test_mean_when_pixels_are_cut_weighs_by_coverage_and_count_by_the_centre(home: Path) -> None:
    """Item 5: three quarters of the first pixel and 4 m of the 10 m of the second are inside."""
    image = raster(home, np.array([[1, 5]], np.uint8))
    region = ee.Geometry.Rectangle([500_002.5, 5_299_990, 500_014, 5_300_000], "EPSG:32633", False)

    both = ee.Reducer.mean().combine(ee.Reducer.count().unweighted(), "", True)
    found = image.reduceRegion(both, region, 10, "EPSG:32633").getInfo()

    assert found["B1_mean"] == pytest.approx((0.75 * 1 + 0.4 * 5) / 1.15, abs=1e-6)
    assert found["B1_count"] == 1


def test_reduce_resolution_when_summing_gives_the_mean(home: Path) -> None:
    """Item 6: weights are shares of the output pixel and sum to 1."""
    image = raster(home, np.array([[1, 2], [3, 6]], np.uint8))
    weighted = image.reduceResolution(ee.Reducer.sum()).reproject("EPSG:32633", None, 20)

    assert pixels(weighted, size=20, width=1, height=1)["B1"].tolist() == [[3]]


def test_bands_when_combined_are_matched_by_order_and_named_by_the_longer() -> None:
    """Item 7."""
    pair = ee.Image([10, 20]).rename(["a", "b"])

    assert pair.add(ee.Image([1, 2]).rename(["b", "a"])).bandNames().getInfo() == ["a", "b"]
    assert ee.Image(1).rename("x").add(pair).bandNames().getInfo() == ["a", "b"]


def test_division_when_by_zero_is_zero_and_in_expressions_floors_integers() -> None:
    """Item 8."""
    found = pixels(ee.Image(7).divide(ee.Image([0, 2])))[0, 0]
    floored = pixels(ee.Image().expression("7 / 2"))[0, 0]

    assert list(found) == [0, 3.5]
    assert list(floored) == [3]


def test_arguments_of_atan2_and_gammainc_are_x_first() -> None:
    """Item 9: atan2(left = x = 0, right = y = 1) is a right angle; gammainc(10, 1) is 1 - e^-10."""
    assert ee.Number(0).atan2(1).getInfo() == pytest.approx(math.pi / 2)
    found = pixels(ee.Image(10).gammainc(1))[0, 0]
    assert found[0] == pytest.approx(1 - math.exp(-10))


def test_casts_truncate_and_clamp_and_sums_widen() -> None:
    """Item 10."""
    image = ee.Image([300, -2.9]).toInt8()

    assert list(pixels(image)[0, 0]) == [127, -2]
    assert pixels(ee.Image(200).toUint8().add(ee.Image(200).toUint8()))[0, 0][0] == 400


def test_types_are_ranges() -> None:
    """Item 11: 0..255 plus 0..255 is 0..510; ee.Image(1) is printed as int in [1, 1]."""
    byte = ee.Image(1).toUint8()
    kind = byte.add(byte).getInfo()["bands"][0]["data_type"]

    assert (kind["precision"], kind["min"], kind["max"]) == ("int", 0, 510)
    assert ee.Image(1).getInfo()["bands"][0]["data_type"]["max"] == 1


def test_where_keeps_the_inputs_mask_and_masked_tests_keep_the_input() -> None:
    """Item 12: unmask fills what is masked."""
    masked = ee.Image(5).updateMask(0)

    assert pixels(ee.Image(1).where(masked, 9))[0, 0][0] == 1
    assert pixels(ee.Image(1).where(1, masked))[0, 0][0] == 1
    assert pixels(masked.where(1, 9).unmask(7))[0, 0][0] == 7


def test_mask_when_set_reveals_zero_or_the_nearest_value() -> None:
    """Item 13: of a range 3..9 the nearest to 0 is 3."""
    hidden = ee.Image(5).updateMask(0)

    assert pixels(hidden.toUint8().mask(1).unmask(7))[0, 0][0] == 0
    ranged = ee.Image(5).cast({"constant": ee.PixelType("int", 3, 9)}).updateMask(0)
    assert pixels(ranged.mask(1).unmask(7))[0, 0][0] == 3


def test_arrays_need_all_bands_and_collections_leave_partly_masked_images_out() -> None:
    """Item 14."""
    whole, part = ee.Image([1, 2]), ee.Image([3, 4]).updateMask(ee.Image([1, 0]))

    assert pixels(part.toArray().arrayGet([0]).unmask(-1))[0, 0][0] == -1
    stack = ee.ImageCollection([whole, part.rename(whole.bandNames())]).toArray()
    assert pixels(stack.arrayLength(0))[0, 0][0] == 1


def test_reduced_bands_are_suffixed_but_not_those_of_shortcuts(home: Path) -> None:
    """Item 15: reduceRegions of one band and one output uses the output's name."""
    image = raster(home, np.array([[4, 4], [4, 4]], np.uint8))
    images = ee.ImageCollection([image, image])

    assert images.reduce(ee.Reducer.mean()).bandNames().getInfo() == ["B1_mean"]
    assert images.mean().bandNames().getInfo() == ["B1"]
    rows = image.reduceRegions(ee.FeatureCollection([image.geometry()]), ee.Reducer.mean(), 10)
    assert rows.first().get("mean").getInfo() == 4


@pytest.mark.parametrize(
    ("name", "kept"),
    [("eq", []), ("lt", []), ("gt", []), ("neq", [2]), ("lte", [2]), ("gte", [2])],
)
def test_filters_when_a_property_is_missing_drop_it_unless_they_are_negations(
    name: str, kept: list[int]
) -> None:
    """Item 16: neq, lte and gte arrive as Filter.not(...), which keeps what the inner one drops."""
    rows = collection({"n": 2})

    assert ids(rows.filter(getattr(ee.Filter, name)("a", 1))) == kept


def test_filter_date_tests_the_start_within_a_half_open_range() -> None:
    """Item 17."""
    days = [ee.Date(f"2020-01-0{n}").millis().getInfo() for n in (1, 2, 3)]
    rows = collection(*({"n": n, "system:time_start": day} for n, day in enumerate(days, 1)))

    assert ids(rows.filterDate("2020-01-01", "2020-01-03")) == [1, 2]


def test_kernels_reach_as_far_as_the_documents_print() -> None:
    """Item 18: gaussian(3) is printed as 5 x 5; a circle of 1.5 is a full 3 x 3."""

    def rows(kernel: Any) -> list[list[float]]:
        text = kernel.getInfo()["weights"]
        lines = [line.strip(" []") for line in text.splitlines() if line.strip()]
        return [[float(part) for part in line.split(",")] for line in lines]

    assert np.shape(rows(ee.Kernel.gaussian(3))) == (5, 5)
    assert rows(ee.Kernel.circle(1.5, "pixels", False)) == [[1] * 3] * 3
    assert np.sum(rows(ee.Kernel.laplacian8(1, True))) == pytest.approx(0)


def test_slope_when_only_diagonal_neighbours_differ_is_zero(home: Path) -> None:
    """Item 19: terrain looks at four neighbours, where Horn's method takes eight."""
    corners = np.array([[9, 5, 0], [5, 5, 5], [0, 5, 3]], np.float32)

    found = pixels(ee.Terrain.slope(raster(home, corners)), width=3, height=3)

    assert found["slope"][1, 1] == 0


def test_fast_distance_is_squared_and_in_pixels() -> None:
    """Item 20: 3 to the right and 2 down of the one pixel that is not 0."""
    place = ee.Image.pixelCoordinates(ee.Projection("EPSG:32633", [10, 0, 5e5, 0, -10, 53e5]))
    spot = place.select("x").floor().eq(0).And(place.select("y").floor().eq(0))

    found = pixels(spot.fastDistanceTransform(8), width=5, height=4)

    assert found["distance"][2, 3] == 13


def test_array_powers_are_floats_and_array_types_the_smallest() -> None:
    """Item 21: 0.1 ** 1 as float32 is 0.10000000149011612."""
    assert ee.Array([0.1]).pow(1).getInfo() == [pytest.approx(0.10000000149011612, abs=1e-12)]
    kind = ee.Image(ee.Array([1, 200])).getInfo()["bands"][0]["data_type"]
    assert kind["max"] <= 255


def test_accuracies_have_actual_values_in_rows() -> None:
    """Item 22: of 10 actual ones 8 are right, of 12 predicted ones 8."""
    matrix = ee.ConfusionMatrix(ee.Array([[6, 4], [2, 8]]))

    assert matrix.producersAccuracy().getInfo() == [[0.6], [0.8]]
    assert matrix.consumersAccuracy().getInfo() == [[0.75, pytest.approx(8 / 12)]]


def test_dictionary_raises_for_missing_keys_drops_nulls_and_sorts() -> None:
    """Item 23."""
    with pytest.raises(ee.EEException, match=r"Dictionary does not contain key: 'x'\."):
        ee.Dictionary({"a": 1}).get("x").getInfo()
    combined = ee.Dictionary({"b": 1, "a": 2}).combine({"c": None, "B": 3})
    assert combined.keys().getInfo() == ["B", "a", "b"]


def test_polygons_are_geodesic_and_boxes_planar() -> None:
    """Item 24: the great circle from 0 to 90 E at 45 N passes 54.7 N, atan(sqrt(2)), half-way."""
    ring = [[0, 0], [90, 0], [90, 45], [0, 45]]
    place = ee.Geometry.Point(45, 50)

    assert ee.Geometry.Polygon(ring).contains(place).getInfo() is True
    assert ee.Geometry.BBox(0, 0, 90, 45).contains(place).getInfo() is False
    assert ee.Geometry.Polygon(ring).getInfo()["geodesic"] is not False


def test_pixels_when_masked_are_zero(home: Path) -> None:
    """Item 25."""
    image = raster(home, np.array([[3, 4], [5, 6]], np.uint8)).add(10)

    assert pixels(image.updateMask(image.gt(14)))["B1"].tolist() == [[0, 0], [15, 16]]
