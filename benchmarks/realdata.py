"""Real data of others as sample sets, with the split that their figures are told for."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core.crs import lonlat_from
from lib.core.grouping import assign_groups
from lib.core.labelcolumns import legend_of_column
from lib.core.legend import Legend
from lib.core.plan import SplitPlan
from lib.core.samples import NO_GROUP, SampleSet
from lib.core.split import Split, group_table, make_split, polygon_groups
from lib.core.tables.reading import read_table
from lib.core.tables.samples import samples_from_table, suggested_plan

_DEGREE_M = 111_320.0
_FORMOSAT_BANDS = ("nir", "red", "green")
_PIXEL_M = 10.0
_TEST = 2
_VALIDATION = SplitPlan().validation


@dataclass(frozen=True)
class RealData:
    """A data set and how it is parted.

    Attributes:
        name: Its folder below the shared data.
        read: Reads it from that folder.
        plan: How its test set is drawn.
        words: The split in words.
    """

    name: str
    read: Callable[[Path], SampleSet]
    plan: SplitPlan
    words: str


def folder() -> Path:
    """The folder of the shared data, which may be absent."""
    return Path(os.environ.get("LOAM_DATA", Path(__file__).parents[2] / "shared" / "data"))


def _hula(path: Path) -> SampleSet:
    return _of_table(read_table({"hula.csv": path / "Hula_S2_DynamicWorld_samples.csv"}), "pixel")


def _prodes(path: Path) -> SampleSet:
    return _of_table(read_table({"prodes.csv": path / "prodes_226_064.csv"}), "series")


def _formosat(path: Path) -> SampleSet:
    """Training and test file as one table, with the part in a column."""
    parts = []
    for name in ("train", "test"):
        rows = pd.read_csv(path / f"{name}_dataset.csv", header=None)
        dates = (rows.shape[1] - 2) // len(_FORMOSAT_BANDS)
        values = [f"{band}_t{date}" for date in range(dates) for band in _FORMOSAT_BANDS]
        rows = rows.set_axis(["class", "group", *values], axis=1).copy()
        parts.append(rows.assign(part={"train": "training"}.get(name, name)))
    return _of_table(pd.concat(parts, ignore_index=True), "series")


def _of_table(frame: pd.DataFrame, form: str) -> SampleSet:
    """Samples of the columns that the app would suggest."""
    plan = suggested_plan(frame, source="table")
    legend = legend_of_column(frame[plan.class_property])
    return samples_from_table(frame, plan, legend, form=form)[0]


def _slovenia(path: Path) -> SampleSet:
    """A series for every pixel with a reference; clouds and missing data are not observed."""
    ndvi, cloud, data = (np.load(path / f"{name}.npy") for name in ("NDVI", "CLM", "IS_DATA"))
    reference = np.load(path / "LULC.npy")[..., 0]
    row, col = np.nonzero(reference)
    valid = ((data > 0) & (cloud == 0))[:, row, col, 0].T
    values = np.where(valid, ndvi[:, row, col, 0].T, 0)
    legend = Legend.from_values(np.unique(reference[row, col]).tolist())
    corners = json.loads((path / "bbox.geojson").read_text())["coordinates"][0]
    west, north = min(x for x, _ in corners), max(y for _, y in corners)
    lon, lat = lonlat_from("EPSG:32633").transform(
        west + (col + 0.5) * _PIXEL_M, north - (row + 0.5) * _PIXEL_M
    )
    stamps = json.loads((path / "timestamps.json").read_text())
    return SampleSet(
        predictors=values[..., None],
        class_index=legend.to_index(reference[row, col]),
        names=("NDVI",),
        legend=legend,
        lon=np.asarray(lon),
        lat=np.asarray(lat),
        group=np.full(len(row), NO_GROUP),
        ids=np.arange(len(row)),
        valid=valid,
        steps=tuple(stamp[:10] for stamp in stamps),
    )


def _scene(path: Path) -> SampleSet:
    """The pixels whose centres lie in polygons, in the order of the polygons."""
    import geopandas
    import rasterio
    from rasterio.features import rasterize

    polygons = geopandas.read_file(path / "polygons.gpkg")
    with rasterio.open(path / "image.tif") as image:
        outlines = polygons.to_crs(image.crs).geometry
        burnt = [(outline, number + 1) for number, outline in enumerate(outlines)]
        which = rasterize(burnt, image.shape, transform=image.transform, dtype="int32")
        row, col = np.nonzero(which)
        values, names = image.read()[:, row, col].T, image.descriptions
        x, y = rasterio.transform.xy(image.transform, row, col)
        lon, lat = lonlat_from(image.crs.to_string()).transform(np.array(x), np.array(y))
    group = which[row, col] - 1
    legend = legend_of_column(polygons["class"])
    classes = polygons["class"].map(legend.names.index).to_numpy()
    seen = np.isfinite(values).all(axis=1)
    return SampleSet(
        predictors=values[seen],
        class_index=classes[group[seen]],
        names=tuple(names),
        legend=legend,
        lon=lon[seen],
        lat=lat[seen],
        group=group[seen],
        ids=np.arange(int(seen.sum())),
    )


def parted(samples: SampleSet, plan: SplitPlan, seed: int) -> Split:
    """Part samples into a test set that is the same for all seeds, and the rest by the seed.

    The test set is the given one where the labels say so, else it is drawn with the seed of the
    plan; validation is cut from the rest by class, or by whole blocks, polygons or groups.
    """
    if samples.given is None:
        split = make_split(samples, plan)
    else:
        empty = np.empty(0, np.int64)
        test = np.flatnonzero(samples.given == _TEST)
        split = Split(empty, empty, test, plan.kind, plan.seed, groups=polygon_groups(samples))
    left = np.setdiff1d(np.arange(len(samples)), split.test)
    # Where there are no groups, every sample is one.
    groups = np.arange(len(samples)) if split.groups is None else split.groups
    of_left = np.unique(groups[left], return_inverse=True)[1]
    dealt = assign_groups(
        group_table(of_left, samples.take(left)),
        np.array([1 - _VALIDATION, _VALIDATION]),
        rng=np.random.default_rng(seed),
        priority=(0, 1),
    )[of_left]
    return replace(split, training=left[dealt == 0], validation=left[dealt == 1], seed=seed)


_SETS = (
    RealData(
        "series/formosat2",
        _formosat,
        SplitPlan(kind="column"),
        "official test set, polygons disjoint",
    ),
    RealData(
        "series/slovenia_ndvi",
        _slovenia,
        SplitPlan(kind="blocks", block_size_m=20 * _PIXEL_M),
        "blocks of 200 m",
    ),
    RealData(
        "series/landsat8_amazon",
        _prodes,
        SplitPlan(kind="blocks", block_size_m=_DEGREE_M / 10),
        "blocks of 0.1 degrees",
    ),
    RealData("tables/hula", _hula, SplitPlan(kind="random", test=0.3), "random 70/30, stratified"),
    RealData("scenes/landsat5_para", _scene, SplitPlan(kind="polygon"), "polygons disjoint"),
    RealData("scenes/sentinel2_amazon", _scene, SplitPlan(kind="polygon"), "polygons disjoint"),
)

SETS: dict[str, RealData] = {one.name: one for one in _SETS}
