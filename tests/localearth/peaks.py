"""A process of its own that prints the estimate and the measured peak of a request's memory."""

import json
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from lib.localearth import memory, pixels
from lib.localearth.engine import Engine
from tests.localearth.graphs import call, expression


def constant(values):
    return call("Image.constant", value=call("Array", values=values.tolist()))


def arithmetic():
    place = call("Image.pixelLonLat")
    found = place
    for number in range(6):
        product = call("Image.multiply", image1=found, image2=place)
        found = call("Image.add", image1=product, image2=call("Image.constant", value=number))
    return found


def network():
    """A dense layer of 64 units between two bands and three classes, as arrays."""
    draw = np.random.default_rng(0).random
    place = call("Image.toArray", image=call("Image.pixelLonLat"), axis=0)
    hidden = call("Image.toArray", image=place, axis=1)
    for size in ((64, 2), (64, 64), (3, 64)):
        hidden = call("Image.matrixMultiply", image1=constant(draw(size)), image2=hidden)
    flat = call("Image.arrayProject", input=hidden, axes=[0])
    return call("Image.arrayFlatten", image=flat, coordinateLabels=[["a", "b", "c"]])


def neighbourhood():
    kernel = call("Kernel.square", radius=4)
    bands = call("Image.neighborhoodToBands", image=call("Image.pixelLonLat"), kernel=kernel)
    return call("Image.reduce", image=bands, reducer=call("Reducer.mean"))


GRAPHS = {
    "arithmetic": (arithmetic, 1400),
    "network": (network, 512),
    "neighbourhood": (neighbourhood, 512),
}


def request(side):
    affine = {"scaleX": 1e-3, "scaleY": -1e-3, "translateX": 10, "translateY": 50}
    size = {"width": side, "height": side}
    grid = {"dimensions": size, "affineTransform": affine, "crsCode": "EPSG:4326"}
    return {"fileFormat": "NPY", "grid": grid}


def measured(work):
    """Greatest growth of this process's resident memory while something is done."""
    process, peaks, done = psutil.Process(), [0], threading.Event()
    start = process.memory_info().rss

    def watch():
        while not done.is_set():
            peaks.append(process.memory_info().rss - start)
            time.sleep(0.001)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        work()
    finally:
        done.set()
        thread.join()
    return max(peaks)


def main(name, home):
    make, side = GRAPHS[name]
    image = Engine(home).image(expression(make())).value
    pixels.answer(image, request(4), simulated=lambda: False)  # imports and caches are no need
    body = request(side)
    grid = pixels.requested_grid(image, body["grid"], thumbnail=False)
    told = pixels.estimate(image, grid)
    peak = measured(lambda: pixels.answer(image, body, simulated=lambda: False))
    answer = {"estimate": told, "peak": peak, "limit": memory.LIMIT_BYTES}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
