"""Arguments are given the type that the signature asks for."""

import pytest

from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.functions import load_all
from lib.localearth.promotion import coerce, type_name
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.values import Array, Collection, Date, ErrorMargin, Feature
from tests.localearth.shapes import POINT

PLACE = ("Some.function", "argument")


@pytest.fixture
def context() -> Context:
    load_all()
    return Context(open_asset=lambda _: None)


PROMOTED = {
    "whole float to Integer": (3.0, "Integer", 3),
    "int to Float": (3, "Float", 3.0),
    "bool to Number": (True, "Number", 1),
    "number to Boolean": (0, "Boolean", False),
    "number to ErrorMargin": (-1, "ErrorMargin", ErrorMargin(1.0)),
    "default ErrorMargin": (
        {"type": "ErrorMargin", "unit": "meters", "value": 0.1},
        "ErrorMargin",
        ErrorMargin(0.1),
    ),
    "number to Date": (1000, "Date", Date(1000.0)),
    "string to Date": ("1970-01-02", "Date", Date(86_400_000.0)),
    "string to Projection": ("EPSG:32633", "Projection", Projection("EPSG:32633")),
    "feature to Geometry": (Feature(POINT), "Geometry", POINT),
    "geometry to Feature": (POINT, "Feature", Feature(POINT, {})),
    "string to PixelType": ("uint8", "PixelType", PixelType("int", 0, 255)),
    "floats to integers": ([1.0, 2], "List<Integer>", [1, 2]),
    "anything to Object": ("x", "Object", "x"),
    "list elements untouched": ([1.5, "x"], "List<Object>", [1.5, "x"]),
}


@pytest.mark.parametrize(("value", "wanted", "expected"), PROMOTED.values(), ids=PROMOTED)
def test_coerce_when_value_can_be_promoted_promotes_it(value, wanted, expected, context):
    assert coerce(context, value, wanted, place=PLACE) == expected


def test_coerce_when_number_meets_image_makes_a_constant_image(context):
    image = coerce(context, 2.5, "Image<unknown bands>", place=PLACE)

    assert isinstance(image, Image)
    assert image.names == ("constant",)


def test_coerce_when_list_meets_array_makes_an_array(context):
    array = coerce(context, [[1, 2], [3, 4]], "Array", place=PLACE)

    assert isinstance(array, Array)
    assert array.data.tolist() == [[1, 2], [3, 4]]


def test_coerce_when_image_meets_collection_makes_a_collection_of_one(context):
    collection = coerce(context, Image(()), "ImageCollection", place=PLACE)

    assert collection.of_images
    assert len(collection.elements) == 1


REFUSED = {
    "string for Number": ("1", "Number", "String"),
    "fraction for Integer": (1.5, "Integer", "Float"),
    "number for String": (1, "String", "Integer"),
    "string for Image": ("x", "Image<unknown bands>", "String"),
    "collection for Image": (
        Collection.of([], of_images=True),
        "Image<unknown bands>",
        "ImageCollection",
    ),
    "string for list": ("B1", "List<String>", "String"),
    "number for Reducer": (1, "Reducer", "Integer"),
    "list for Dictionary": ([], "Dictionary<Object>", "List<Object>"),
    "element of a list": ([1, "x"], "List<Number>", "List<Object>"),
    "number for Algorithm": (1, "Algorithm", "Integer"),
}


@pytest.mark.parametrize(("value", "wanted", "actual"), REFUSED.values(), ids=REFUSED)
def test_coerce_when_value_does_not_fit_tells_both_types(value, wanted, actual, context):
    """The wording is Earth Engine's: google/earthengine-api issue 159."""
    with pytest.raises(EarthError) as caught:
        coerce(context, value, wanted, place=PLACE)

    assert caught.value.message == (
        "Some.function, argument 'argument': Invalid type.\n"
        f"Expected type: {wanted}.\nActual type: {actual}."
    )


def test_coerce_when_algorithm_is_a_name_calls_that_function(context):
    absolute = coerce(context, "Number.abs", "Algorithm", place=PLACE)

    assert absolute(-3) == 3


def test_type_name_when_value_is_of_earth_engine_uses_its_word():
    assert type_name(POINT) == "Geometry"
    assert type_name(Collection.of([], of_images=False)) == "FeatureCollection"
