"""What an exported network takes and gives, as Earth Engine must be told."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lib.core.errors import DeploymentError
from lib.core.grid import Grid

FILE = "contract.json"
OUTPUT = "probabilities"
"""Name of the one output: a vector of class probabilities for each pixel."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What an exported network takes and gives.

    Attributes:
        form: "pixel", "series" or "patch".
        bands: Bands of the predictor image that it reads, in order.
        names: The input that each of them enters by; the same but for odd characters.
        valid: Input that tells where a patch was observed, 1 or 0; empty where there is none.
        classes: Probabilities of a pixel.
        tile: Side of the tiles that Earth Engine cuts, in pixels.
        margin: Pixels added on each side, which the network sees.
        payload_format: How tiles are sent, one of `payload.FORMATS`.
        max_payload_bytes: Most bytes of a request.
        multiplier: How much larger answers are than requests, at least 1.
        grid: Training grid, which patches are fixed to; None for other forms.
    """

    form: str
    bands: tuple[str, ...]
    names: tuple[str, ...]
    valid: str
    classes: int
    tile: int
    margin: int
    payload_format: str
    max_payload_bytes: int
    multiplier: float
    grid: Grid | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all inputs."""
        return (*self.names, self.valid) if self.valid else self.names

    @property
    def side(self) -> int:
        """Pixels on a side of what is sent for a tile."""
        return self.tile + 2 * self.margin

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        grid = data["grid"]
        if grid is not None:
            grid = Grid(grid["crs"], tuple(grid["transform"]), tuple(grid["shape"]))
        listed = {name: tuple(data[name]) for name in ("bands", "names")}
        return cls(**{**data, **listed, "grid": grid})


def save_contract(directory: Path, contract: Contract) -> None:
    """Write a contract beside its SavedModel."""
    text = json.dumps(contract.to_json(), indent=1)
    (directory / FILE).write_text(text, encoding="utf-8")


def load_contract(directory: Path) -> Contract:
    """Read the contract of a SavedModel.

    Raises:
        DeploymentError: The folder holds no export of this Loam.
    """
    try:
        data = json.loads((directory / FILE).read_text(encoding="utf-8"))
        return Contract.from_json(data)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise DeploymentError(
            f"The folder {directory.name} holds no network that was exported for Vertex AI.",
            hint="Export the network again.",
        ) from None


def input_names(bands: Iterable[str], *, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Name an input for each band, in letters, digits and underscores.

    A name that ends in "_bytes" gets an underscore more: TensorFlow Serving takes such texts for
    binary.
    """
    found: list[str] = list(taken)
    start = len(found)
    for band in bands:
        name = re.sub(r"\W", "_", band, flags=re.ASCII)
        name = name if re.match(r"[A-Za-z]", name) else f"b{name}"
        name += "_" if name.endswith("_bytes") else ""
        while name in found:
            name += "_"
        found.append(name)
    return tuple(found[start:])
