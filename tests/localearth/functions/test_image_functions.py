"""What else images and their collections do: bands, types, bits, colours and stacks of arrays.

Sources of truth: the signature list's words, semantics 2.2, 3.3 and 4.1, Python's own bits.
"""

from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import PixelType, Projection


def _bands(lab: Any) -> Any:
    return lab.image([[1]], [[2]], [[3]], [[4]], names=["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("ends", "expected"),
    [((1,), "bcd"), ((1, 3), "bc"), ((-2,), "cd"), ((0, -1), "abc"), ((2, 99), "cd")],
)
def test_slice_when_ends_are_negative_counts_bands_from_the_end(
    lab: Any, ends: tuple[int, ...], expected: str
) -> None:
    assert "".join(lab.call("Image.slice", _bands(lab), *ends).names) == expected


def test_band_types_when_asked_for_are_a_dictionary_by_name(lab: Any) -> None:
    image = lab.image(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.float32), names=["x", "y"])

    found = lab.call("Image.bandTypes", image)

    assert found == {"x": PixelType("int", 0, 255), "y": PixelType("float")}


def test_bits_to_array_image_when_pixels_differ_reach_up_to_the_highest_bit(lab: Any) -> None:
    values = [0, 1, 6, 11, 255]

    found = lab.row(lab.call("Image.bitsToArrayImage", lab.image(np.array([values], np.uint8))))

    # 5 gives [1, 0, 1] in the reference; the lowest bit comes first
    assert found == [[int(bit) for bit in reversed(f"{value:b}")] for value in values]


@pytest.mark.parametrize("scale", [1, 0.1], ids=["integers", "fractions"])
def test_random_visualizer_when_called_gives_each_value_its_colour(lab: Any, scale: float) -> None:
    values = np.array([[1, 2, 3, 4, 1, 2]]) * scale

    image = lab.call("Image.randomVisualizer", lab.image(values, names=["class"]))

    found = lab.values(image)
    colours = list(zip(*(found[name][0] for name in image.names[:3]), strict=True))
    assert image.names == ("viz-red", "viz-green", "viz-blue", "class")
    assert (colours[0], colours[1]) == (colours[4], colours[5])
    assert len(set(colours)) == 4
    assert [band.type for band in image.bands[:3]] == [PixelType("int", 0, 255)] * 3


def _indexed(lab: Any, index: str, *arrays: Any, **named: Any) -> Any:
    return lab.image(*arrays, properties={"system:index": index}, **named)


def _collection(lab: Any, *images: Any) -> Any:
    return lab.call("ImageCollection.fromImages", list(images))


def test_collections_when_merged_have_the_images_of_both_with_prefixes(lab: Any) -> None:
    first = _collection(lab, _indexed(lab, "x", [[1]]), _indexed(lab, "y", [[2]]))
    second = _collection(lab, _indexed(lab, "x", [[3]]))

    found = lab.call("ImageCollection.merge", first, second).elements

    assert [each.properties["system:index"] for each in found] == ["1_x", "1_y", "2_x"]
    assert [lab.row(each) for each in found] == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("overwrite", "expected"),
    [(False, {"B1": [[1]], "B1_1": [[7]], "z": [[8]]}), (True, {"B1": [[7]], "z": [[8]]})],
)
def test_collections_when_combined_join_the_bands_of_equal_indices(
    lab: Any, overwrite: bool, expected: Any
) -> None:
    primary = _collection(lab, _indexed(lab, "x", [[1]]), _indexed(lab, "y", [[2]]))
    secondary = _collection(lab, _indexed(lab, "x", [[7]], [[8]], names=["B1", "z"]))

    (found,) = lab.call("ImageCollection.combine", primary, secondary, overwrite).elements

    assert lab.values(found) == expected
    assert found.properties["system:index"] == "x"


def test_collection_when_cast_brings_every_image_into_the_same_bands(lab: Any) -> None:
    images = _collection(
        lab, lab.image([[300.7]], names=["a"]), lab.image([[-5.0]], [[1]], names=["a", "b"])
    )

    found = lab.call("ImageCollection.cast", images, {"a": "uint8", "b": "int16"}, ["b", "a"])

    assert [lab.values(each, lab.grid(1)) for each in found.elements] == [
        {"b": [[None]], "a": [[255]]},
        {"b": [[1]], "a": [[0]]},
    ]
    assert {each.bands[1].type for each in found.elements} == {PixelType("int", 0, 255)}


LAYERS = np.arange(12.0).reshape(3, 1, 4)
KEPT = np.array([[[1, 1, 0, 0]], [[1, 0, 0, 1]], [[1, 1, 0, 1]]], bool)


def _layers(lab: Any) -> Any:
    images = [lab.image(v, masks=[m]) for v, m in zip(LAYERS, KEPT, strict=True)]
    return _collection(lab, *images)


def test_to_array_per_band_when_an_image_is_masked_masks_the_pixel(lab: Any) -> None:
    found = lab.call("ImageCollection.toArrayPerBand", _layers(lab))

    assert found.names == ("B1",)
    assert lab.row(found, lab.grid(4)) == [
        [0, 4, 8],
        None,
        None,
        None,
    ]  # "the minimum of the masks"


def test_to_array_per_band_when_masked_images_are_dropped_takes_the_others(lab: Any) -> None:
    found = lab.call("ImageCollection.toArrayPerBand", _layers(lab), 0, True)

    assert lab.row(found, lab.grid(4)) == [
        [0, 4, 8],
        [1, 9],
        None,
        [7, 11],
    ]  # "the maximum of the mask"


def test_to_array_per_band_when_along_a_new_axis_makes_a_row(lab: Any) -> None:
    images = _collection(lab, *(lab.image(layer) for layer in LAYERS))

    found = lab.call("ImageCollection.toArrayPerBand", images, 1)

    assert lab.row(found, lab.grid(4))[1] == [[1, 5, 9]]
    assert found.bands[0].type.dimensions == 2


def test_projection_when_translated_moves_its_origin_by_pixels(lab: Any) -> None:
    pixels = Projection("EPSG:32633", (30, 0, 500000, 0, -30, 5300000))

    found = lab.call("Projection.translate", pixels, 2, -3)

    assert found.transform == (30, 0, 500060, 0, -30, 5300090)


def test_transform_of_a_projection_when_written_is_an_affine_of_well_known_text(lab: Any) -> None:
    found = lab.call("Projection.transform", Projection("EPSG:32633", (30, 0, 5, 0, -30, 7)))

    words = found.replace("\n", "").replace(" ", "")
    assert words.startswith('PARAM_MT["Affine",PARAMETER["num_row",3],PARAMETER["num_col",3]')
    elements = {
        "0_0": "30.0",
        "0_1": "0.0",
        "0_2": "5.0",
        "1_0": "0.0",
        "1_1": "-30.0",
        "1_2": "7.0",
    }
    for place, value in elements.items():
        assert f'PARAMETER["elt_{place}",{value}]' in words


def test_confusion_matrix_when_made_an_array_has_actual_values_in_rows(lab: Any) -> None:
    rows = [(0, 0), (0, 1), (1, 1), (1, 1)]
    table = lab.call(
        "Collection.fromColumns", [list(each) for each in zip(*rows, strict=True)], ["a", "p"]
    )

    matrix = lab.call("Collection.errorMatrix", table, "a", "p")

    assert lab.call("ConfusionMatrix.array", matrix).data.tolist() == [[1, 1], [0, 2]]


def test_classifier_when_trained_tells_its_mode_inputs_and_insides(lab: Any) -> None:
    fresh = lab.call("Classifier.smileRandomForest", 7)
    values = np.random.default_rng(0).normal(size=(2, 60)).tolist()
    classes = [int(x > 0) for x in values[1]]
    table = lab.call("Collection.fromColumns", [*values, classes], ["noise", "signal", "class"])

    trained = lab.call("Classifier.train", fresh, table, "class", ["noise", "signal"])
    told = lab.call("Classifier.explain", trained)

    assert lab.call("Classifier.schema", fresh) is None  # "null if … not had any training data"
    assert lab.call("Classifier.schema", trained) == ["noise", "signal"]
    modes = (fresh, lab.call("Classifier.setOutputMode", trained, "PROBABILITY"))
    assert [lab.call("Classifier.mode", each) for each in modes] == [
        "CLASSIFICATION", "PROBABILITY",
    ]  # fmt: skip
    assert told["numberOfTrees"] == 7
    assert told["importance"]["signal"] > 3 * told["importance"]["noise"]
    assert told["classes"] == [0, 1]


def test_classifier_when_explained_before_training_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="not been trained"):
        lab.call("Classifier.explain", lab.call("Classifier.smileCart"))
