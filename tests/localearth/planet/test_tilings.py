"""Two requests that overlap agree bit for bit, whatever the tile, the process or the order."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lib.localearth.planet.view import GroundCache, View, view
from tests.localearth.planet import places

ROOT = Path(__file__).parents[3]
SCENES = {
    "sentinel2": (places.CLEAR_SCENE, ("B1", "B2", "B8", "B11", "SCL", "TCI_R")),
    "cloudy": (f"{places.S2}/20210526T094835_20210526T094845_T32UPU", ("B4", "B12", "MSK_CLDPRB")),
    "landsat": (f"{places.L8}/LC08_193027_20210612", ("SR_B4", "ST_B10", "QA_PIXEL")),
    "worldcover": (f"{places.WORLDCOVER}/2021", ("Map",)),
    "elevation": (places.SRTM, ("elevation",)),
}
GRIDS = {
    "map-tile": places.tile(14),
    "coarse-tile": places.tile(11),
    "utm": places.utm(10.0, 200),
    "utm-coarser": places.utm(25.0, 200),
}


def scene(name):
    asset, names = SCENES[name]
    return places.bands(places.image(asset), *names)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("name", SCENES)
def test_planes_when_a_grid_is_cut_into_windows_are_the_same_bits(name, grid):
    whole = places.read(scene(name), grid)
    for column, row, width, height in ((0, 0, 71, 130), (65, 40, 103, 97), (13, 101, 90, 43)):
        part = places.read(scene(name), grid.window(column, row, width, height))
        inside = np.s_[row : row + height, column : column + width]
        for expected, found in zip(whole, part, strict=True):
            np.testing.assert_array_equal(found.valid, expected.valid[inside])
            np.testing.assert_array_equal(found.data, expected.data[inside])


def test_planes_when_sentinel1_is_cut_into_windows_are_the_same_bits():
    radar = places.narrowed(places.S1, "2021-06-01", "2021-06-14").elements[0]
    whole = places.read(radar, places.utm(10.0, 200))
    part = places.read(radar, places.utm(10.0, 200).window(57, 31, 90, 77))
    for expected, found in zip(whole, part, strict=True):
        np.testing.assert_array_equal(found.data, expected.data[31 : 31 + 77, 57 : 57 + 90])


def digest(name, grid):
    sums = hashlib.sha256()
    for plane in places.read(scene(name), grid):
        sums.update(np.ascontiguousarray(plane.data).tobytes())
        sums.update(plane.valid.tobytes())
    return sums.hexdigest()


def test_planes_when_another_process_computes_them_are_the_same_bits():
    program = (
        "from tests.localearth.planet import places\n"
        "from tests.localearth.planet.test_tilings import digest\n"
        "for name in ('worldcover', 'cloudy', 'sentinel2'):\n"
        "    print(name, digest(name, places.utm(10.0, 96)))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = dict(line.split() for line in printed.splitlines())
    for name in ("sentinel2", "cloudy", "worldcover"):
        assert found[name] == digest(name, places.utm(10.0, 96))


def test_ground_cache_when_its_bytes_are_used_up_drops_the_oldest():
    lattice_view = view(places.utm(10.0, 32), lattice(), (0, 0, 10**7, 10**7))
    assert isinstance(lattice_view, View)
    window = lattice_view.window
    cache = GroundCache(limit_bytes=1)
    first = cache.get(window)
    assert cache.get(window) is first
    cache.get(window.pad(1))
    again = cache.get(window)
    assert again is not first
    np.testing.assert_array_equal(again.parts, first.parts)


def lattice():
    from lib.localearth.planet.lattice import Lattice

    return Lattice("EPSG:32632", 0.0, 0.0, 10.0)
