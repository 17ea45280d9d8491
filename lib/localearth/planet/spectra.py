"""Spectra of the planet's materials at the bands of Sentinel-2, from `spectra.toml`.

A material has a mean reflectance and three loadings per band: how far reflectance moves with each
of three standard normal fields (brightness, vigour, moisture). They are the first three columns of
the Cholesky factor of the measured covariance, taken in the order red, near infrared, shortwave
infrared; what they leave over is independent noise per pixel and band.
"""

import functools
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
MEASURED = ("B2", "B3", "B4", "B8", "B11", "B12")
FIELDS = 3
PIVOTS = (2, 3, 4)  # positions in MEASURED of the bands that lead the fields: B4, B8, B11
DN = 10_000

# How the bands that are not measured for every material lie between their neighbours, as measured
# in the Amazonian scene (facts of the same file): B1 as a part of B2; B5, B6, B7 between B4 and
# B8; B8A and B9 beyond B8 by a part of B8 - B4.
SHAPES: dict[str, tuple[float, float, float, float, float, float]] = {
    "plant": (0.97, 0.195, 0.77, 0.98, 0.05, 0.06),
    "soil": (0.85, 0.40, 0.80, 0.98, 0.06, 0.08),
    "water": (1.10, 0.60, 0.35, 0.20, -0.05, -0.10),
    "snow": (1.00, 0.10, 0.35, 0.70, 0.20, 1.00),
}


@dataclass(frozen=True)
class Material:
    """Reflectance of a material at `BANDS`.

    Attributes:
        mean: `(bands,)`.
        loadings: `(bands, FIELDS)`, reflectance per standard deviation of a field.
        rest: `(bands,)` standard deviation of independent noise.
        source: Where the numbers come from.
    """

    name: str
    mean: NDArray[np.float64]
    loadings: NDArray[np.float64]
    rest: NDArray[np.float64]
    source: str


@functools.cache
def materials() -> dict[str, Material]:
    """All materials by name, in the order of the file."""
    text = (Path(__file__).parent / "spectra.toml").read_text(encoding="utf-8")
    entries = {k: v for k, v in tomllib.loads(text).items() if isinstance(v, dict)}
    return {name: _material(name, entry) for name, entry in entries.items()}


def _material(name: str, entry: dict[str, Any]) -> Material:
    mean = np.array(entry["mean"])
    covariance = _covariance(entry, mean)
    loadings, rest = _factor(covariance)
    spread = _spread_to_bands(entry["shape"])
    return Material(
        name, spread @ mean, spread @ loadings, np.abs(spread) @ rest, str(entry["source"])
    )


def _covariance(entry: dict[str, Any], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """The measured matrix, or that of a common brightness that varies by `spread`."""
    if "covariance" in entry:
        return np.array(entry["covariance"]) * float(entry.get("scatter", 1.0)) ** 2
    deviation = mean * entry["spread"]
    shared = np.outer(deviation, deviation)
    return shared * (0.85 + 0.15 * np.eye(len(mean)))


def _factor(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left = covariance.copy()
    loadings = np.zeros((len(left), FIELDS))
    for field, pivot in enumerate(PIVOTS):
        column = left[:, pivot] / math.sqrt(max(left[pivot, pivot], 1e-12))
        loadings[:, field] = column
        left = left - np.outer(column, column)
    return loadings, np.sqrt(np.clip(np.diag(left), 0, None))


def _spread_to_bands(shape: str) -> NDArray[np.float64]:
    """The matrix `(bands, measured)` that interpolates all bands."""
    b1, b5, b6, b7, b8a, b9 = SHAPES[shape]
    matrix = np.zeros((len(BANDS), len(MEASURED)))
    for name in MEASURED:
        matrix[BANDS.index(name), MEASURED.index(name)] = 1
    matrix[BANDS.index("B1"), MEASURED.index("B2")] = b1
    red, nir = MEASURED.index("B4"), MEASURED.index("B8")
    for name, part in (("B5", b5), ("B6", b6), ("B7", b7), ("B8A", 1 + b8a), ("B9", 1 + b9)):
        matrix[BANDS.index(name), red] = 1 - part
        matrix[BANDS.index(name), nir] = part
    return matrix


@functools.cache
def table(names: tuple[str, ...]) -> NDArray[np.float32]:
    """Whole digital numbers of some materials: `(1 + FIELDS, bands, materials)`.

    Whole numbers make sums of products exact in float32, whatever order a library adds them in.
    """
    chosen = [materials()[name] for name in names]
    rows = [np.stack([m.mean for m in chosen], axis=1)]
    rows += [np.stack([m.loadings[:, i] for m in chosen], axis=1) for i in range(FIELDS)]
    return np.rint(np.stack(rows) * DN).astype(np.float32)
