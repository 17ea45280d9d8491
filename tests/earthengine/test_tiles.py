import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lib.catalog.collections import Visual
from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.layer import MapLayer
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.earthengine import imagery, labels, pixels, tiles
from lib.earthengine.access import Connection
from lib.earthengine.connection import local, over_http
from tests.earthengine.conftest import Loopback
from tests.earthengine.scene import CRS, SHAPE, TRANSFORM, Scene

GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]
LEGEND = Legend.from_values([10, 20, 30], colors=["#112233", "#a0b0c0", "#ff0080"])


def picture(connection: Connection, address: str) -> NDArray[np.uint8]:
    path = "/" + address.removeprefix("earth/")
    answer = connection.door.send(path, method="GET", body=None, headers={})
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def class_map(scene: Scene) -> Expression:
    plan = LabelPlan(kind="map", source=scene.label_map, band="label")
    index = labels.label_image(
        scene.earth, plan, legend=LEGEND, imagery=ImageryPlan(), aoi=scene.aoi
    )
    return Expression.from_json(index.to_json().replace('"class_index"', '"class"'))


def layer_of(scene: Scene) -> MapLayer:
    return tiles.make_map(
        scene.earth,
        class_map(scene),
        tiles.class_visual(LEGEND),
        name="Classes",
        bounds=scene.aoi.bounds,
    )


def tile_address(layer: MapLayer, aoi: Aoi, zoom: int) -> str:
    lon, lat = aoi.centre
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom
    return layer.url.format(x=int(x), y=int(y), z=zoom)


def test_map_address_is_relative_for_local_earth(scene: Scene) -> None:
    layer = layer_of(scene)

    assert layer.url.startswith("earth/v1/projects/local/maps/")
    assert layer.url.endswith("/tiles/{z}/{x}/{y}")
    assert layer.picture_bounds == scene.aoi.bounds
    assert not layer.simulated


def test_map_address_of_a_service_begins_with_its_own(loopback: Loopback) -> None:
    loopback.reply = lambda *_: (200, {"name": "projects/field-trip-1/maps/abc"})

    layer = tiles.make_map(
        over_http(loopback.url, project="field-trip-1"),
        Expression({"result": "0", "values": {"0": {"functionInvocationValue": _CONSTANT}}}),
        Visual(("constant",), 0, 1),
        name="One",
    )

    assert layer.url == loopback.url + "/v1/projects/field-trip-1/maps/abc/tiles/{z}/{x}/{y}"
    assert layer.picture_url == ""


_CONSTANT = {"functionName": "Image.constant", "arguments": {"value": {"constantValue": 1}}}


def test_tile_shows_each_class_in_the_colour_of_the_legend(scene: Scene) -> None:
    rgba = picture(scene.earth, tile_address(layer_of(scene), scene.aoi, 15))

    shown = {tuple(color) for color in rgba[rgba[..., 3] == 255][:, :3].tolist()}
    assert {(0x11, 0x22, 0x33), (0xA0, 0xB0, 0xC0)} <= shown
    assert shown <= {(0x11, 0x22, 0x33), (0xA0, 0xB0, 0xC0), (0xFF, 0x00, 0x80)}


def test_picture_covers_the_bounds_and_shows_the_classes(scene: Scene) -> None:
    rgba = picture(scene.earth, layer_of(scene).picture_url)

    west, south, east, north = scene.aoi.bounds
    mercator = np.arcsinh(np.tan(np.radians([south, north])))
    ratio = np.radians(east - west) / (mercator[1] - mercator[0])
    height, width = rgba.shape[:2]
    assert max(height, width) == pytest.approx(768, abs=2)
    assert width / height == pytest.approx(ratio, rel=0.01)
    # The left half of the scene is the first class, the right half the second.
    assert tuple(rgba[height // 2, width // 4, :3]) == (0x11, 0x22, 0x33)
    assert tuple(rgba[height // 2, 3 * width // 4, :3]) == (0xA0, 0xB0, 0xC0)


def test_inside_masks_what_lies_outside_of_an_area(scene: Scene) -> None:
    west, south, east, north = scene.aoi.bounds
    half = Aoi.from_bounds(west, south, (west + east) / 2, north)

    clipped = tiles.inside(scene.earth, class_map(scene), half)
    _, valid = pixels.fetch(scene.earth, clipped, GRID, ["class"], dtype=np.uint8)

    certain = GRID.inside(half) & (scene.codes > 0)
    assert valid[certain].all()
    assert not valid[:, 22:].any()


def test_base_layer_of_the_planet_is_drawn_and_simulated() -> None:
    earth = local()
    (layer,) = tiles.base_layers(earth)

    rgba = picture(earth, layer.url.format(z=7, x=68, y=44))

    assert layer.simulated
    assert layer.attribution == "Simulated planet"
    assert (rgba[..., 3] == 255).all()
    assert len(np.unique(rgba.reshape(-1, 4), axis=0)) > 100


def test_imagery_of_the_planet_is_stamped_as_simulated() -> None:
    earth, aoi = local(), Aoi.from_bounds(12.400, 47.850, 12.402, 47.852)
    plan = ImageryPlan(start="2024-07-01", end="2024-07-06")
    found = imagery.picture(earth, plan, aoi)

    assert tiles.make_map(earth, found.expression, found.visual, name="Imagery").simulated
