"""The map under way: raw files and a manifest in one folder, and the files made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.core.area import area_by_class
from lib.core.errors import AppError
from lib.core.grid import Grid, Window
from lib.core.legend import Legend
from lib.deploy.cog import RawMap, write_cog
from lib.deploy.disk import full_disk, require_space
from lib.deploy.geotiff import NODATA, class_codes, class_tags, colour_table
from lib.deploy.raster.manifest import Manifest
from lib.deploy.raster.rawfile import RawFile
from lib.deploy.raster.shares import SHARE_STEPS

_STRIP_PIXELS = 2_000_000
_SPARE = 1.3
"""Of the raw bytes, what the finished file and its overviews may take at most."""


@dataclass(frozen=True)
class Totals:
    """What a map holds.

    Attributes:
        pixels: Pixels with a class.
        masked: Pixels without.
        area_ha: Hectares of each class.
    """

    pixels: int
    masked: int
    area_ha: tuple[float, ...]


class MapStore:
    """A map under way.

    Args:
        keep: Its folder; what an earlier run of the same key left there is taken over.
        key: Names all that decides the map's bytes.
        grid: Where the pixels lie.
        legend: Classes.
        count: Number of blocks.
        probabilities: Whether they are kept beside the classes.

    Raises:
        DeploymentError: The disk has no room for it.
    """

    def __init__(
        self, keep: Path, *, key: str, grid: Grid, legend: Legend, count: int, probabilities: bool
    ) -> None:
        keep.mkdir(parents=True, exist_ok=True)
        self._grid, self._legend = grid, legend
        bands = [1, len(legend) + 1] if probabilities else [1]
        paths = [keep / "classes.raw", keep / "probabilities.raw"][: len(bands)]
        sizes = [grid.size * width for width in bands]
        self.manifest = Manifest(keep / "manifest.json", key=key, count=count)
        there = [path.exists() and path.stat().st_size for path in paths]
        self.resumed = self.manifest.resumed and there == sizes
        if not self.resumed:
            self._begin_anew(keep, key, count, paths, sizes)
        shapes = [(*grid.shape, width) for width in bands]
        self._files: list[RawFile] = []
        try:
            for path, shape in zip(paths, shapes, strict=True):
                self._files.append(RawFile(path, shape, fresh=not self.resumed))
            self.save()
        except AppError:
            self.close()
            raise

    def _begin_anew(
        self, keep: Path, key: str, count: int, paths: list[Path], sizes: list[int]
    ) -> None:
        self.manifest.delete()
        for path in paths:
            path.unlink(missing_ok=True)
        require_space(keep, int(sum(sizes) * (1 + _SPARE)))
        self.manifest = Manifest(keep / "manifest.json", key=key, count=count)

    def write(self, window: Window, parts: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
        """Write the bytes of a block: class codes, and probabilities where they are kept."""
        for file, part in zip(self._files, parts, strict=False):
            file.write(window, part)

    def save(self) -> None:
        """Make what was written outlive this process and the machine."""
        try:
            for file in self._files:
                file.sync()
            self.manifest.save()
        except OSError as error:
            raise full_disk(self._files[0].path, error) from error

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def totals(self) -> Totals:
        """Count classes, a strip of rows at a time."""
        height, width = self._grid.shape
        place = np.full(NODATA + 1, -1, np.int16)
        place[class_codes(self._legend)] = np.arange(len(self._legend))
        step = max(1, _STRIP_PIXELS // width)
        area, pixels = np.zeros(len(self._legend)), 0
        for top in range(0, height, step):
            rows = slice(top, min(top + step, height))
            count = (rows.stop - top) * width
            # Not mapped into memory: pages that are mapped count as this process'.
            strip = np.fromfile(self._files[0].path, np.uint8, count, offset=top * width)
            index = place[strip.reshape(-1, width)]
            area += area_by_class(
                index, self._grid.window((rows, slice(0, width))), len(self._legend)
            )
            pixels += int((index >= 0).sum())
        return Totals(pixels, self._grid.size - pixels, tuple(area.tolist()))

    def finish(self, out: Path, tags: Mapping[str, str]) -> Path | None:
        """Write the GeoTIFFs; returns that of the probabilities where they are kept.

        Raises:
            DeploymentError: The disk is full; all blocks are kept.
        """
        out.parent.mkdir(parents=True, exist_ok=True)
        names = class_tags(self._legend)
        classes = RawMap(
            self._files[0].path,
            self._grid,
            ["class"],
            NODATA,
            1.0,
            colour_table(self._legend),
            {**tags, **names},
        )
        write_cog(classes, out, overviews="mode", level=6)
        if len(self._files) == 1:
            return None
        shares = RawMap(
            self._files[1].path,
            self._grid,
            [*(f"probability of {name}" for name in self._legend.names), "entropy"],
            NODATA,
            1 / SHARE_STEPS,
            {},
            {**tags, **names},
        )
        path = out.with_name(f"{out.stem}_probabilities.tif")
        # Probabilities are noise to deflate: trying harder takes twice as long and gains nothing.
        write_cog(shares, path, overviews="average", level=1)
        return path

    def delete(self) -> None:
        """Forget the raw files and the manifest of a map that is finished."""
        self.close()
        self.manifest.delete()
        for file in self._files:
            file.path.unlink(missing_ok=True)
