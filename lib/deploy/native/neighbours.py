"""How Earth Engine names the neighbours of a pixel, asked from the service itself.

`neighborhoodToBands` names its bands `<band>_<i>_<j>`; which way i and j count is written nowhere,
so one request reads the coordinates of two neighbours and tells.
"""

from dataclasses import dataclass

import ee
import numpy as np

from lib.core.errors import DeploymentError
from lib.core.grid import Grid
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch

Step = tuple[int, int]

_STEPS: tuple[Step, ...] = ((-1, 0), (1, 0), (0, -1), (0, 1))
_BANDS = ("longitude_1_0", "latitude_1_0", "longitude_0_1", "latitude_0_1")
_known: dict[tuple[str, str, tuple[float, ...]], "Offsets"] = {}


@dataclass(frozen=True)
class Offsets:
    """Which way the two numbers in the name of a neighbour count.

    Attributes:
        first: (rows down, columns right) that one more in the first number means.
        second: The same of the second number.
    """

    first: Step
    second: Step

    def suffix(self, down: int, right: int) -> str:
        """What the name of a neighbour ends in.

        Args:
            down: Rows between it and the pixel, positive further down the grid.
            right: Columns, positive further right.
        """
        i = down * self.first[0] + right * self.first[1]
        j = down * self.second[0] + right * self.second[1]
        return f"_{i}_{j}"


@with_connection
def probe(connection: Connection, grid: Grid) -> Offsets:
    """Ask which way the offsets of neighbours count; a connection is asked once for a grid.

    Args:
        connection: Service to ask.
        grid: Grid that neighbours are counted on; its first pixel is looked at.

    Raises:
        DeploymentError: The answer is none of the four directions.
    """
    key = (connection.id, grid.crs, grid.transform)
    if key not in _known:
        _known[key] = _asked(connection, grid)
    return _known[key]


def _asked(connection: Connection, grid: Grid) -> Offsets:
    near = ee.Image.pixelLonLat().neighborhoodToBands(ee.Kernel.square(1)).select(list(_BANDS))
    corner = grid.window((slice(0, 1), slice(0, 1)))
    values, _ = fetch(connection, to_expression(near), corner, _BANDS, dtype=np.float64)
    lon, lat = values[0, 0, 0::2], values[0, 0, 1::2]
    down, right = corner.rowcol(lon, lat)
    first, second = ((int(row), int(column)) for row, column in zip(down, right, strict=True))
    if first not in _STEPS or second not in _STEPS or first[0] * second[0] + first[1] * second[1]:
        raise DeploymentError(
            f"{connection.label} says that the neighbours “_1_0” and “_0_1” lie {first} and "
            f"{second} rows and columns away.",
            hint="Choose the route “Map as a file”, which does not ask for neighbours.",
            field="route",
        )
    return Offsets(first, second)
