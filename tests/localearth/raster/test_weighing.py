"""What passes through a reading is weighed, and what functions announce beside it."""

import threading

import numpy as np

from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import BandSpec, Plane, Source, image_from
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Constant
from lib.localearth.raster.weighing import PLANE_BYTES, announce, weigh

GRID = Grid("EPSG:4326", (0.1, 0.0, 0.0, 0.0, -0.1, 0.0), 10, 10)
KEPT = np.zeros((1000, 1000))


class Given(Source):
    """Planes that a function makes of the grid's size."""

    def __init__(self, make):
        self._make = make

    def read(self, grid, indices, reading):
        return [Plane(self._make((grid.height, grid.width))) for _ in indices]


def weight(source, *, bands=1):
    image = image_from(source, [BandSpec(str(i), PixelType("double")) for i in range(bands)])
    return weigh(lambda reading: image.planes(GRID, reading)) - bands * PLANE_BYTES


def test_weight_of_planes_is_theirs_and_a_copy_of_what_was_made_last():
    """100 pixels of 8 bytes."""
    assert weight(Given(np.zeros)) == 2 * 800
    assert weight(Given(np.zeros), bands=3) == 2 * 3 * 800


def test_weight_of_a_constant_is_that_of_its_value():
    assert weight(Constant([np.float64(1)])) == 2 * 8


def test_weight_of_a_view_is_what_it_shows_and_no_more_than_what_it_shows_it_of():
    """A part of a large array that is kept; and 9 x 9 windows that lie over each other."""
    assert weight(Given(lambda size: KEPT[: size[0], : size[1]])) == 2 * 800

    def windows(size):
        around = np.zeros((size[0] + 8, size[1] + 8))
        return np.lib.stride_tricks.sliding_window_view(around, (9, 9))

    assert weight(Given(windows)) == 2 * 18 * 18 * 8


def test_weight_of_planes_that_were_given_up_does_not_stay():
    def one_after_the_other(reading):
        for shift in range(5):
            image = image_from(Given(np.zeros), [BandSpec("a", PixelType("double"))])
            image.planes(GRID.window(shift, 0, 10, 10), reading)
            reading._memo.clear()

    assert weigh(one_after_the_other) <= 3 * 800 + 2 * PLANE_BYTES


def test_announcement_counts_in_the_thread_that_weighs_alone():
    def from_another(reading):
        other = threading.Thread(target=announce, args=(10**9,))
        other.start()
        other.join()
        announce(10**6)

    announce(10**12)

    assert weigh(from_another) == 10**6


def test_announcement_when_weighings_nest_counts_in_the_inner_one():
    inner = []

    def outer(reading):
        announce(5)
        inner.append(weigh(lambda _: announce(100)))
        announce(7)

    assert (weigh(outer), inner) == (7, [100])
