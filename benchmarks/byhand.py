"""What Local Earth computes in the benchmarks, written by hand with rasterio, numpy and Keras."""

import functools
import io
import json
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from PIL import Image as Picture
from pyproj import Transformer
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

FIRST = 300  # column and row of the square that networks see
TILE = (13, 4332, 2851)  # zoom, column, row
HALF = math.pi * 6378137.0


def composite(paths: list[Path]) -> np.ndarray:
    """Median reflectance of the clear pixels, float32 `(6, side, side)`, 256 rows at a time."""
    with ExitStack() as stack:
        scenes = [stack.enter_context(rasterio.open(path)) for path in paths]
        side = scenes[0].width
        windows = [Window(0, row, side, 256) for row in range(0, side, 256)]
        return np.concatenate([_median(scenes, window) for window in windows], axis=1)


def _median(scenes: list[Any], window: Window) -> np.ndarray:
    values = np.stack([scene.read(list(range(1, 7)), window=window) for scene in scenes])
    clear = np.stack([scene.read(7, window=window) == 1 for scene in scenes])
    values[~np.broadcast_to(clear[:, None], values.shape)] = 65535
    values.sort(axis=0)
    count = clear.sum(axis=0)
    last = np.broadcast_to(np.maximum(count - 1, 0), values.shape[1:])[None]
    low = np.take_along_axis(values, last // 2, axis=0)[0].astype(np.float32)
    high = np.take_along_axis(values, (last + 1) // 2, axis=0)[0]
    return np.where(count > 0, (low + high) * np.float32(0.5e-4), 0).astype(np.float32)


def tile(path: Path, place: tuple[int, int, int]) -> bytes:
    """A PNG of three bands, nearest pixels, stretched from 0..1500."""
    zoom, column, row = place
    size = 2 * HALF / 2**zoom
    west, north = -HALF + column * size, HALF - row * size
    transform = from_bounds(west, north - size, west + size, north, 256, 256)
    with (
        rasterio.open(path) as dataset,
        WarpedVRT(
            dataset, crs="EPSG:3857", transform=transform, width=256, height=256, add_alpha=True
        ) as warped,
    ):
        values = warped.read([3, 2, 1])
        alpha = warped.dataset_mask()
    scaled = np.clip(values.astype(np.float32) * (255 / 1500), 0, 255)
    picture = np.dstack([*np.rint(scaled).astype(np.uint8), alpha])
    picture[alpha == 0] = 0
    file = io.BytesIO()
    Picture.fromarray(picture, "RGBA").save(file, "PNG", compress_level=1)
    return file.getvalue()


def pixels_of(picture: bytes) -> np.ndarray:
    """Bytes `(256, 256, 4)` of a PNG."""
    return np.asarray(Picture.open(io.BytesIO(picture)).convert("RGBA"))


@functools.cache
def network(name: str) -> Any:
    """A network with weights from a seed: "dense", 12-64-64-9, or "convolution", 3 x 3 to 16."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    if name == "dense":
        hidden = [keras.Input((12,)), layers.Dense(64, "relu"), layers.Dense(64, "relu")]
        return keras.Sequential([*hidden, layers.Dense(9, "softmax")])
    first = [keras.Input((None, None, 12)), layers.Conv2D(16, 3, activation="relu")]
    return keras.Sequential([*first, layers.Conv2D(9, 1, activation="softmax")])


def weights(name: str) -> list[list[np.ndarray]]:
    """Kernel and bias of each layer of a network."""
    return [layer.get_weights() for layer in network(name).layers if layer.get_weights()]


def dense(path: Path) -> np.ndarray:
    """Read 256 x 256 pixels and predict them one by one, `(256, 256, 9)`."""
    with rasterio.open(path) as dataset:
        values = dataset.read(window=Window(FIRST, FIRST, 256, 256))
    pixels = np.moveaxis(values, 0, -1).reshape(-1, 12)
    found = network("dense").predict(pixels, batch_size=65_536, verbose=0)
    return found.reshape(256, 256, 9)


def convolution(path: Path) -> np.ndarray:
    """Read 256 x 256 pixels and a margin and predict them, `(256, 256, 9)`."""
    with rasterio.open(path) as dataset:
        values = dataset.read(window=Window(FIRST - 1, FIRST - 1, 258, 258))
    return network("convolution").predict(np.moveaxis(values, 0, -1)[None], verbose=0)[0]


def samples(predictors: Path, classes: Path, count: int) -> bytes:
    """As many pixels of each class, drawn at random, as GeoJSON in longitude and latitude."""
    with rasterio.open(classes) as dataset:
        labels, transform, crs = dataset.read(1), dataset.transform, dataset.crs
    with rasterio.open(predictors) as dataset:
        values, names = dataset.read(), dataset.descriptions
    rng = np.random.default_rng(1)
    each = count // 9 + 1
    chosen = []
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        chosen.append(rng.choice(places, min(each, len(places)), replace=False))
    rows, columns = np.unravel_index(np.concatenate(chosen), labels.shape)
    x, y = transform * (columns + 0.5, rows + 0.5)
    places = np.transpose(Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y))
    columns = [labels[rows, columns].tolist(), places.tolist(), values[:, rows, columns].T.tolist()]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place},
            "properties": {"class": label, **dict(zip(names, row, strict=True))},
        }
        for label, place, row in zip(*columns, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


WORK: dict[str, Callable[[Path], Any]] = {
    "composite": lambda place: composite(sorted(place.glob("scene*.tif"))),
    "tile": lambda place: tile(place / "scene00.tif", TILE),
    "dense": lambda place: dense(place / "predictors.tif"),
    "convolution": lambda place: convolution(place / "predictors.tif"),
    "samples": lambda place: samples(place / "predictors.tif", place / "classes.tif", 10_000),
}


def answer(name: str, place: Path) -> Any:
    """Do a piece of work over the rasters in a folder."""
    return WORK[name](place)


def seconds(name: str, place: Path) -> float:
    """How long a piece of work takes."""
    start = time.perf_counter()
    answer(name, place)
    return time.perf_counter() - start
