"""Rasters for the benchmarks of Local Earth, drawn from a seed and imported as its assets."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine
from scipy.ndimage import zoom

from lib.localearth.importing import import_file

SIDE = 1024
SCENES = 12
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
PREDICTORS = tuple(f"p{number:02d}" for number in range(12))
ORIGIN = (600_000.0, 5_310_000.0)
CRS = "EPSG:32632"
SCALE_M = 10.0


def write_scenes(folder: Path, home: Path) -> list[Path]:
    """Write twelve scenes of six bands of reflectance and a cloud band, and import them.

    Returns:
        The files, tiled and with overviews, for those who work by hand.
    """
    rng = np.random.default_rng(7)
    base = np.stack([_field(rng, 1500) for _ in BANDS])
    paths = []
    for number in range(SCENES):
        clear = _field(rng, 1) > 0.35
        values = base + rng.normal(0, 60, base.shape)
        bands = [*np.clip(values, 1, 10_000).astype(np.uint16), clear.astype(np.uint16)]
        paths.append(_write(folder / f"scene{number:02d}.tif", bands, (*BANDS, "clear")))
        import_file(paths[-1], name=f"scene{number:02d}", home=home)
    return paths


def write_predictors(folder: Path, home: Path) -> Path:
    """Write twelve float predictors and import them."""
    rng = np.random.default_rng(8)
    bands = [(_field(rng, 1) - 0.5).astype(np.float32) for _ in PREDICTORS]
    path = _write(folder / "predictors.tif", bands, PREDICTORS)
    import_file(path, name="predictors", home=home)
    return path


def write_classes(folder: Path, home: Path) -> Path:
    """Write a map of nine classes of unlike size and import it."""
    share = _field(np.random.default_rng(9), 1)
    classes = np.clip(share**2 * 12, 0, 8).astype(np.uint8)
    path = _write(folder / "classes.tif", [classes], ("class",))
    import_file(path, name="classes", home=home, pyramiding="mode")
    return path


def _field(rng: np.random.Generator, top: float) -> np.ndarray:
    """Smooth numbers from 0 to `top`, `(SIDE, SIDE)`."""
    coarse = rng.uniform(0, top, (SIDE // 32 + 1,) * 2)
    return zoom(coarse, SIDE / len(coarse), order=1)[:SIDE, :SIDE]


def _write(path: Path, bands: list[np.ndarray], names: tuple[str, ...]) -> Path:
    transform = Affine(SCALE_M, 0, ORIGIN[0], 0, -SCALE_M, ORIGIN[1])
    profile = {"driver": "COG", "compress": "deflate", "crs": CRS, "transform": transform}
    shape = {"width": SIDE, "height": SIDE, "count": len(bands), "dtype": bands[0].dtype}
    with rasterio.open(path, "w", **profile, **shape) as dataset:
        dataset.write(np.stack(bands))
        for number, name in enumerate(names, start=1):
            dataset.set_band_description(number, name)
    return path
