"""Blocks: squares on the ground, halved only where a class needs it."""

import numpy as np

from lib.core.blocks import adaptive_blocks, block_ids


def test_blocks_are_squares_of_the_size_asked_for():
    """At 60 degrees a degree of longitude measures half of one at the equator, 55.66 km."""
    lon = np.array([10.0, 10.0 + 950 / 55_659.7, 10.0 + 1050 / 55_659.7, 10.0])
    lat = np.array([60.0, 60.0, 60.0, 60.0 + 1050 / 111_319.5])

    ids = block_ids(lon, lat, size_m=1000)

    assert ids[0] == ids[1]
    assert len({int(ids[0]), int(ids[2]), int(ids[3])}) == 3


def test_blocks_run_on_over_the_antimeridian():
    lon, lat = np.array([179.9999, -179.9999, -179.0]), np.array([0.0, 0.0, 0.0])

    assert block_ids(lon, lat, size_m=100).tolist()[:2] == [0, 0]


def test_only_blocks_of_a_scarce_class_are_halved():
    """Town lies in two places 300 m apart within one block of 1,000 m; Trees are everywhere."""
    lon = np.concatenate([np.linspace(10.0, 10.2, 400), [10.0, 10.0 + 300 / 111_319.5]])
    lat = np.zeros(402)
    index = np.array([0, 1] * 200 + [2, 2])

    blocks = adaptive_blocks(lon, lat, index, size_m=1000)

    assert blocks.classes == (2,)
    assert (blocks.halved, blocks.whole) == (1, 22)
    assert blocks.smallest_m == 250
    assert blocks.ids[400] != blocks.ids[401]
    same = block_ids(lon, lat, size_m=1000)
    assert len(set(blocks.ids[same > 0])) == len(set(same[same > 0])) == 22


def test_blocks_of_a_class_in_one_place_are_left():
    lon = np.concatenate([np.linspace(10.0, 10.2, 400), [10.1] * 5])
    index = np.array([0, 1] * 200 + [2] * 5)

    blocks = adaptive_blocks(lon, np.zeros(405), index, size_m=1000)

    assert (blocks.halved, blocks.smallest_m, blocks.classes) == (0, 1000, ())
    assert (blocks.ids == block_ids(lon, np.zeros(405), size_m=1000)).all()


def test_more_blocks_are_made_where_more_are_needed():
    lon = np.linspace(10.0, 10.0 + 990 / 111_319.5, 60)
    index = np.arange(60) % 2

    assert adaptive_blocks(lon, np.zeros(60), index, size_m=500, needed=5).smallest_m == 125
