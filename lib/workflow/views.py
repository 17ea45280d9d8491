"""What the step modules tell pages: estimates, and results ready to be shown."""

from dataclasses import dataclass
from pathlib import Path

from lib.core.layer import MapLayer
from lib.core.legend import Legend


@dataclass(frozen=True)
class Estimate:
    """What the next action will do and cost, as a sentence and as figures."""

    sentence: str
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class AoiReport:
    """An area in figures, beside the limit; `notes` tell what was done to it."""

    area_ha: float
    pixels: int
    limit_pixels: int
    notes: tuple[str, ...] = ()

    @property
    def too_large(self) -> bool:
        """Whether it has more pixels than the limit."""
        return self.pixels > self.limit_pixels


@dataclass(frozen=True)
class ImageryView:
    """Imagery as a preview: scenes found, their dates, and layers for the map."""

    scene_count: int
    first_day: str
    last_day: str
    layers: tuple[MapLayer, ...]
    simulated: bool
    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]
    is_image: bool


@dataclass(frozen=True)
class ClassCount:
    """One class of a sample set: what was asked for, what came, and where it went.

    `balanced` is what the training set has of it after resampling.
    """

    name: str
    color: str
    asked: int
    obtained: int
    training: int
    validation: int
    test: int
    weight: float
    reason: str
    balanced: int = 0


@dataclass(frozen=True)
class SamplesView:
    """A sample set in figures, and its points for the map as (lon, lat, class position).

    `form` and `shape` are of one sample, `notes` tell what of the labels was left out, `dropped`
    and `relabelled` count what a person changed by hand.
    """

    count: int
    per_class: tuple[ClassCount, ...]
    split_kind: str
    split_notes: tuple[str, ...]
    split_error: str
    points: tuple[tuple[float, float, int], ...]
    legend: Legend
    has_polygons: bool
    simulated: bool
    seconds: float
    stale: bool
    changed: str
    form: str = "pixel"
    shape: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: int = 0
    relabelled: int = 0


@dataclass(frozen=True)
class DeployView:
    """A deployment: its parity with Keras, and for an expression its size against the limit.

    `advice` is a sentence where another route is the better one.
    """

    route: str
    size_bytes: int
    limit_bytes: int
    max_abs_difference: float
    bound: float
    pixels: int
    masked_pixels: int
    forms: tuple[str, ...]
    advice: str
    mean_abs_difference: float | None
    equal_classes: float | None
    seen_live: bool
    forest_fits: bool
    forest_words: str
    simulated: bool
    stale: bool
    changed: str


@dataclass(frozen=True)
class ClassArea:
    """Mapped area of a class in hectares and as a share of the classified area."""

    name: str
    color: str
    area_ha: float
    share: float


@dataclass(frozen=True)
class FailedBlock:
    """A block of a map that could not be made: its first pixel's row and column, and the reason."""

    row: int
    column: int
    reason: str


@dataclass(frozen=True)
class ResultsView:
    """The class map: layers, areas, the file to download, and the blocks that it lacks."""

    layers: tuple[MapLayer, ...]
    areas: tuple[ClassArea, ...]
    legend: Legend
    geotiff: Path
    pixels: int
    masked_pixels: int
    failed: tuple[FailedBlock, ...]
    simulated: bool
    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]
    stale: bool
    changed: str
