"""A small scene of the tests' own: three bands, a label map, polygons and points as files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import Point, Polygon

from lib.core.aoi import Aoi
from lib.earthengine import assets
from lib.earthengine.access import Connection
from lib.earthengine.connection import local

CRS = "EPSG:32633"
# 30 rows of 40 pixels of 20 m; its corner is off the multiples of 20 m by 7 m.
TRANSFORM = Affine(20.0, 0.0, 300_007.0, 0.0, -20.0, 5_310_007.0)
SHAPE = (30, 40)
BANDS = ("blue", "green", "red")
CODES = (10, 20, 30)
# Corner coordinates in pixels of the scene, none of them on a pixel's centre.
POLYGONS = (
    ("wood", [(2.2, 3.1), (11.8, 3.1), (11.8, 9.7), (2.2, 9.7)]),
    ("water", [(15.1, 2.4), (24.9, 6.2), (20.1, 14.8)]),
    ("wood", [(28.2, 20.3), (38.6, 20.3), (38.6, 27.9), (28.2, 27.9)]),
    ("field", [(9.4, 7.3), (17.6, 7.3), (17.6, 12.2), (9.4, 12.2)]),
)
POINTS = (("wood", (5.5, 5.5)), ("water", (20.4, 8.9)), ("field", (30.1, 2.7)))


@dataclass(frozen=True)
class Scene:
    """The assets and what they hold.

    Attributes:
        earth: Local Earth that has them.
        image, label_map, polygons, points: Asset ids.
        values: `(bands, rows, columns)` float32, NaN in a corner.
        codes: `(rows, columns)` label codes; 0 is no label.
        aoi: The whole scene.
    """

    earth: Connection
    image: str
    label_map: str
    polygons: str
    points: str
    values: NDArray[np.float32]
    codes: NDArray[np.uint8]
    aoi: Aoi

    @property
    def valid(self) -> NDArray[np.bool_]:
        return np.isfinite(self.values).all(axis=0)


def make_scene(folder: Path) -> Scene:
    earth = local(folder / "home")
    values, codes = _values(), _codes()
    image = assets.import_raster(earth, _write_raster(folder / "image.tif", values), "image")
    label_map = assets.import_raster(
        earth, _write_raster(folder / "labels.tif", codes[None], nodata=0), "labels"
    )
    shapes = [(name, Polygon([TRANSFORM @ xy for xy in ring])) for name, ring in POLYGONS]
    polygons = assets.import_features(earth, _write_table(folder / "p.gpkg", shapes), "polygons")
    places = [(name, Point(TRANSFORM @ xy)) for name, xy in POINTS]
    points = assets.import_features(earth, _write_table(folder / "q.gpkg", places), "points")
    aoi = assets.extent(earth, image)
    return Scene(earth, image, label_map, polygons, points, values, codes, aoi)


def polygon_pixels(number: int) -> NDArray[np.bool_]:
    """Pixels whose centre lies in a polygon, as rasterio has them."""
    ring = Polygon([TRANSFORM @ xy for xy in POLYGONS[number][1]])
    return rasterize([ring], SHAPE, transform=TRANSFORM).astype(bool)


def _values() -> NDArray[np.float32]:
    values = np.random.default_rng(3).uniform(0, 1000, (3, *SHAPE)).astype(np.float32)
    values[1, 24:, :6] = np.nan
    return values


def _codes() -> NDArray[np.uint8]:
    rows, cols = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    codes = np.where(cols < 20, 10, 20).astype(np.uint8)
    codes[:3, :4] = 30
    codes[rows == 29] = 0
    return codes


def _write_raster(path: Path, values: NDArray[Any], nodata: float | None = None) -> Path:
    count, height, width = values.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype=values.dtype,
        crs=CRS,
        transform=TRANSFORM,
        nodata=np.nan if values.dtype.kind == "f" else nodata,
    ) as file:
        file.write(values)
        file.descriptions = BANDS[:count] if count > 1 else ("label",)
    return path


def _write_table(path: Path, shapes: list[tuple[str, Any]]) -> Path:
    frame = geopandas.GeoDataFrame(
        {"cover": [name for name, _ in shapes], "code": [len(name) for name, _ in shapes]},
        geometry=[shape for _, shape in shapes],
        crs=CRS,
    )
    frame.to_file(path)
    return path
