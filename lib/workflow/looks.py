"""Looks at the imagery before anything is run: scenes, clear months, one point, the cost."""

from dataclasses import replace

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.errors import AoiError
from lib.core.formats import bytes_words, count_words, number
from lib.earthengine import looks as service
from lib.workflow.imagery_views import MonthCount, PointView, SceneRow
from lib.workflow.views import Estimate
from lib.workflow.workspace import Workspace


def scenes(workspace: Workspace) -> tuple[SceneRow, ...]:
    """Scenes of the main collection and of every further data set.

    Raises:
        DateError: There are no scenes in these dates.
    """
    return service.scene_table(workspace.connection, workspace.project.imagery, _aoi(workspace))


def months(workspace: Workspace) -> tuple[MonthCount, ...]:
    """Scenes and clear observations of the main collection by month; empty for one image."""
    return service.clear_by_month(workspace.connection, workspace.project.imagery, _aoi(workspace))


def point(workspace: Workspace, lon: float, lat: float) -> PointView:
    """The pixel under a point: its predictors of one moment, and its course in time.

    Args:
        workspace: Whose imagery is read.
        lon: Degrees east.
        lat: Degrees north.
    """
    plan = workspace.project.imagery
    moment = replace(plan, form="pixel")
    around = _around(lon, lat, plan.scale_m)
    values = service.spectrum_at(workspace.connection, moment, around, lon, lat)
    series = service.series_at(workspace.connection, plan, lon, lat)
    known, found = find(plan.collection), dict(values)
    bands = (known.band(name) for name in plan.bands) if known else ()
    spectrum = tuple(
        (band.name, band.title, value)
        for band in bands
        if band and band.unit == "reflectance" and (value := found.get(band.name)) is not None
    )
    return PointView(lon, lat, values, spectrum, series)


def cost(workspace: Workspace) -> Estimate:
    """What it takes to fetch every predictor of the whole area, as one sentence."""
    found = service.cost_of(workspace.connection, workspace.project.imagery, _aoi(workspace))
    sentence = (
        f"All predictors of the area: {number(found.pixels)} pixels from "
        f"{count_words(found.scenes, 'scene')}, in {count_words(found.requests, 'request')} of "
        f"{bytes_words(found.bytes)} together."
    )
    return Estimate(sentence, found.requests)


def _aoi(workspace: Workspace) -> Aoi:
    if workspace.project.aoi is None:
        raise AoiError("No area is chosen yet.", hint="Draw one on the map.", field="aoi")
    return workspace.project.aoi


def _around(lon: float, lat: float, scale_m: float) -> Aoi:
    """A small area around a point, so that no scene from elsewhere is asked."""
    reach = 3 * scale_m / 111_320
    return Aoi.from_bounds(lon - reach, lat - reach, lon + reach, lat + reach)
