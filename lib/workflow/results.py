"""Step 5: the class map over the imagery, its areas, and the files to take away."""

from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.formats import duration_words, number
from lib.core.layer import MapLayer
from lib.core.legend import Legend
from lib.earthengine import tiles
from lib.workflow.area import check_aoi
from lib.workflow.store import Found
from lib.workflow.views import ClassArea, Estimate, ResultsView
from lib.workflow.workspace import StepJobs, Workspace

KIND = "results"
_JOBS = StepJobs(KIND)
start, job, cancel = (
    _JOBS.start,
    _JOBS.job,
    _JOBS.cancel,
)
PIXELS_A_SECOND = 60_000


def estimate(workspace: Workspace) -> Estimate:
    """What classifying the whole area will do and cost."""
    aoi = workspace.project.aoi
    pixels = check_aoi(workspace, aoi).pixels if aoi else 0
    seconds = 2 + pixels / PIXELS_A_SECOND
    sentence = f"Classify {number(pixels)} pixels and measure areas: {duration_words(seconds)}."
    return Estimate(sentence, 1 + pixels // 262_144, seconds)


def class_layers(workspace: Workspace) -> tuple[MapLayer, ...]:
    """Forest and class map as layers, from the deployment; empty where there is none."""
    deployment, samples = workspace.find("deploy"), workspace.find("samples")
    aoi = workspace.project.aoi
    if deployment is None or samples is None or aoi is None:
        return ()
    legend = Legend.from_json(samples.summary["legend"])
    layers = []
    if (deployment.folder / "forest.json").exists():
        layers.append(_class_layer(workspace, deployment, "forest", "Random forest", legend, aoi))
    layers.append(_class_layer(workspace, deployment, "classes", "Classes", legend, aoi))
    return tuple(layers)


def _class_layer(
    workspace: Workspace, deployment: Found, file: str, name: str, legend: Legend, aoi: Aoi
) -> MapLayer:
    expression = Expression.from_json((deployment.folder / f"{file}.json").read_text())
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
        layers=class_layers(workspace),
        areas=areas,
        legend=legend,
        geotiff=found.folder / "classes.tif",
        pixels=summary["pixels"],
        masked_pixels=summary["masked_pixels"],
        simulated=summary["simulated"],
        centre=aoi.centre,
        bounds=aoi.bounds,
        stale=found.stale,
        changed=found.changed_words,
    )
