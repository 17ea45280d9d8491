"""A GeoTIFF becomes an image: pixels, masks and a pyramid in the asset's folder."""

import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from lib.localearth.errors import EarthError
from lib.localearth.placement import checked_crs, footprint_of
from lib.localearth.raster import pyramid
from lib.localearth.raster.projection import type_of_dtype

MAX_BANDS = 1024


@dataclass(frozen=True)
class _Reader:
    """An opened raster and how its bands and masks are read."""

    dataset: Any
    numbers: tuple[int, ...]
    alpha: int | None

    @property
    def masks(self) -> int:
        """How many masks are kept: 0, 1 for all bands, or one for each."""
        if self.alpha is not None:
            return 1
        flags = [self.dataset.mask_flag_enums[number - 1] for number in self.numbers]
        if any(MaskFlags.nodata in flag for flag in flags) or self._is_float:
            return len(self.numbers)
        return 1 if any(MaskFlags.per_dataset in flag for flag in flags) else 0

    @property
    def _is_float(self) -> bool:
        return any(self.dataset.dtypes[number - 1].startswith("float") for number in self.numbers)

    def pixels(self, window: Window) -> NDArray[Any]:
        """Bands of a window; what is not a number becomes 0."""
        values: NDArray[Any] = self.dataset.read(list(self.numbers), window=window)
        return np.nan_to_num(values, posinf=0, neginf=0) if values.dtype.kind == "f" else values

    def mask(self, window: Window) -> NDArray[np.uint8]:
        """Masks of a window, 0..255."""
        if self.alpha is not None:
            levels = self.dataset.read([self.alpha], window=window)
            return _to_bytes(levels)
        found = self.dataset.read_masks(list(self.numbers[: self.masks]), window=window)
        if self._is_float:
            values = self.dataset.read(list(self.numbers), window=window)
            found = np.where(np.isfinite(values), found, 0)
        return np.asarray(found, np.uint8)


def _to_bytes(levels: NDArray[Any]) -> NDArray[np.uint8]:
    greatest = np.iinfo(levels.dtype).max if levels.dtype.kind in "ui" else 1.0
    scaled: NDArray[np.uint8] = np.ceil(levels * (255.0 / greatest)).astype(np.uint8)
    return scaled


def write_raster(
    path: Path, draft: Path, pyramiding: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write a raster's pixels, masks and pyramid.

    Args:
        path: A GeoTIFF.
        draft: Empty folder of the asset.
        pyramiding: One of `pyramid.POLICIES`, or "" to decide by the colour table.

    Returns:
        What `asset.json` shall say, and notes in sentences.

    Raises:
        EarthError: It cannot be read or placed on the Earth.
    """
    if pyramiding and pyramiding not in pyramid.POLICIES:
        known = ", ".join(pyramid.POLICIES)
        raise EarthError(f"Pyramiding '{pyramiding}' is not known. Known: {known}.")
    with _opened(path) as (dataset, notes):
        _check_types(path, dataset)
        reader = _reader(dataset)
        crs = checked_crs(path.name, dataset.crs.to_wkt())
        footprint = footprint_of(path.name, crs, tuple(dataset.transform)[:6], dataset.shape)
        palette = _palette(dataset, reader.numbers)
        levels = pyramid.level_count(dataset.width, dataset.height)
        masks = _copy(reader, draft, path.name)
        policy = pyramiding or ("mode" if palette else "mean")
        pyramid.build(draft, levels, masks=masks, policy=policy)
        described = _describe(reader, crs, levels, masks) | {"geometry": footprint}
        return described | {"properties": _properties(reader, palette)}, notes


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The raster where it has a CRS, or a view of it that its control points place."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            dataset = stack.enter_context(rasterio.open(path, driver="GTiff"))
        except RasterioError as error:
            raise EarthError(f"'{path.name}' cannot be read as a GeoTIFF: {error}") from None
        points, points_crs = dataset.gcps
        if dataset.crs is not None and _has_transform(dataset):
            yield dataset, ()
        elif len(points) >= 3 and points_crs is not None:
            note = f"Placed by its {len(points)} ground control points and resampled."
            yield stack.enter_context(WarpedVRT(dataset, crs=points_crs, add_alpha=True)), (note,)
        else:
            raise _unplaced(path, dataset)


def _has_transform(dataset: Any) -> bool:
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    identity = (a, b, c, d, e, f) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    return not identity and a * e - b * d != 0


def _unplaced(path: Path, dataset: Any) -> EarthError:
    if dataset.crs is not None:
        reason = "no geotransform"
    elif dataset.rpcs:
        reason = "only rational polynomial coefficients, which need an elevation model"
    else:
        reason = "no coordinate reference system"
    return EarthError(
        f"'{path.name}' has {reason}, so it cannot be placed on the Earth. "
        "Place it (for example with gdalwarp or gdal_edit) and import it again."
    )


def _check_types(path: Path, dataset: Any) -> None:
    kinds = set(dataset.dtypes)
    odd = sorted(kind for kind in kinds if "complex" in kind or kind in ("int64", "uint64"))
    if odd:
        raise EarthError(
            f"'{path.name}' holds {odd[0]} values; bands hold whole numbers of at most 32 bits "
            "or floating-point numbers."
        )
    if dataset.count > MAX_BANDS:
        raise EarthError(f"'{path.name}' has {dataset.count} bands; at most {MAX_BANDS} are kept.")


def _reader(dataset: Any) -> _Reader:
    alphas = [n for n, kind in enumerate(dataset.colorinterp, 1) if kind is ColorInterp.alpha]
    numbers = tuple(n for n in range(1, dataset.count + 1) if n not in alphas)
    if not numbers:
        raise EarthError("The raster has no band besides its alpha band.")
    return _Reader(dataset, numbers, alphas[0] if alphas else None)


def _copy(reader: _Reader, draft: Path, name: str) -> int:
    """Write level 0 and its masks; tells how many masks are needed at all."""
    dataset, masks = reader.dataset, reader.masks
    size = {"width": dataset.width, "height": dataset.height}
    with contextlib.ExitStack() as stack:
        count, dtype = len(reader.numbers), _dtype(dataset)
        level = pyramid.new_level(draft / "0.tif", **size, count=count, dtype=dtype)
        values = stack.enter_context(level)
        target = draft / "0.mask.tif"
        mask = pyramid.new_level(target, **size, count=masks, dtype="uint8") if masks else None
        if mask is not None:
            stack.enter_context(mask)
        complete = True
        try:
            for window in pyramid.windows(dataset.width, dataset.height):
                values.write(reader.pixels(window).astype(dtype), window=window)
                if mask is not None:
                    levels = reader.mask(window)
                    complete = complete and bool((levels == 255).all())
                    mask.write(levels, window=window)
        except RasterioError as error:
            raise EarthError(f"'{name}' is damaged: {error}") from None
    if masks and complete:
        target.unlink()
        return 0
    return masks


def _dtype(dataset: Any) -> str:
    """The one type that holds all bands."""
    return str(np.result_type(*(np.dtype(kind) for kind in dataset.dtypes)))


def _describe(reader: _Reader, crs: str, levels: int, masks: int) -> dict[str, Any]:
    dataset = reader.dataset
    grid = {"dimensions": {"width": dataset.width, "height": dataset.height}, "crsCode": crs}
    names = band_names([dataset.descriptions[number - 1] for number in reader.numbers])
    bands = [
        {"id": name, "dataType": _data_type(dataset.dtypes[number - 1]), "grid": grid}
        for name, number in zip(names, reader.numbers, strict=True)
    ]
    return {
        "bands": bands, "crs": crs, "transform": list(dataset.transform)[:6],
        "width": dataset.width, "height": dataset.height, "levels": levels, "masks": masks,
    }  # fmt: skip


def _data_type(dtype: str) -> dict[str, Any]:
    kind = type_of_dtype(np.dtype(dtype))
    limits = {} if kind.minimum is None else {"min": kind.minimum, "max": kind.maximum}
    return {"precision": kind.precision, **limits}


def band_names(descriptions: Sequence[str | None]) -> list[str]:
    """Names from descriptions, made of letters, digits and underscores; "B1" and on where empty."""
    names: list[str] = []
    for number, description in enumerate(descriptions, start=1):
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", (description or "").strip()).strip("_")
        name = base = plain or f"B{number}"
        copies = 1
        while name in names:
            name, copies = f"{base}_{copies}", copies + 1
        names.append(name)
    return names


def _palette(dataset: Any, numbers: Sequence[int]) -> dict[int, str]:
    """Colours by class value of a raster with a colour table, or nothing."""
    if len(numbers) != 1 or dataset.colorinterp[numbers[0] - 1] is not ColorInterp.palette:
        return {}
    table = dataset.colormap(numbers[0])
    return {v: f"{r:02x}{g:02x}{b:02x}" for v, (r, g, b, a) in table.items() if a and (r or g or b)}


def _properties(reader: _Reader, palette: dict[int, str]) -> dict[str, Any]:
    dataset = reader.dataset
    found: dict[str, Any] = {}
    names = band_names([dataset.descriptions[number - 1] for number in reader.numbers])
    for name, number in zip(names, reader.numbers, strict=True):
        scale, offset = dataset.scales[number - 1], dataset.offsets[number - 1]
        if (scale, offset) != (1.0, 0.0):
            found |= {f"{name}_scale": scale, f"{name}_offset": offset}
    if palette:
        found[f"{names[0]}_class_values"] = list(palette)
        found[f"{names[0]}_class_palette"] = list(palette.values())
    return found
