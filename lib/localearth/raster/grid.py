"""The grid of a request: which pixels are asked for."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.projection import Projection, Transform, transformer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A window of pixels in a coordinate system.

    Attributes:
        crs: "EPSG:…" code or WKT.
        transform: Row-major transform from (column, row) corners to CRS coordinates; its
            translation is the outer corner of the first pixel of the window.
        width, height: Pixels across and down.
    """

    crs: str
    transform: Transform
    width: int
    height: int

    @property
    def projection(self) -> Projection:
        """The grid's CRS and transform."""
        return Projection(self.crs, self.transform)

    def window(self, column: int, row: int, width: int, height: int) -> "Grid":
        """A part of this grid, or beyond its edges, on the same pixels."""
        a, b, c, d, e, f = self.transform
        moved = (a, b, c + column * a + row * b, d, e, f + column * d + row * e)
        return replace(self, transform=moved, width=width, height=height)

    def pad(self, pixels: int) -> "Grid":
        """The same grid with a margin on every side."""
        return self.window(-pixels, -pixels, self.width + 2 * pixels, self.height + 2 * pixels)

    def centres(self) -> tuple[Floats, Floats]:
        """CRS coordinates x, y of all pixel centres, each `(height, width)`."""
        a, b, c, d, e, f = self.transform
        columns = np.arange(self.width) + 0.5
        rows = (np.arange(self.height) + 0.5)[:, None]
        shape = (self.height, self.width)
        x = np.broadcast_to(c + columns * a + rows * b, shape)
        y = np.broadcast_to(f + columns * d + rows * e, shape)
        return x, y

    def centres_in(self, crs: str) -> tuple[Floats, Floats]:
        """Pixel centres as x, y of another CRS, each `(height, width)`; inf where undefined."""
        x, y = self.centres()
        if crs == self.crs:
            return x, y
        moved = transformer(self.crs, crs).transform(x.ravel(), y.ravel())
        shape = (self.height, self.width)
        return np.asarray(moved[0]).reshape(shape), np.asarray(moved[1]).reshape(shape)

    def bounds(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x, greatest y over the corners, in CRS units."""
        a, b, c, d, e, f = self.transform
        corners = [(0, 0), (self.width, 0), (0, self.height), (self.width, self.height)]
        xs = [c + i * a + j * b for i, j in corners]
        ys = [f + i * d + j * e for i, j in corners]
        return min(xs), min(ys), max(xs), max(ys)
