"""A process of its own that prints estimates of memory beside what `tracemalloc` measures."""

import json
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from lib.localearth import pixels
from lib.localearth.engine import Engine
from lib.localearth.functions.image_region import Column, bytes_per_pixel, reduced
from lib.localearth.raster.image import Reading
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.weighing import weigh
from lib.localearth.reducers.listing import Listing
from lib.localearth.registry import entries
from tests.localearth import peaks
from tests.localearth.graphs import array, call, expression

SIDES = (24, 64)
PIXELS = 2000  # of a region; the slopes between all pairs of them take 100 MB


def square(radius):
    return call("Kernel.square", radius=radius)


def number(value):
    return call("Image.constant", value=value)


PLACE = call("Image.pixelLonLat")
WHOLE = call("Image.toInt", value=call("Image.multiply", image1=PLACE, image2=number(1000)))
EAST = call("Image.gt", image1=PLACE, image2=number(10.01))
MASKED = call("Image.updateMask", image=WHOLE, mask=EAST)
ARRAYS = call("Image.neighborhoodToArray", image=PLACE, kernel=square(2))
PRODUCTS = call("Image.multiply", image1=PLACE, image2=PLACE)
MATRICES = call(
    "Image.toArray",
    image=call(
        "Image.toArray", image=call("Image.addBands", dstImg=PLACE, srcImg=PRODUCTS), axis=0
    ),
    axis=1,
)
SERIES = call(
    "ImageCollection.fromImages",
    images=array(*(call("Image.add", image1=PLACE, image2=number(n)) for n in range(12))),
)
MEAN, MEDIAN, SPREAD = (call(f"Reducer.{name}") for name in ("mean", "median", "stdDev"))


def around(reducer, *, image=WHOLE, radius=3):
    return call("Image.reduceNeighborhood", image=image, reducer=reducer, kernel=square(radius))


def coarser(reducer):
    return call("Image.reduceResolution", image=WHOLE, reducer=reducer, maxPixels=256)


def of_arrays(reducer):
    found = call("Image.arrayReduce", input=ARRAYS, reducer=reducer, axes=[0, 1])
    return call("Image.arrayGet", image=found, position=number([0, 0]))


WINDOWS = {
    "mean around, radius 4": around(MEAN, radius=4),
    "median around, masked": around(MEDIAN, image=MASKED),
    "spread around, masked": around(SPREAD, image=MASKED),
    "coarser mean": coarser(MEAN),
    "coarser median": coarser(MEDIAN),
    "coarser mode": coarser(call("Reducer.mode")),
    "focal median": call("Image.focalMedian", image=PLACE, radius=3),
    "focal mode": call("Image.focalMode", image=WHOLE, radius=3),
    "entropy": call("Image.entropy", image=WHOLE, kernel=square(4)),
    "objects": call("Image.connectedPixelCount", input=WHOLE, maxSize=32),
    "objects of one value": call("Image.connectedPixelCount", input=EAST, maxSize=16),
    "squared distance": call("Image.fastDistanceTransform", image=WHOLE, neighborhood=32),
    "neighbours as bands": call("Image.neighborhoodToBands", image=PLACE, kernel=square(3)),
    "neighbours as bands, mean": peaks.neighbourhood(),
}
GRAPHS = WINDOWS | {
    "arithmetic": peaks.arithmetic(),
    "network": peaks.network(),
    "mean of arrays": of_arrays(MEAN),
    "median of arrays": of_arrays(MEDIAN),
    "spread of arrays": of_arrays(SPREAD),
    "maximum of arrays": of_arrays(call("Reducer.max")),
    "products of arrays": call("Image.multiply", image1=ARRAYS, image2=ARRAYS),
    "sorted arrays": call("Image.arraySort", image=ARRAYS),
    "sums along arrays": call("Image.arrayAccum", input=ARRAYS, axis=0),
    "joined arrays": call("Image.arrayCat", image1=ARRAYS, image2=ARRAYS, axis=0),
    "repeated arrays": call("Image.arrayRepeat", input=ARRAYS, axis=0, copies=number(5)),
    "cut arrays": call("Image.arraySlice", input=ARRAYS, axis=0, start=0, end=2),
    "arrays of many shapes": call(
        "Image.arraySlice",
        input=ARRAYS,
        axis=0,
        start=0,
        end=call("Image.add", image1=EAST, image2=number(1)),
    ),
    "product of matrices": call(
        "Image.matrixMultiply",
        image1=MATRICES,
        image2=call("Image.matrixTranspose", input=MATRICES),
    ),
    "convolution": call("Image.convolve", image=PLACE, kernel=square(5)),
    "convolution, masked": call("Image.convolve", image=MASKED, kernel=square(5)),
    "distance": call("Image.distance", image=WHOLE, kernel=call("Kernel.euclidean", radius=10)),
    "derivative": call("Image.derivative", image=PLACE),
    "median of images": call("ImageCollection.reduce", collection=SERIES, reducer=MEDIAN),
    "spread of images": call("ImageCollection.reduce", collection=SERIES, reducer=SPREAD),
    "mosaic": call("ImageCollection.mosaic", collection=SERIES),
    "bands of images": call("ImageCollection.toBands", collection=SERIES),
    "best of images": call(
        "ImageCollection.qualityMosaic", collection=SERIES, qualityBand="longitude"
    ),
    "spread of bands": call("Image.reduce", image=PRODUCTS, reducer=SPREAD),
}
ARGUMENTS = {  # of reducers that need any
    "Reducer.percentile": {"percentiles": [10, 50, 90]},
    "Reducer.intervalMean": {"minPercentile": 10, "maxPercentile": 90},
    "Reducer.fixedHistogram": {"min": 0, "max": 100, "steps": 20},
    "Reducer.toCollection": {"propertyNames": ["a", "b"]},
    "Reducer.linearRegression": {"numX": 1},
    "Reducer.robustLinearRegression": {"numX": 1},
    "Reducer.kendallsCorrelation": {"numInputs": 2},
    "Reducer.combine": {"reducer1": MEAN, "reducer2": SPREAD, "outputPrefix": "x_"},
    "Reducer.repeat": {"reducer": MEDIAN, "count": 2},
    "Reducer.forEach": {"reducer": MEDIAN, "outputNames": ["a", "b"]},
    "Reducer.forEachBand": {"reducer": SPREAD, "image": PLACE},
    "Reducer.forEachElement": {"reducer": MEAN},
    "Reducer.group": {"reducer": MEAN},
    "Reducer.setOutputs": {"reducer": SPREAD, "outputs": ["s"]},
    "Reducer.unweighted": {"reducer": MEAN},
    "Reducer.splitWeights": {"reducer": MEAN},
    "Reducer.disaggregate": {"reducer": MEAN},
}
OF_LISTS = ("repeat",)  # refuses regions: it gives lists of what is one value
OF_ARRAYS = ("covariance", "centeredCovariance", "forEachElement")


def traced(work):
    """Bytes that are allocated at once; what is imported and cached first is no need."""
    work()
    tracemalloc.start(1)
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def of_image(engine, graph, side):
    image = engine.image(expression(graph)).value
    grid = pixels.requested_grid(image, peaks.request(side)["grid"], thumbnail=False)
    return (
        weigh(lambda reading: image.planes(grid, reading)),
        traced(lambda: image.planes(grid, Reading())),
    )


def of_region(reducer, kind):
    """Bytes of a region's pixels and their reduction, once their planes are read."""
    kinds = [kind] * reducer.inputs
    shape = (PIXELS, 3) if kind.dimensions else (PIXELS,)
    numbers = (np.arange(np.prod(shape)) % 97 * 7.3).reshape(shape)

    def trial():
        columns = [
            Column(
                kind, [numbers.astype(kind.dtype)],
                [np.ones(PIXELS, np.float32)], [np.ones(PIXELS, np.float32)],
            )
            for kind in kinds
        ]  # fmt: skip
        return reduced(reducer, [f"band{index}" for index in range(len(kinds))], columns)

    image = SimpleNamespace(bands=[SimpleNamespace(type=kind) for kind in kinds])
    return bytes_per_pixel(reducer, image, PIXELS) * PIXELS, traced(trial)


def reducers():
    """All that the registry has, by name."""
    names = [n for n, entry in entries().items() if entry.signature.returns == "Reducer"]
    return {name.removeprefix("Reducer."): call(name, **ARGUMENTS.get(name, {})) for name in names}


def main(home):
    engine = Engine(home)
    told = {"windows": {}, "others": {}, "around": {}, "regions": {}}
    for name, graph in GRAPHS.items():
        family = told["windows" if name in WINDOWS else "others"]
        for side in SIDES:
            family[f"{name}, {side}"] = of_image(engine, graph, side)
    for name, node in reducers().items():
        reducer = engine.evaluate(expression(node)).value
        if name in OF_ARRAYS:
            kinds = {"arrays": PixelType("double", dimensions=1)}
        else:
            kinds = {"bytes": PixelType("int", 0, 255), "doubles": PixelType("double")}
        for kind in () if name in OF_LISTS else kinds:
            told["regions"][f"{name}, {kind}"] = of_region(reducer, kinds[kind])
        if not isinstance(reducer, Listing):
            told["around"][name] = of_image(engine, around(node), SIDES[0])
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
