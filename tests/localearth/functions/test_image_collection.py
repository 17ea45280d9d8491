"""Collections reduced to images (semantics 2.3, 4.1, 4.2). Reference: NumPy."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import Projection
from lib.localearth.values import Collection, Narrowing


def _images(*images: Image) -> Collection:
    return Collection.of(images, of_images=True)


def _stack(lab: Any, seed: int = 0) -> tuple[Collection, Any]:
    rng = np.random.default_rng(seed)
    values, masks = rng.normal(size=(7, 6, 5)), rng.random((7, 6, 5)) > 0.3
    masks[:, 0, 0] = False
    images = [lab.image(v, masks=[m]) for v, m in zip(values, masks, strict=True)]
    return _images(*images), np.ma.array(values, mask=~masks)


@pytest.mark.parametrize("name", ["mean", "median", "min", "max", "sum"])
def test_shortcut_when_pixels_are_masked_reduces_the_others(lab: Any, name: str) -> None:
    collection, stack = _stack(lab)

    plane = lab.planes(lab.call(f"reduce.{name}", collection), lab.grid(5, 6))["B1"]

    expected = getattr(np.ma, name)(stack, axis=0)
    np.testing.assert_array_equal(plane.valid, ~np.ma.getmaskarray(expected))
    np.testing.assert_allclose(plane.data[plane.valid], expected.compressed(), rtol=1e-12)


def test_reduction_when_read_in_strips_gives_the_same(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection, _ = _stack(lab)
    image = lab.call("reduce.median", collection)
    whole = lab.planes(image, lab.grid(5, 6))["B1"]
    monkeypatch.setattr("lib.localearth.functions.image_collection.STACK_BYTES", 1000)

    strips = lab.planes(image, lab.grid(5, 6))["B1"]

    np.testing.assert_array_equal(strips.data, whole.data)
    np.testing.assert_array_equal(strips.valid, whole.valid)


def test_reduce_when_named_reducer_suffixes_bands_and_shortcut_does_not(lab: Any) -> None:
    collection = _images(lab.image([[1]], [[2]]), lab.image([[3]], [[4]]))
    percentiles = lab.call("Reducer.percentile", [5, 95])

    assert lab.call("ImageCollection.reduce", collection, percentiles).names == (
        "B1_p5", "B1_p95", "B2_p5", "B2_p95",
    )  # fmt: skip
    assert lab.call("reduce.median", collection).names == ("B1", "B2")  # 4.2


def test_reduce_when_reducer_has_two_inputs_names_its_outputs(lab: Any) -> None:
    images = [lab.image([[float(x)]], [[2.0 * x + 1]]) for x in range(4)]

    fit = lab.call("ImageCollection.reduce", _images(*images), lab.call("Reducer.linearFit"))

    assert lab.values(fit, lab.grid(1)) == {
        "scale": [[pytest.approx(2.0)]], "offset": [[pytest.approx(1.0)]],
    }  # fmt: skip


def test_reduction_when_made_has_the_default_projection_and_no_footprint(lab: Any) -> None:
    image = lab.call("reduce.mean", _images(lab.image([[1]]), lab.image([[2]])))

    assert image.bands[0].projection == Projection("EPSG:4326", (1, 0, 0, 0, 1, 0))  # 1.2
    assert image.footprint is None
    assert image.properties == {}


def test_reduction_of_nothing_has_no_bands(lab: Any) -> None:
    assert lab.call("reduce.mean", _images()).bands == ()  # 4.2


def test_reduction_when_band_counts_differ_is_refused(lab: Any) -> None:
    collection = _images(lab.image([[1]], [[2]]), lab.image([[1]]))

    with pytest.raises(EarthError) as failure:
        lab.call("reduce.mean", collection)

    assert failure.value.message == (
        "reduce.mean: Expected a homogeneous image collection, but an image with incompatible "
        "bands was encountered: First image type: 2 bands ([B1, B2]). "
        "Current image type: 1 bands ([B1])."
    )  # geedim#16


def test_reduction_when_types_differ_names_band_types_and_image(lab: Any) -> None:
    raw = lab.image(np.array([[1]], np.int16), names=["Blue"])
    scaled = lab.call("Image.multiply", lab.image(np.array([[1]], np.uint16), names=["Blue"]), 0.5)

    with pytest.raises(EarthError) as failure:
        lab.call("reduce.mean", _images(raw, scaled))

    assert failure.value.message == (
        "reduce.mean: Expected a homogeneous image collection, but an image with an incompatible "
        "band was encountered. Mismatched type for band 'Blue':\nExpected type: Short.\n"
        "  Actual type: Float<0.0, 32767.5>.\n     Image ID: 1\n"
        "This band might require an explicit cast."
    )  # geemap#1058


def test_mosaic_when_last_is_masked_shows_the_one_below_band_by_band(lab: Any) -> None:
    below = lab.image([[1, 2, 3]], [[4, 5, 6]], masks=[np.array([True, True, False]), None])
    above = lab.image([[10, 20, 30]], [[40, 50, 60]], masks=[np.array([True, False, False]), None])

    image = lab.call("ImageCollection.mosaic", _images(below, above))

    assert lab.values(image, lab.grid(3)) == {"B1": [[10, 2, None]], "B2": [[40, 50, 60]]}


def test_mosaic_when_the_last_is_complete_reads_no_other(lab: Any) -> None:
    below, above = lab.image([[1]]), lab.image([[2]])

    assert lab.row(lab.call("ImageCollection.mosaic", _images(below, above)), lab.grid(1)) == [2]
    assert below.bands[0].source.pixels_read == 0


def test_quality_mosaic_when_masked_in_quality_does_not_compete(lab: Any) -> None:
    names = ["value", "quality"]
    one = lab.image([[1, 1, 1]], [[0.9, 0.1, 0.5]], names=names)
    two = lab.image(
        [[2, 2, 2]], [[0.5, 0.5, 0.9]], names=names, masks=[None, np.array([True, True, False])]
    )

    image = lab.call("ImageCollection.qualityMosaic", _images(one, two), "quality")

    assert lab.values(image, lab.grid(3))["value"] == [[1, 2, 1]]


def test_to_bands_when_images_have_ids_puts_them_in_front(lab: Any) -> None:
    named = lab.image([[1]], properties={"system:index": "S2A"})

    image = lab.call("ImageCollection.toBands", _images(named, lab.call("Image.constant", 5)))

    assert image.names == ("S2A_B1", "1_constant")  # 4.1


def test_from_images_when_without_index_numbers_them(lab: Any) -> None:
    collection = lab.call("ImageCollection.fromImages", [lab.image([[1]]), lab.image([[2]])])

    assert [image.properties["system:index"] for image in collection.elements] == ["0", "1"]


def test_link_collection_when_nothing_matches_adds_masked_bands(lab: Any) -> None:
    image = lab.image([[1]], properties={"system:index": "a"})
    other = lab.image([[7]], names=["cs"], properties={"system:index": "a", "note": "n"})

    linked = lab.call("Image.linkCollection", image, _images(other), ["cs"], ["note"])
    stranger = image.with_properties({"system:index": "b"})
    missed = lab.call("Image.linkCollection", stranger, _images(other), ["cs"], ["note"])

    assert (lab.values(linked), linked.properties["note"]) == ({"B1": [[1]], "cs": [[7]]}, "n")
    assert (lab.values(missed), missed.properties["note"]) == ({"B1": [[1]], "cs": [[None]]}, None)


def test_link_collection_when_the_catalogue_is_large_asks_for_the_images_day_only(lab: Any) -> None:
    day = 86_400_000
    image = lab.image([[1]], properties={"system:index": "a", "system:time_start": 10 * day})
    other = lab.image([[7]], names=["cs"], properties={"system:index": "a"})
    asked: list[Narrowing] = []

    def narrow(narrowing: Narrowing) -> Collection:
        asked.append(narrowing)
        return _images(other)

    def list_all() -> list[Image]:
        raise EarthError("Collection query aborted after accumulating over 5000 elements.")

    catalogue = Collection(list_all, of_images=True, narrow=narrow)
    linked = lab.call("Image.linkCollection", image, catalogue, ["cs"])

    assert lab.values(linked) == {"B1": [[1]], "cs": [[7]]}
    assert [(n.start, n.end) for n in asked] == [(9 * day, 11 * day)]


def test_image_reduce_when_bands_are_masked_skips_them(lab: Any) -> None:
    image = lab.image([[1.0, 2.0]], [[5.0, 6.0]], masks=[np.array([True, False]), None])

    reduced = lab.call("Image.reduce", image, lab.call("Reducer.mean"))

    assert lab.values(reduced) == {"mean": [[3.0, 6.0]]}
