"""The mixer file, which says where each patch of an export lies.

Form: https://developers.google.com/earth-engine/guides/tfrecord and the notebooks of that guide.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lib.core.errors import DeploymentError
from lib.core.grid import Grid, Window


@dataclass(frozen=True)
class Mixer:
    """Where the patches of an export lie.

    Attributes:
        grid: Pixels of all patches together, without what overlaps.
        height: Rows of a patch without its overlap.
        width: Columns of it.
        per_row: Patches beside one another.
        total: Patches.
        simulated: Whether the simulated planet has a part in them.
    """

    grid: Grid
    height: int
    width: int
    per_row: int
    total: int
    simulated: bool = False

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a mixer file.

        Raises:
            DeploymentError: It is none.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            width, height = (int(length) for length in told["patchDimensions"])
            per_row, total = int(told["patchesPerRow"]), int(told["totalPatches"])
            projection = told["projection"]
            a, b, c, d, e, f = (float(number) for number in projection["affine"]["doubleMatrix"])
            shape = (height * (total // per_row), width * per_row)
            grid = Grid(str(projection["crs"]), (a, b, c, d, e, f), shape)
        except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
            raise DeploymentError(
                f"{path.name} is no mixer file of an export of patches.",
                hint="Take the .json file that lies beside the records.",
            ) from None
        return cls(grid, height, width, per_row, total, bool(told.get("simulated")))

    def window(self, number: int) -> Window:
        """Rows and columns of a patch; they are counted row by row."""
        row, col = divmod(number, self.per_row)
        top, left = row * self.height, col * self.width
        return slice(top, top + self.height), slice(left, left + self.width)
