"""Pixels around pixels: planes are read with a margin, and laid on themselves with an offset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.localearth.assumptions import choice
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Mask, Plane, Reading
from lib.localearth.raster.sources import Pixels
from lib.localearth.values import Kernel


@dataclass(frozen=True)
class Cell:
    """A kernel's cell with its weight, counted from the focus to the right and down."""

    x: int
    y: int
    weight: float


@dataclass(frozen=True)
class Margin:
    """Pixels needed on each side of a grid."""

    left: int
    top: int
    right: int
    bottom: int

    def around(self, grid: Grid) -> Grid:
        """The grid with the margin."""
        return grid.window(
            -self.left,
            -self.top,
            grid.width + self.left + self.right,
            grid.height + self.top + self.bottom,
        )


def cells_of(kernel: Kernel, *, all_cells: bool = False) -> list[Cell]:
    """The cells of a kernel row by row; those of weight 0 only where asked for."""
    found = []
    for row, weights in enumerate(kernel.weights.tolist()):
        for column, weight in enumerate(weights):
            if weight != 0 or all_cells:
                found.append(Cell(column - kernel.x, row - kernel.y, float(weight)))
    return found


def margin_of(cells: Sequence[Cell]) -> Margin:
    """The margin that cells reach into."""
    xs, ys = [0, *(cell.x for cell in cells)], [0, *(_down(cell) for cell in cells)]
    return Margin(-min(xs), -min(ys), max(xs), max(ys))


def _down(cell: Cell) -> int:
    return cell.y if choice("neighbour_offset_y") == "down" else -cell.y


def read_around(image: Image, margin: Margin, grid: Grid, reading: Reading) -> list[Plane]:
    """Planes of all bands on the grid with a margin."""
    return image.planes(margin.around(grid), reading)


def shifted(array: NDArray, cell: Cell, margin: Margin, grid: Grid) -> NDArray:  # type: ignore[type-arg]
    """The part of an array with a margin that lies under a cell of all pixels of a grid."""
    top, left = margin.top + _down(cell), margin.left + cell.x
    return array[top : top + grid.height, left : left + grid.width]


def shifted_plane(plane: Plane, cell: Cell, margin: Margin, grid: Grid) -> Plane:
    """The plane that lies under a cell."""
    mask: Mask = None if plane.mask is None else shifted(plane.mask, cell, margin, grid)
    return Plane(shifted(plane.data, cell, margin, grid), mask)


def strips(grid: Grid, bytes_a_row: int, limit: int) -> Iterator[Grid]:
    """Parts of a grid, rows together, whose stacks stay within a limit of bytes."""
    rows = max(1, limit // max(1, bytes_a_row))
    for top in range(0, grid.height, rows):
        yield grid.window(0, top, grid.width, min(rows, grid.height - top))


def weights_with_margin(plane: Plane) -> Pixels:
    """The mask as float64, for sums."""
    return plane.weights.astype(np.float64)
