"""A process of its own that asks one engine from eight threads for pixels of distinct grids."""

import faulthandler
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.localearth.engine import Engine
from tests.localearth import peaks
from tests.localearth.graphs import expression

THREADS, ROUNDS, SIDE = 8, 3, 270  # larger than a tile, so that each request is estimated


def body(thread, turn):
    """A request that no other has the grid of."""
    make, _ = list(peaks.GRAPHS.values())[turn % len(peaks.GRAPHS)]
    asked = peaks.request(SIDE)
    asked["grid"]["affineTransform"]["translateX"] += thread * 1e-2
    asked["grid"]["affineTransform"]["scaleX"] += (thread * ROUNDS + turn) * 1e-9
    return json.dumps({"expression": expression(make()), **asked}).encode()


def main(home):
    faulthandler.enable()
    engine = Engine(home)

    def ask(thread):
        answers = (engine.perform({"do": "pixels"}, body(thread, turn)) for turn in range(ROUNDS))
        return sum(bool(answer.body) for answer in answers)

    with ThreadPoolExecutor(THREADS) as pool:
        answered = sum(pool.map(ask, range(THREADS)))
    sys.stdout.write(f"{answered} {THREADS * ROUNDS}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
