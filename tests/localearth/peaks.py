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


GRID = call("Projection", crs="EPSG:4326", transform=[1e-3, 0, 10, 0, -1e-3, 50])


def square(side):
    """So many pixels of `GRID` on each side."""
    west, south, east, north = 10, 50 - side * 1e-3, 10 + side * 1e-3, 50
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return call("GeometryConstructors.Polygon", coordinates=[ring], geodesic=False)


def reduction(side, reducer):
    return call(
        "Image.reduceRegion",
        image=call("Image.pixelLonLat"),
        reducer=call(f"Reducer.{reducer}"),
        geometry=square(side),
        crs=GRID,
        maxPixels=1e9,
    )


def sample(side, **more):
    return call(
        "Collection.size",
        collection=call(
            "Image.sample",
            image=call("Image.pixelLonLat"),
            region=square(side),
            projection=GRID,
            geometries=True,
            **more,
        ),
    )


VALUES = {
    "mean": reduction(1600, "mean"),
    "median": reduction(1300, "median"),
    "every pixel": reduction(1000, "toList"),
    "line": reduction(1300, "linearFit"),
    "sample": sample(400),
}
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
    """Greatest growth of this process's resident memory while something is done, twice.

    A look a millisecond misses short peaks, and not the same ones each time.
    """
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
        work()
    finally:
        done.set()
        thread.join()
    return max(peaks)


def pixels_told(engine, name):
    """The estimate and the peak of a request for pixels."""
    make, side = GRAPHS[name]
    image = engine.image(expression(make())).value
    pixels.answer(image, request(4), simulated=lambda: False)  # imports and caches are no need
    body = request(side)
    grid = pixels.requested_grid(image, body["grid"], thumbnail=False)
    told = pixels.estimate(image, grid)
    return told, measured(lambda: pixels.answer(image, body, simulated=lambda: False))


def value_told(engine, name):
    """What a request for a value is told to need before it starts, and its peak."""
    engine.evaluate(expression(reduction(10, "mean")))
    engine.evaluate(expression(sample(10)))
    told = []
    require = memory.require

    def listening(needed, what):
        told.append(needed)
        require(needed, what)

    memory.require = listening
    return told, measured(lambda: engine.evaluate(expression(VALUES[name])))


def main(name, home):
    engine = Engine(home)
    if name in GRAPHS:
        told, peak = pixels_told(engine, name)
    else:
        (told, _), peak = value_told(engine, name)
    answer = {"estimate": told, "peak": peak, "limit": memory.LIMIT_BYTES}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
