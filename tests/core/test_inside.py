"""Points inside of shapes, asked by many threads."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from lib.core.inside import Inside, points_inside

ROOT = Path(__file__).parents[2]
SQUARE = shapely.box(0, 0, 2, 2)
# Eight threads ask a new shape of 400 corners at once, again and again. With one that they share
# as shapely prepares it, three runs of three crashed within seconds.
ASKED = """
import sys, threading
import numpy as np, shapely
from lib.core.inside import Inside
draw = np.random.default_rng(0).random
for _ in range(int(sys.argv[1])):
    turn = np.sort(draw(400)) * 2 * np.pi
    far = 1 + 0.3 * draw(400)
    area = Inside(shapely.Polygon(np.column_stack([np.cos(turn) * far, np.sin(turn) * far])))
    ready = threading.Barrier(8)
    def ask(number):
        ready.wait()
        if number % 2:
            area.points(np.linspace(-1, 1, 50), np.zeros(50))
        else:
            area.holds(shapely.box(-0.1, -0.1, 0.1, 0.1))
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("alive")
"""


def test_points_within_are_told_and_those_on_the_edge_are_not():
    x = np.array([[1.0, 3.0], [0.0, 1.999]])

    assert points_inside(SQUARE, x, np.ones((2, 2))).tolist() == [[True, False], [False, True]]


def test_shape_holds_what_lies_in_it_as_a_whole():
    area = Inside(SQUARE)

    assert area.holds(shapely.box(0.5, 0.5, 1, 1))
    assert not area.holds(shapely.box(1, 1, 3, 2))


def test_shape_that_is_asked_is_not_prepared_itself():
    shape = shapely.box(0, 0, 1, 1)
    points_inside(shape, [0.5], [0.5])
    Inside(shape).holds(SQUARE)

    assert not shapely.is_prepared(shape)


@pytest.mark.parametrize("rounds", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_threads_that_ask_one_shape_do_not_crash(rounds):
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(rounds)], cwd=ROOT, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
