import ee
import numpy as np
import pytest

from lib.core.errors import NotFoundError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.pixels import fetch, request_count
from tests.earthengine.scene import BANDS, CRS, SHAPE, TRANSFORM, Scene

GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]


@with_connection
def load(connection: Connection, asset: str) -> Expression:
    return to_expression(ee.Image(asset))


@with_connection
def again(connection: Connection, expression: Expression) -> Expression:
    return to_expression(to_image(expression))


def test_fetch_when_in_one_block_gives_the_files_pixels_and_mask(scene: Scene) -> None:
    values, valid = fetch(scene.earth, load(scene.earth, scene.image), GRID, BANDS)

    assert values.dtype == np.float32
    assert np.array_equal(valid, scene.valid)
    assert np.array_equal(values[valid], scene.values.transpose(1, 2, 0)[valid])


def test_fetch_when_in_many_blocks_gives_the_same_and_tells_how_far_it_is(scene: Scene) -> None:
    image = load(scene.earth, scene.image)
    told: list[float] = []

    whole = fetch(scene.earth, image, GRID, BANDS)
    parts = fetch(
        scene.earth,
        image,
        GRID,
        BANDS,
        block_pixels=49,
        on_progress=lambda share, words: told.append(share),
    )

    assert np.array_equal(whole[0], parts[0])
    assert np.array_equal(whole[1], parts[1])
    assert len(told) == request_count(GRID, block_pixels=49) == 30
    assert told[-1] == 1.0


def test_fetch_gives_bands_in_the_order_asked_for(scene: Scene) -> None:
    image = load(scene.earth, scene.image)

    values, valid = fetch(scene.earth, image, GRID, ["red", "blue"])

    assert valid.all()  # only green has gaps
    assert np.array_equal(values, scene.values[[2, 0]].transpose(1, 2, 0))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_fetch_gives_the_type_asked_for(scene: Scene, dtype: type) -> None:
    values, valid = fetch(
        scene.earth, load(scene.earth, scene.label_map), GRID, ["label"], dtype=dtype
    )

    assert values.dtype == dtype
    assert np.array_equal(values[..., 0], scene.codes)
    assert np.array_equal(valid, scene.codes > 0)


def test_fetch_when_a_band_is_unknown_names_it_and_those_there_are(scene: Scene) -> None:
    with pytest.raises(NotFoundError, match="no band “nir”") as caught:
        fetch(scene.earth, load(scene.earth, scene.image), GRID, ["nir"])
    assert caught.value.field == "bands"
    assert "blue, green, red" in caught.value.message


def test_expression_when_read_and_written_again_stays_the_same(scene: Scene) -> None:
    image = load(scene.earth, scene.image)

    assert again(scene.earth, image) == image
