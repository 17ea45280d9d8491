"""Bands made, picked, named and joined. Values by section of the semantics page."""

import math
from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.values import Array


def test_constant_list_when_mixed_names_and_types_each_band(lab: Any) -> None:
    image = lab.call("Image.constant", [-1.2, 4])

    assert image.names == ("constant_0", "constant_1")  # 1.10
    assert [band.type for band in image.bands] == [
        PixelType("double", -1.2, -1.2),
        PixelType("int", 4, 4),
    ]
    assert image.bands[0].projection == Projection("EPSG:4326", (1, 0, 0, 0, 1, 0))  # 1.2


def test_constant_pi_when_made_is_a_double_of_its_own_range(lab: Any) -> None:
    kind = lab.call("Image.constant", math.pi).bands[0].type

    assert kind == PixelType("double", math.pi, math.pi)  # 1.10


def test_constant_array_when_read_costs_one_pixel_of_memory(lab: Any) -> None:
    image = lab.call("Image.constant", Array.of(np.arange(6).reshape(2, 3)))

    plane = lab.planes(image, lab.grid(100, 100))["constant"]

    assert plane.data.shape == (100, 100, 2, 3)
    assert plane.data.strides[:2] == (0, 0)
    assert plane.data[7, 9].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_select_when_given_expressions_takes_bands_in_order_of_selectors(lab: Any) -> None:
    image = lab.image(*[[[i]] for i in range(4)], names=["B1", "B11", "B2", "QA60"])

    def names(*selectors: Any) -> tuple[str, ...]:
        found: tuple[str, ...] = lab.call("Image.select", image, list(selectors)).names
        return found

    assert names("QA.*", "B1") == ("QA60", "B1")
    assert names("B[1-9][1-2]") == ("B11",)  # 3.3
    assert names(2, 0) == ("B2", "B1")
    assert names("B.*|QA.*") == ("B1", "B11", "B2", "QA60")
    assert names("B1", "B1") == ("B1", "B1_1")


def test_select_when_nothing_matches_names_the_bands_there_are(lab: Any) -> None:
    with pytest.raises(EarthError) as failure:
        lab.call("Image.select", lab.image([[1]], [[2]], names=["a", "b"]), ["X"])

    assert failure.value.message == (
        "Image.select: Band pattern 'X' did not match any bands. Available bands: [a, b]"
    )  # 12.2


def test_select_when_the_image_has_no_bands_says_so(lab: Any) -> None:
    with pytest.raises(EarthError, match="'X' was applied to an Image with no bands"):
        lab.call("Image.select", lab.call("Image.constant", []), ["X"])


def test_select_when_new_names_are_too_few_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match=r"number of names \(1\).*bands \(2\)"):
        lab.call("Image.select", lab.image([[1]], [[2]]), ["B1", "B2"], ["a"])


def test_add_bands_when_names_clash_suffixes_or_replaces_in_place(lab: Any) -> None:
    one = lab.image([[1]], [[2]], names=["a", "b"])
    other = lab.image([[10]], names=["a"])

    twice = lab.call("Image.addBands", lab.call("Image.addBands", one, other), other)
    replaced = lab.call("Image.addBands", one, other, None, True)

    assert lab.values(twice) == {"a": [[1]], "b": [[2]], "a_1": [[10]], "a_2": [[10]]}  # 3.3
    assert lab.values(replaced) == {"a": [[10]], "b": [[2]]}


def test_cat_of_numbers_when_made_suffixes_names(lab: Any) -> None:
    image = lab.call("Image.cat", [255, 136, 0])

    assert image.names == ("constant", "constant_1", "constant_2")  # 1.10


def test_projection_when_bands_differ_is_refused(lab: Any) -> None:
    image = lab.call("Image.addBands", lab.image([[1]]), lab.image([[1]], crs="EPSG:32632"))

    with pytest.raises(EarthError, match="The bands of the specified image contain different"):
        lab.call("Image.projection", image)


def test_regexp_rename_when_groups_are_used_puts_them_in(lab: Any) -> None:
    image = lab.image([[1]], names=["B12_mean"])

    renamed = lab.call("Image.regexpRename", image, "B(\\d+)_(.*)", "$2_$1")

    assert renamed.names == ("mean_12",)


def test_metadata_when_numeric_is_a_constant_double(lab: Any) -> None:
    image = lab.call("Image.metadata", lab.image([[1]], properties={"SUN": 31}), "SUN")

    assert image.names == ("SUN",)
    assert lab.row(image, lab.grid(1)) == [31.0]
    assert image.bands[0].type.precision == "double"
