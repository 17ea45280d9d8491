"""Exports of images: to GeoTIFFs, TFRecord patches, or an asset."""

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from lib.localearth import export_patches, memory, orders, pixels, render
from lib.localearth.assets import asset_id_of
from lib.localearth.batch import Job
from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.export_options import GeoTiffOptions, PatchOptions
from lib.localearth.management import describe
from lib.localearth.placement import footprint_of
from lib.localearth.placement_grid import export_grid
from lib.localearth.raster import pyramid
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading

_MEMO_BYTES = 64 * 2**20


def run(job: Job) -> list[str]:
    """Export an image.

    Returns:
        Where its files or its asset are.

    Raises:
        EarthError: It has no bounds, too many pixels or bands of several types.
    """
    found = job.engine.image(job.order["expression"])
    image: Image = found.value
    grid = export_grid(image)
    _check_size(image, grid, orders.max_pixels(job.order))
    place = orders.destination(job.order, job.desk)
    tags = {"SIMULATED": pixels.SIMULATED} if found.simulated else {}
    if place.files is None:
        policy = orders.policies(place.options)
        return [_to_asset(job, place.asset, _Order(image, grid, tags), policy)]
    if place.options["fileFormat"] == "TF_RECORD_IMAGE":
        patches = PatchOptions.of(place.options)
        files = export_patches.write(job, image, grid, patches, simulated=found.simulated)
    else:
        files = _write_geotiffs(job, _Order(image, grid, tags), GeoTiffOptions.of(place.options))
    for suffix, draft in files:
        job.deliver(draft, place.files.path(suffix))
    return [place.files.folder.as_uri()]


@dataclass(frozen=True)
class _Order:
    """An image on a grid, and what its files shall say."""

    image: Image
    grid: Grid
    tags: Mapping[str, str]


def _check_size(image: Image, grid: Grid, limit: int) -> None:
    if len(image.bands) > pixels.MAX_BANDS:
        raise EarthError(
            f"Too many bands: {len(image.bands)}, but only {pixels.MAX_BANDS} allowed."
        )
    count = grid.width * grid.height
    if count > limit:
        raise EarthError(
            f"Export too large: specified {count} pixels (max: {limit}). Specify higher maxPixels "
            "value if you intend to export a large area."
        )


def _write_geotiffs(job: Job, order: _Order, options: GeoTiffOptions) -> list[tuple[str, Path]]:
    """Write one file, or several where their size is limited; suffixes tell their first pixel."""
    grid = order.grid
    width, height = options.file_size[0] or grid.width, options.file_size[1] or grid.height
    corners = [(y, x) for y in range(0, grid.height, height) for x in range(0, grid.width, width)]
    files = []
    for number, (row, column) in enumerate(corners):
        size = min(width, grid.width - column), min(height, grid.height - row)
        part = _Order(order.image, grid.window(column, row, *size), order.tags)
        draft = job.scratch(".tif")
        share = number / len(corners), 1 / len(corners)
        valid = _write_geotiff(job, draft, part, options, share)
        suffix = ".tif" if len(corners) == 1 else f"-{row:010d}-{column:010d}.tif"
        if valid or not options.skip_empty:
            files.append((suffix, _optimized(job, draft) if options.cloud_optimized else draft))
    return files


def _write_geotiff(
    job: Job, path: Path, order: _Order, options: GeoTiffOptions, share: tuple[float, float]
) -> bool:
    """Write a file in parts; tells whether any of its pixels is valid."""
    bands = order.image.bands
    dtype = render.common_type([band.type.dtype for band in bands])
    any_valid = False
    with _new_geotiff(path, order, dtype, options.no_data) as dataset:
        for window, planes in _parts(job, order, share):
            for number, plane in enumerate(planes, start=1):
                block = np.full(plane.data.shape[:2], options.no_data or 0).astype(dtype)
                pixels.fill(block, plane)
                any_valid = any_valid or bool(plane.valid.any())
                dataset.write(block, number, window=window)
    return any_valid


@contextlib.contextmanager
def _new_geotiff(
    path: Path, order: _Order, dtype: np.dtype[Any], no_data: float | None
) -> Iterator[Any]:
    grid = order.grid
    profile: dict[str, Any] = {
        "driver": "GTiff", "width": grid.width, "height": grid.height,
        "count": len(order.image.bands), "dtype": dtype, "crs": grid.crs, "nodata": no_data,
        "transform": Affine(*grid.transform), "tiled": True, "blockxsize": 256, "blockysize": 256,
        "interleave": "band", "compress": "deflate", "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.update_tags(**order.tags)
        for number, name in enumerate(order.image.names, start=1):
            dataset.set_band_description(number, name)
        yield dataset


def _parts(
    job: Job, order: _Order, share: tuple[float, float] = (0.0, 1.0)
) -> Iterator[tuple[Any, list[Plane]]]:
    """Planes of an image part by part, with their window; tells how far it is."""
    from rasterio.windows import Window

    grid = order.grid
    side = min(pixels.PART, memory.part_side(memory.probe(order.image, grid), 0))
    count = math.ceil(grid.height / side) * math.ceil(grid.width / side)
    for done, (part, rows, columns) in enumerate(pixels.parts(grid, side)):
        job.progress(share[0] + share[1] * done / count)
        planes = order.image.planes(part, Reading(_MEMO_BYTES))
        yield Window(columns.start, rows.start, part.width, part.height), planes


def _optimized(job: Job, draft: Path) -> Path:
    """The same as a cloud-optimised GeoTIFF."""
    from rasterio.shutil import copy

    target = job.scratch(".tif")
    copy(draft, target, driver="COG", compress="deflate", blocksize=512, bigtiff="if_safer")
    draft.unlink()
    return target


def _to_asset(job: Job, name: str, order: _Order, policy: str) -> str:
    image, grid = order.image, order.grid
    if any(band.type.dimensions for band in image.bands):
        raise EarthError("Array-valued bands cannot be written; flatten or project them first.")
    with job.new_asset(name) as draft:
        masked = _write_level(job, draft, order)
        levels = pyramid.level_count(grid.width, grid.height)
        masks = len(image.bands) if masked else 0
        if not masked:
            (draft / "0.mask.tif").unlink()
        pyramid.build(draft, levels, masks=masks, policy=policy)
        described = _described(order) | {"levels": levels, "masks": masks}
        describe(draft, "IMAGE", described, name=name)
    return asset_id_of(name)


def _write_level(job: Job, draft: Path, order: _Order) -> bool:
    """Write pixels and masks of level 0; tells whether any pixel is masked."""
    grid, bands = order.grid, order.image.bands
    size = {"width": grid.width, "height": grid.height, "count": len(bands)}
    dtype = np.result_type(*(band.type.dtype for band in bands))
    dtype = np.dtype(np.float64) if dtype == np.int64 else dtype
    masked = False
    with (
        pyramid.new_level(draft / "0.tif", **size, dtype=str(dtype)) as values,
        pyramid.new_level(draft / "0.mask.tif", **size, dtype="uint8") as masks,
    ):
        for window, planes in _parts(job, order):
            for number, plane in enumerate(planes, start=1):
                block = np.zeros(plane.data.shape[:2], dtype)
                pixels.fill(block, plane)
                values.write(block, number, window=window)
                levels = _mask_levels(plane)
                masked = masked or bool((levels < 255).any())
                masks.write(levels, number, window=window)
    return masked


def _mask_levels(plane: Plane) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.ceil(plane.weights * 255).astype(np.uint8)
    return levels


def _described(order: _Order) -> dict[str, Any]:
    grid, image = order.grid, order.image
    size = {"width": grid.width, "height": grid.height}
    pixel_grid = {"dimensions": size, "crsCode": grid.crs}
    bands = [
        {"id": band.name, "dataType": _data_type(band.type), "grid": pixel_grid}
        for band in image.bands
    ]
    kept = {
        k: v for k, v in image.properties.items() if k not in ("system:index", "system:footprint")
    }
    return {
        "bands": bands, "crs": grid.crs, "transform": list(grid.transform), **size,
        "geometry": footprint_of("export", grid.crs, grid.transform, (grid.height, grid.width)),
        "properties": {key: encode(value) for key, value in kept.items()},
        "simulated": bool(order.tags),
    }  # fmt: skip


def _data_type(kind: Any) -> dict[str, Any]:
    limits = {} if kind.minimum is None else {"min": kind.minimum, "max": kind.maximum}
    return {"precision": kind.precision, **limits}
