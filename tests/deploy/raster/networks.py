"""Small networks of every kind of layout, and rasters of their predictors."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from lib.core.grid import Grid
from lib.core.model_plan import ModelPlan
from lib.models.networks import build_network
from tests.deploy.conftest import LEGEND, NAMES, shuffled

HOLE = (slice(30, 37), slice(40, 52))
"""Rows and columns of a raster that hold no imagery."""


def network_of(family: str, *, side: int = 8, steps: int = 5) -> Any:
    """A network of a family with weights that matter."""
    sizes: dict[str, Any] = {
        "mlp": {"hidden_units": (8, 6)},
        "gru": {"recurrent_units": (5,), "hidden_units": (), "bidirectional": True},
        "patch_cnn": {"filters": (5, 4), "hidden_units": (6,)},
        "fcn": {"filters": (6, 5, 4)},
        "unet": {"filters": (4, 6)},
    }
    inner = {"mlp": (), "gru": (steps,)}.get(family, (side, side))
    rng = np.random.default_rng(3)
    x_train = rng.normal(0.2, 0.7, (40, *inner, len(NAMES))).astype(np.float32)
    plan = ModelPlan(family=family, activation="relu", dropout=0.0, **sizes[family])
    network = build_network(plan, x_train, n_classes=len(LEGEND))
    return shuffled(network, spread=0.6)


def write_raster(path: Path, *, side: int = 96, bands: tuple[str, ...] = NAMES) -> Path:
    """Waves and a little noise in float32, without imagery in `HOLE`."""
    rng = np.random.default_rng(5)
    rows, cols = np.mgrid[0:side, 0:side] / 9.0
    values = [
        np.sin(rows * (0.5 + place) + 0.3 * place) + np.cos(cols + place)
        for place in range(len(bands))
    ]
    stack = np.stack(values).astype(np.float32)
    stack += rng.normal(0, 0.2, stack.shape).astype(np.float32)
    stack[:, HOLE[0], HOLE[1]] = -9999
    profile = {
        "driver": "GTiff", "height": side, "width": side, "count": len(bands),
        "dtype": "float32", "nodata": -9999, "crs": "EPSG:32633",
        "transform": rasterio.Affine(10, 0, 280_000, 0, -10, 5_320_000),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(stack)
        file.descriptions = bands
    return path


def grid_of(path: Path) -> Grid:
    """The pixels of a raster."""
    with rasterio.open(path) as file:
        t = file.transform
        return Grid(file.crs.to_string(), (t.a, t.b, t.c, t.d, t.e, t.f), file.shape)
