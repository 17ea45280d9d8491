"""What the area and the imagery tell pages: areas found, plans fitted, and looks before running."""

from dataclasses import dataclass

from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine.looks import Cost as Cost
from lib.earthengine.looks import MonthCount as MonthCount
from lib.earthengine.looks import Observation as Observation
from lib.earthengine.looks import SceneRow as SceneRow


@dataclass(frozen=True)
class FoundArea:
    """An area that a file or an asset holds, and what was decided about it, in sentences."""

    aoi: Aoi
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A plan that was made to fit, and what had to be left out or changed, in sentences."""

    plan: ImageryPlan
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PointView:
    """The pixel under a point.

    Attributes:
        lon: Degrees east.
        lat: Degrees north.
        values: Predictors by name, in order; None where masked.
        spectrum: Bands of the main collection that hold reflectance, with their titles.
        series: Bands and indices of the main collection, scene by scene.
    """

    lon: float
    lat: float
    values: tuple[tuple[str, float | None], ...]
    spectrum: tuple[tuple[str, str, float], ...]
    series: tuple[Observation, ...]
