"""Raw bytes of a map as a Cloud-Optimised GeoTIFF, by file and in little memory.

A small VRT describes the raw file; GDAL's COG driver reads it, compresses in tiles and builds the
overviews. https://gdal.org/en/stable/drivers/raster/cog.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError

from lib.core.errors import DeploymentError
from lib.core.grid import Grid
from lib.deploy.disk import full_disk

CACHE_BYTES = 96 * 1024**2
"""What GDAL may keep of files in memory; by itself it takes a twentieth of the machine's."""

_TILE = 512


@dataclass(frozen=True)
class RawMap:
    """A map as raw bytes, pixel by pixel, row by row, all bands of a pixel together.

    Attributes:
        path: The raw file.
        grid: Where the pixels lie.
        bands: Name of each band.
        nodata: The byte that stands for no answer.
        scale: What a byte must be multiplied with.
        colours: Red, green, blue and opacity by byte, for a map of classes; empty for others.
        tags: How it was made.
    """

    path: Path
    grid: Grid
    bands: Sequence[str]
    nodata: int
    scale: float
    colours: Mapping[int, tuple[int, int, int, int]]
    tags: Mapping[str, str]


def write_cog(raw: RawMap, path: Path, *, overviews: str, level: int) -> None:
    """Write a Cloud-Optimised GeoTIFF, whole or not at all; equal bytes give an equal file.

    Args:
        raw: What is written.
        path: File to write; what was there is replaced.
        overviews: How coarser levels are made, such as "mode" or "average".
        level: How hard deflate tries, 1 to 9.

    Raises:
        DeploymentError: The disk is full, or the file cannot be written.
    """
    described = raw.path.with_suffix(".vrt")
    described.write_text(_vrt(raw), encoding="utf-8")
    unfinished = path.with_name(f".{path.stem}.part.tif")
    options = {
        "compress": "deflate",
        "level": str(level),
        "blocksize": str(_TILE),
        "overview_resampling": overviews,
        "overviews": "auto",
        "num_threads": "all_cpus",
        "bigtiff": "if_safer",
    }
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            rasterio.shutil.copy(str(described), str(unfinished), driver="COG", **options)
            _refuse_cut_off(unfinished)
        unfinished.replace(path)
    except (RasterioError, OSError) as error:
        raise _unwritable(path, error) from error
    finally:
        described.unlink(missing_ok=True)
        for left in path.parent.glob(f"{unfinished.name}*"):
            left.unlink(missing_ok=True)


def _refuse_cut_off(path: Path) -> None:
    """Read the last tile: a COG ends with the finest level, so a cut-off file lacks it."""
    with rasterio.open(path) as file:
        *_, (_, window) = file.block_windows(1)
        file.read(file.count, window=window)


def _unwritable(path: Path, error: Exception) -> DeploymentError:
    if isinstance(error, OSError) and not isinstance(error, RasterioError):
        return full_disk(path, error)
    return DeploymentError(
        f"{path.name} cannot be written: {error}",
        hint="Most often the disk is full: free some space and start again; nothing that was "
        "computed is lost.",
    )


def _vrt(raw: RawMap) -> str:
    height, width = raw.grid.shape
    t = raw.grid.transform
    corner = ", ".join(repr(number) for number in (t[2], t[0], t[1], t[5], t[3], t[4]))
    tags = "".join(
        f"<MDI key={quoteattr(key)}>{escape(str(value))}</MDI>" for key, value in raw.tags.items()
    )
    bands = "".join(_band(raw, number, name) for number, name in enumerate(raw.bands))
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">'
        f"<SRS>{escape(raw.grid.crs)}</SRS><GeoTransform>{corner}</GeoTransform>"
        f"<Metadata>{tags}</Metadata>{bands}</VRTDataset>"
    )


def _band(raw: RawMap, number: int, name: str) -> str:
    count, width = len(raw.bands), raw.grid.shape[1]
    return (
        f'<VRTRasterBand dataType="Byte" band="{number + 1}" subClass="VRTRawRasterBand">'
        f"<Description>{escape(name)}</Description><NoDataValue>{raw.nodata}</NoDataValue>"
        f"<Scale>{raw.scale!r}</Scale>{_colour_table(raw)}"
        f'<SourceFilename relativeToVRT="1">{escape(raw.path.name)}</SourceFilename>'
        f"<ImageOffset>{number}</ImageOffset><PixelOffset>{count}</PixelOffset>"
        f"<LineOffset>{count * width}</LineOffset></VRTRasterBand>"
    )


def _colour_table(raw: RawMap) -> str:
    if not raw.colours:
        return "<ColorInterp>Gray</ColorInterp>"
    entries = (raw.colours.get(code, (0, 0, 0, 0)) for code in range(256))
    listed = "".join(
        f'<Entry c1="{red}" c2="{green}" c3="{blue}" c4="{opacity}"/>'
        for red, green, blue, opacity in entries
    )
    return f"<ColorInterp>Palette</ColorInterp><ColorTable>{listed}</ColorTable>"
