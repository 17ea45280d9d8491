"""image:computePixels and thumbnails: an image on a grid becomes a file, evaluated in parts."""

import io
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import memory, render, strips
from lib.localearth.errors import EarthError
from lib.localearth.placement_grid import AFFINE, native_grid
from lib.localearth.raster.footprint import lonlat_bounds
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane
from lib.localearth.raster.projection import Transform, crs_of

# https://developers.google.com/earth-engine/reference/rest/v1/projects.image/computePixels
MAX_BYTES = 50_331_648
MAX_SIDE = 32_768
MAX_BANDS = 1024
SIMULATED = "yes: computed from noise, not an image of the Earth"
PART = 512  # side of the parts that are evaluated at once
UNPROBED_PIXELS = 256 * 256  # a tile; to measure its need first would cost more than it does
THUMBNAIL_SIDE = 512

_NEEDED = "A pixel grid needs dimensions, affineTransform and crsCode or crsWkt."
_MIME = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "NPY": "application/octet-stream",
    "GEO_TIFF": "image/tiff",
    "ZIPPED_GEO_TIFF": "application/zip",
    "ZIPPED_GEO_TIFF_PER_BAND": "application/zip",
}


def answer(
    image: Image,
    body: Mapping[str, Any],
    *,
    simulated: Callable[[], bool],
    thumbnail: bool = False,
    needs: dict[str, memory.Need] | None = None,
    heavy: bool = False,
) -> tuple[str, bytes]:
    """Answer a request for pixels.

    Args:
        image: What to read.
        body: Request with "grid", "bandIds", "fileFormat", "visualizationOptions".
        simulated: Tells, once the pixels are read, whether the file's metadata shall say that
            the data are simulated.
        thumbnail: Whether it is a thumbnail or download: a grid that is left out means a picture of
            moderate size, and less may be sent.
        needs: Keeps what is known of the image's need of memory for the next request.
        heavy: Whether even a request of few pixels may need much memory.

    Returns:
        Content type and bytes.

    Raises:
        EarthError: The request is too large or malformed.
    """
    image = select(image, body.get("bandIds"))
    grid = requested_grid(image, body.get("grid"), thumbnail=thumbnail)
    kind = str(body.get("fileFormat") or "AUTO_JPEG_PNG")
    limits = DOWNLOAD if thumbnail else COMPUTED

    def part_side(shown: Image) -> int:
        few = grid.width * grid.height <= UNPROBED_PIXELS and not heavy
        return PART if few else side_of_parts(shown, grid, {} if needs is None else needs)

    if kind in ("PNG", "JPEG", "AUTO_JPEG_PNG"):
        return _picture(image, grid, body, kind, part_side)
    if kind not in _MIME:
        raise EarthError(f"Unsupported file format: {kind}.")
    _check_size(image, grid, limits)
    bands = read(image, grid, part=part_side(image))
    tags = {"SIMULATED": SIMULATED} if simulated() else {}
    return _MIME[kind], _data_file(kind, bands, grid, tags, str(body.get("filenamePrefix") or ""))


def select(image: Image, band_ids: Any) -> Image:
    """Keep the named bands, in the order of the names."""
    if not band_ids:
        return image
    if isinstance(band_ids, str):
        band_ids = band_ids.split(",")
    by_name = {band.name: band for band in image.bands}
    missing = [name for name in band_ids if name not in by_name]
    if missing:
        raise EarthError(
            f"Band '{missing[0]}' not found. Available bands: [{', '.join(image.names)}]"
        )
    return image.with_bands([by_name[name] for name in band_ids])


def side_of_parts(image: Image, grid: Grid, needs: dict[str, memory.Need]) -> int:
    """The side of parts in which a request fits into memory.

    Args:
        image: What is read.
        grid: All pixels.
        needs: What was measured before, and will be kept.

    Raises:
        EarthError: It fits in none.
    """
    key = f"{image.names} {grid.crs} {grid.transform[:2]} {grid.transform[3:5]}"
    if key not in needs:
        needs[key] = memory.probe(image, grid)
    sizes = [band.type.dtype.itemsize for band in image.bands]
    return memory.part_side(needs[key], memory.output_bytes(grid, sizes))


def estimate(image: Image, grid: Grid) -> float:
    """Bytes that a request for pixels will need beyond what its process holds."""
    sizes = [band.type.dtype.itemsize for band in image.bands]
    output = memory.output_bytes(grid, sizes)
    need = memory.probe(image, grid)
    side = min(memory.part_side(need, output), max(grid.width, grid.height))
    return need.at(side) + output


def read(image: Image, grid: Grid, *, part: int = PART) -> dict[str, NDArray[Any]]:
    """All bands on a grid by name; masked pixels are 0.

    Args:
        image: What to read.
        grid: Its pixels.
        part: Side of the parts that are evaluated at once.

    Raises:
        EarthError: Pixels are arrays.
    """
    shape = (grid.height, grid.width)
    bands = {band.name: np.zeros(shape, band.type.dtype) for band in image.bands}
    for window, rows, columns in parts(grid, part):
        for band, plane in zip(image.bands, strips.planes(image, window), strict=True):
            fill(bands[band.name][rows, columns], plane)
    return bands


def parts(grid: Grid, side: int = PART) -> Iterator[tuple[Grid, slice, slice]]:
    """Cut a grid into square parts, with their rows and columns."""
    for row in range(0, grid.height, side):
        for column in range(0, grid.width, side):
            height, width = min(side, grid.height - row), min(side, grid.width - column)
            part = grid.window(column, row, width, height)
            yield part, slice(row, row + height), slice(column, column + width)


def fill(target: NDArray[Any], plane: Plane) -> None:
    """Write the valid pixels of a plane.

    Raises:
        EarthError: Its pixels are arrays.
    """
    data = plane.data
    if data.ndim > 2:
        raise EarthError("Array-valued bands cannot be written; flatten or project them first.")
    if data.dtype.kind == "f" and target.dtype.kind != "f":
        data = np.nan_to_num(data)
    if plane.mask is None:
        target[...] = data
    else:
        valid = plane.valid
        target[valid] = data[valid]


@dataclass(frozen=True)
class _Limits:
    """Bytes that are sent at once, and the longest side in pixels."""

    size_bytes: int
    side: int


COMPUTED = _Limits(MAX_BYTES, MAX_SIDE)
DOWNLOAD = _Limits(32 * 2**20, 10_000)  # ee.Image.getDownloadURL


def _check_size(image: Image, grid: Grid, limits: _Limits) -> None:
    if not image.bands:
        raise EarthError("The image has no bands.")
    if len(image.bands) > MAX_BANDS:
        raise EarthError(f"Too many bands: {len(image.bands)}, but only {MAX_BANDS} allowed.")
    if any(band.type.dimensions for band in image.bands):
        raise EarthError("Array-valued bands cannot be written; flatten or project them first.")
    if max(grid.width, grid.height) > limits.side:
        raise EarthError(
            f"Pixel grid dimensions ({grid.width}x{grid.height}) must be less than or equal to "
            f"{limits.side}."
        )
    size = grid.width * grid.height * sum(band.type.dtype.itemsize for band in image.bands)
    if size > limits.size_bytes:
        raise EarthError(
            f"Total request size ({size} bytes) must be less than or equal to "
            f"{limits.size_bytes} bytes."
        )


def _picture(
    image: Image,
    grid: Grid,
    body: Mapping[str, Any],
    kind: str,
    part_side: Callable[[Image], int],
) -> tuple[str, bytes]:
    look = render.Visualisation.from_request(body.get("visualizationOptions"))
    shown = image.with_bands(image.bands[:3])
    _check_size(shown, grid, COMPUTED)
    picture = np.zeros((grid.height, grid.width, 4), np.uint8)
    for part, rows, columns in parts(grid, part_side(shown)):
        planes = strips.planes(shown, part)
        picture[rows, columns] = render.to_rgba(planes, [b.type for b in shown.bands], look)
    opaque = bool((picture[..., 3] == 255).all())
    if kind == "JPEG" or (kind == "AUTO_JPEG_PNG" and opaque):
        return _MIME["JPEG"], render.jpeg(picture)
    return _MIME["PNG"], render.png(picture)


def _data_file(
    kind: str, bands: Mapping[str, NDArray[Any]], grid: Grid, tags: Mapping[str, str], prefix: str
) -> bytes:
    if kind == "NPY":
        return render.npy(bands)
    if kind == "GEO_TIFF":
        return render.geotiff(bands, grid, tags=tags)
    prefix = prefix or "download"
    groups: Sequence[tuple[str, Mapping[str, NDArray[Any]]]] = (
        [(f"{prefix}.tif", bands)]
        if kind == "ZIPPED_GEO_TIFF"
        else [(f"{prefix}.{name}.tif", {name: array}) for name, array in bands.items()]
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, group in groups:
            archive.writestr(name, render.geotiff(group, grid, tags=tags))
    return file.getvalue()


def requested_grid(image: Image, wanted: Mapping[str, Any] | None, *, thumbnail: bool) -> Grid:
    """The grid that a request names, or the image's own.

    Raises:
        EarthError: It is malformed, or left out where the image has none.
    """
    if not wanted:
        return _thumbnail_grid(image) if thumbnail else native_grid(image)
    try:
        size, affine = wanted["dimensions"], wanted["affineTransform"]
        width, height = int(size["width"]), int(size["height"])
        a, b, c, d, e, f = (float(affine.get(key) or 0.0) for key in AFFINE)
        crs = str(wanted.get("crsCode") or wanted["crsWkt"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise EarthError(_NEEDED) from None
    if width <= 0 or height <= 0 or not a * e - b * d or not math.isfinite(a + b + c + d + e + f):
        raise EarthError(_NEEDED)
    crs_of(crs)
    return Grid(crs, (a, b, c, d, e, f), width, height)


def _thumbnail_grid(image: Image) -> Grid:
    if image.bands and image.bands[0].dimensions is not None:
        native = native_grid(image)
        if max(native.width, native.height) <= MAX_SIDE // 4:
            return native
    bounds = lonlat_bounds(image.footprint)
    west, south, east, north = bounds or (-180.0, -90.0, 180.0, 90.0)
    size = max(east - west, north - south) / THUMBNAIL_SIDE
    width = max(1, round((east - west) / size))
    height = max(1, round((north - south) / size))
    transform: Transform = (size, 0.0, west, 0.0, -size, north)
    return Grid("EPSG:4326", transform, width, height)
