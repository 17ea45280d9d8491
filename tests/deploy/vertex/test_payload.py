"""Sizes of requests and the tiles that fit into them."""

import base64
import json

import numpy as np
import pytest
import tensorflow as tf

from lib.core.errors import DeploymentError
from lib.deploy.vertex import payload
from lib.deploy.vertex.contract import input_names

TEN = tuple(f"band_{number}" for number in range(10))


@pytest.mark.parametrize("side", [1, 2, 64, 173])
def test_instance_bytes_is_a_tight_bound_of_what_is_sent(side):
    tensor = tf.io.serialize_tensor(np.ones((side, side, 1), np.float32)).numpy()
    instance = {name: base64.urlsafe_b64encode(tensor).decode() for name in TEN}
    sent = len(json.dumps({"instances": [instance]}))

    bound = payload.instance_bytes(TEN, side)

    assert sent <= bound <= sent + 30 * len(TEN)


@pytest.mark.parametrize(("bands", "tile"), [(10, 167), (6, 216), (64, 66), (3, 256)])
def test_largest_tile_fits_a_request_and_one_pixel_more_does_not(bands, tile):
    """The root of 1.5 MB / (bands * 4 bytes * 4 / 3); Earth Engine cuts 256 at most."""
    names = tuple(f"b{number}" for number in range(bands))

    found = payload.largest_tile(names, classes=3, margin=0)

    assert found == tile
    assert payload.instance_bytes(names, found) <= payload.DEFAULT_BYTES
    if found < payload.LARGEST_TILE:
        assert payload.instance_bytes(names, found + 1) > payload.DEFAULT_BYTES


def test_largest_tile_leaves_room_for_the_margin_and_for_the_answer():
    plain = payload.largest_tile(TEN, classes=9, margin=0)

    assert payload.largest_tile(TEN, classes=9, margin=10) == plain - 20
    # 40 classes of 10 bands come back four times as large, so the tile has half the side.
    assert payload.largest_tile(TEN, classes=40, margin=0) == pytest.approx(plain / 2, abs=1)


def test_largest_tile_over_grpc_is_wider_as_nothing_is_coded():
    coded = payload.largest_tile(TEN, classes=3, margin=0)
    plain = payload.largest_tile(TEN, classes=3, margin=0, payload_format=payload.RAW)

    assert plain == pytest.approx(coded * (4 / 3) ** 0.5, abs=2)


def test_largest_tile_with_a_step_has_sides_that_are_multiples_of_it():
    tile = payload.largest_tile(TEN, classes=3, margin=9, step=8)

    assert (tile + 18) % 8 == 0
    assert 160 - 18 <= tile <= 167 - 18


def test_largest_tile_when_not_even_a_pixel_fits_says_what_it_takes():
    with pytest.raises(DeploymentError, match=r"One pixel with the 60 pixels around .*64 bands"):
        payload.largest_tile(tuple(f"b{n}" for n in range(64)), classes=3, margin=60)


def test_input_names_are_plain_and_unique():
    names = input_names(["B4", "a-b", "a b", "2x", "depth_bytes", "größe"])

    assert names == ("B4", "a_b", "a_b_", "b2x", "depth_bytes_", "gr__e")
    assert input_names(["valid"], taken=["valid"]) == ("valid_",)
