"""Values become the JSON that clients read."""

import json
import math

import numpy as np
import pytest
import shapely

from lib.localearth.encode import encode, encode_features
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import BandSpec, image_from
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.values import Array, Collection, Date, DateRange, ErrorMargin, Feature
from tests.localearth.shapes import BYTE, POINT, ColumnRow

SQUARE = Geometry(shapely.box(0, 0, 1, 1), geodesic=False)

# Forms from earthengine-community samples (apidocs) unless said otherwise.
CASES = {
    "whole float": (2.0, 2),
    "fraction": (2.5, 2.5),
    "NaN": (math.nan, "NaN"),
    "minus infinity": (-math.inf, "-Infinity"),
    "numpy number": (np.float32(0.5), 0.5),
    "dictionary is sorted": ({"b": 1, "a": [1.0]}, {"a": [1], "b": 1}),
    "date": (Date(86_400_000.0), {"type": "Date", "value": 86_400_000}),
    "date range": (DateRange(0.0, None), {"type": "DateRange", "dates": [0, None]}),
    "array": (Array(np.array([[1, 2]], np.uint8), BYTE), [[1, 2]]),
    "pixel type": (
        PixelType("double", -1, 2, 3),
        {"type": "PixelType", "precision": "double", "min": -1, "max": 2, "dimensions": 3},
    ),
    "one-sided bounds are dropped": (
        PixelType("double", None, 2.3),
        {"type": "PixelType", "precision": "double"},
    ),
    "projection": (
        Projection("EPSG:3857"),
        {"type": "Projection", "crs": "EPSG:3857", "transform": [1, 0, 0, 0, 1, 0]},
    ),
    "error margin": (ErrorMargin(1.0), {"type": "ErrorMargin", "unit": "meters", "value": 1}),
    "infinite margin": (ErrorMargin(None), {"type": "ErrorMargin", "unit": "infinite"}),
    "point": (POINT, {"type": "Point", "coordinates": [12, 48]}),
    "planar polygon": (
        SQUARE,
        {
            "type": "Polygon",
            "coordinates": [[[1, 0], [1, 1], [0, 1], [0, 0], [1, 0]]],
            "geodesic": False,
            "evenOdd": True,
        },
    ),
    "feature": (
        Feature(None, {"system:index": "abc123", "a": 1}),
        {"type": "Feature", "geometry": None, "id": "abc123", "properties": {"a": 1}},
    ),
    "empty image collection": (
        Collection.of([], of_images=True),
        {"type": "ImageCollection", "bands": []},
    ),
}


@pytest.mark.parametrize(("value", "expected"), CASES.values(), ids=CASES)
def test_encode_when_value_is_known_gives_its_documented_form(value, expected):
    encoded = encode(value)

    assert encoded == expected
    json.dumps(encoded, allow_nan=False)


def test_encode_when_image_is_an_asset_describes_bands_as_getinfo_does():
    """The form of USGS/SRTMGL1_003 as public scripts print it, at a smaller size."""
    projection = Projection("EPSG:4326", (0.5, 0.0, -180.0, 0.0, -0.5, 60.0))
    spec = BandSpec("elevation", PixelType("int", -32768, 32767), projection, (720, 240))
    image = image_from(ColumnRow(), [spec], properties={"title": "x"}, asset_id="A/B")

    assert encode(image) == {
        "type": "Image",
        "bands": [
            {
                "id": "elevation",
                "data_type": {
                    "type": "PixelType",
                    "precision": "int",
                    "min": -32768,
                    "max": 32767,
                },
                "dimensions": [720, 240],
                "crs": "EPSG:4326",
                "crs_transform": [0.5, 0, -180, 0, -0.5, 60],
            }
        ],
        "id": "A/B",
        "properties": {"title": "x"},
    }


def test_encode_when_collection_has_more_than_5000_elements_refuses_as_google_does():
    collection = Collection.of([Feature(None)] * 5001, of_images=False)

    with pytest.raises(EarthError, match="aborted after accumulating over 5000 elements"):
        encode(collection)


def test_encode_features_when_geometry_is_projected_gives_degrees():
    """The pixel centre of google/Xee's integration test: EPSG:32610 at 551500, 4179900."""
    feature = Feature(Geometry(shapely.Point(551_500, 4_179_900), "EPSG:32610"), {"n": 1})

    (row,) = encode_features([feature])

    assert row["geometry"]["coordinates"] == pytest.approx([-122.41528, 37.764977], abs=1e-5)
    assert row["properties"] == {"n": 1}
