"""Step 5: the class map over the imagery, its areas, and the files to take away."""

from dataclasses import replace

from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.formats import duration_words, number
from lib.core.layer import MapLayer
from lib.core.legend import Legend
from lib.earthengine import tiles
from lib.workflow.area import check_aoi
from lib.workflow.views import ClassArea, Estimate, FailedBlock, ResultsView
from lib.workflow.workspace import StepJobs, Workspace

KIND = "results"
_JOBS = StepJobs(KIND)
start, job, cancel = (
    _JOBS.start,
    _JOBS.job,
    _JOBS.cancel,
)
PIXELS_A_SECOND = 60_000
MAP_FILE = "classes.tif"
"""The map, in the folder of the result."""


def estimate(workspace: Workspace) -> Estimate:
    """What classifying the whole area will do and cost."""
    aoi = workspace.project.aoi
    pixels = check_aoi(workspace, aoi).pixels if aoi else 0
    seconds = 2 + pixels / PIXELS_A_SECOND
    sentence = f"Classify {number(pixels)} pixels and measure areas: {duration_words(seconds)}."
    return Estimate(sentence, 1 + pixels // 262_144, seconds)


def class_layers(workspace: Workspace, asset: str = "") -> tuple[MapLayer, ...]:
    """Forest and class map as layers, from the deployment; empty where there is none.

    Args:
        workspace: Whose project.
        asset: The map where it was made as a file. It is an asset of one's own, so whether it is
            simulated is taken from the deployment.
    """
    deployment, samples = workspace.find("deploy"), workspace.find("samples")
    aoi = workspace.project.aoi
    if deployment is None or samples is None or aoi is None:
        return ()
    legend = Legend.from_json(samples.summary["legend"])
    shown: list[tuple[str, Expression]] = []
    for file, name in (("forest", "Random forest"), ("classes", "Classes")):
        path = deployment.folder / f"{file}.json"
        if path.exists():
            shown.append((name, Expression.from_json(path.read_text())))
    if asset:
        shown.append(("Classes", tiles.stored_classes(workspace.connection, asset, legend)))
    made = bool(deployment.summary["simulated"])
    layers = (_class_layer(workspace, item, name, legend, aoi) for name, item in shown)
    return tuple(replace(layer, simulated=layer.simulated or made) for layer in layers)


def _class_layer(
    workspace: Workspace, expression: Expression, name: str, legend: Legend, aoi: Aoi
) -> MapLayer:
    return tiles.make_map(
        workspace.connection,
        tiles.inside(workspace.connection, expression, aoi),
        tiles.class_visual(legend),
        name=name,
        bounds=aoi.bounds,
    )


def read(workspace: Workspace) -> ResultsView | None:
    """The class map with its areas; None where there is none yet.

    Raises:
        ServiceError: The layers cannot be made.
    """
    found, aoi = workspace.find(KIND), workspace.project.aoi
    if found is None or aoi is None:
        return None
    summary = found.summary
    legend = Legend.from_json(summary["legend"])
    total = sum(summary["area_ha"]) or 1.0
    areas = tuple(
        ClassArea(item.name, item.color, area, area / total)
        for item, area in zip(legend.classes, summary["area_ha"], strict=True)
    )
    return ResultsView(
        layers=class_layers(workspace, summary.get("asset", "")),
        areas=areas,
        legend=legend,
        geotiff=found.folder / MAP_FILE,
        pixels=summary["pixels"],
        masked_pixels=summary["masked_pixels"],
        failed=tuple(FailedBlock(*block) for block in summary.get("failed_blocks", ())),
        simulated=summary["simulated"],
        centre=aoi.centre,
        bounds=aoi.bounds,
        stale=found.stale,
        changed=found.changed_words,
    )
