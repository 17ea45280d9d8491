"""Patches of Earth Engine's image exports: TFRecord files, and the mixer that places them.

Form: developers.google.com/earth-engine/guides/tfrecord. Patches follow each other row by row
over the files in the order of their names; a band of a patch is a list of its rows.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lib.core.crs import lonlat_from
from lib.core.errors import RasterError, SampleError

PATCH, ROW, COLUMN = "patch", "row", "column"


@dataclass(frozen=True)
class Mixer:
    """Where patches lie.

    Attributes:
        crs: Coordinate system.
        transform: Six numbers as Earth Engine has them: x = a col + b row + c, y = d col + …
        shape: Rows and columns of a patch.
        across: Patches in a row of patches.
        total: Number of patches.
    """

    crs: str
    transform: tuple[float, ...]
    shape: tuple[int, int]
    across: int
    total: int

    def lonlat(self, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of the pixel centres of a patch, each (rows * columns,)."""
        (height, width), (a, b, c, d, e, f) = self.shape, self.transform
        row, column = divmod(number, self.across)
        rows, columns = np.mgrid[:height, :width].reshape(2, -1) + 0.5
        x, y = columns + column * width, rows + row * height
        lon, lat = lonlat_from(self.crs).transform(a * x + b * y + c, d * x + e * y + f)
        return np.asarray(lon), np.asarray(lat)


def read_mixer(name: str, data: bytes) -> Mixer:
    """Read a mixer file.

    Raises:
        SampleError: It is none.
    """
    try:
        found = json.loads(data)
        affine = found["projection"]["affine"]["doubleMatrix"]
        width, height = (int(side) for side in found["patchDimensions"])
        across, total = int(found["patchesPerRow"]), int(found["totalPatches"])
        mixer = Mixer(
            str(found["projection"]["crs"]),
            tuple(float(number) for number in affine), (height, width), across, total,
        )  # fmt: skip
        lonlat_from(mixer.crs)
    except (ValueError, KeyError, TypeError, RasterError):
        raise _error(f"“{name}” is no mixer file of an Earth Engine export.") from None
    if len(affine) != 6 or min(width, height, across, total) < 1:
        raise _error(f"The mixer “{name}” has no patches.")
    return mixer


def pixels_of(records: Sequence[dict[str, Any]], mixer: Mixer) -> pd.DataFrame:
    """Lay out patches as one row a pixel.

    Args:
        records: Bands of each patch, in the order of the files.
        mixer: Where they lie; margins around patches (kernelSize) are cut off.

    Returns:
        The bands, the numbers of the patch and of its row and column, longitude and latitude.

    Raises:
        SampleError: Records and mixer do not belong together.
    """
    if len(records) != mixer.total:
        raise _error(
            f"The mixer tells of {mixer.total:,} patches, and the TFRecord files hold "
            f"{len(records):,}.",
            "Upload all files of the export together.",
        )
    size = mixer.shape[0] * mixer.shape[1]
    columns: dict[str, NDArray[Any]] = {
        band: np.concatenate([_cut(band, record.get(band), mixer.shape) for record in records])
        for band in records[0]
    }
    places = [mixer.lonlat(number) for number in range(mixer.total)]
    rows, across = np.mgrid[: mixer.shape[0], : mixer.shape[1]].reshape(2, -1)
    columns |= {
        PATCH: np.repeat(np.arange(mixer.total), size),
        ROW: np.tile(rows, mixer.total),
        COLUMN: np.tile(across, mixer.total),
        "longitude": np.concatenate([lon for lon, _ in places]),
        "latitude": np.concatenate([lat for _, lat in places]),
    }
    return pd.DataFrame(columns)


def _cut(band: str, values: Any, shape: tuple[int, int]) -> NDArray[Any]:
    """A band of a patch without its margin, row by row."""
    flat = np.atleast_1d(np.asarray(values)).ravel()
    height, width = shape
    # (height + m) (width + m) = n
    middle = (height + width) / 2
    margin = round(math.sqrt(middle**2 - height * width + flat.size) - middle)
    if margin < 0 or (height + margin) * (width + margin) != flat.size:
        raise _error(
            f"The band “{band}” has {flat.size:,} values in a patch of {height} x {width} pixels.",
            "Export bands of single numbers, without tensorDepths.",
        )
    whole = flat.reshape(height + margin, width + margin)
    before = margin // 2
    return whole[before : before + height, before : before + width].ravel()


def _error(message: str, hint: str = "Export the image again.") -> SampleError:
    return SampleError(message, hint=hint, field="upload")
