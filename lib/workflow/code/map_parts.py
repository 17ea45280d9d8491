"""The code of the steps Deploy and Results, and of a network that Loam has trained."""

from lib.core.crs import metres_per_unit, parse_crs
from lib.core.model_plan import ModelPlan
from lib.models.families import find_family
from lib.workflow.code.imagery_part import fetching, fetching_settings
from lib.workflow.code.networks import MAPPED
from lib.workflow.code.parts import Part, Setting, joined, template
from lib.workflow.code.samples_part import cube_code, cube_settings
from lib.workflow.code.subject import Subject

ACTIVATIONS = {
    "relu": "column.max(0)",
    "gelu": "column.multiply(column.divide(2**0.5).erf().add(1).divide(2))",
}


def network_part(subject: Subject) -> Part:
    """Write how the network that Loam trained is loaded, in place of samples and training."""
    legend, dense = subject.legend, is_dense(subject.model)
    return Part(
        step="train",
        title="Network",
        words="The network that Loam trained lies beside this script as model.keras.",
        needs="the file model.keras of the training",
        imports=("import ee", "import keras", "import numpy as np"),
        settings=(
            *fetching_settings(subject),
            Setting("CLASSES", list(legend.names)),
            Setting("VALUES", list(legend.values)),
            Setting("COLOURS", list(legend.colors)),
            *cube_settings(subject.imagery),
        ),
        code=joined(
            fetching(),
            "" if dense else cube_code(subject.imagery),
            'model = keras.models.load_model("model.keras")',
        ),
    )


def deploy_part(subject: Subject) -> Part:
    """Write the step Deploy."""
    plan = subject.model
    if not is_dense(plan):
        return _predicted_here(subject)
    words = (
        "The network as an Earth Engine image: each dense layer is one matrix product on an array "
        "image, so that the network runs where the imagery is, on any area and at any zoom."
    )
    return Part(
        step="deploy",
        title="Deploy",
        words=words,
        needs="`model`, `predictors`, `NAMES`, `area`",
        imports=("import ee", "import numpy as np"),
        code=template("deploy_dense").replace("$ACTIVATION", ACTIVATIONS[plan.activation]),
    )


def results_part(subject: Subject) -> Part:
    """Write the step Results."""
    dense, grid = is_dense(subject.model), subject.grid()
    settings: tuple[Setting, ...] = ()
    if parse_crs(grid.crs).is_geographic:
        area = 'area_m2 = fetch(ee.Image.pixelArea().rename("area"), ["area"])[..., 0]'
    else:
        size = abs(grid.transform[0] * grid.transform[4] - grid.transform[1] * grid.transform[3])
        pixel = Setting("PIXEL_M2", size * metres_per_unit(grid.crs) ** 2, "area of a pixel")
        settings, area = (pixel,), "area_m2 = np.full(classes.shape, PIXEL_M2)"
    first = (
        'classes = np.nan_to_num(fetch(class_map, ["class"])[..., 0], nan=-1).astype(int)\n'
        "classes[~inside] = -1"
        if dense
        else "classes[~inside] = -1"
    )
    return Part(
        step="results",
        title="Results",
        words="The map as numbers: areas by class, a picture, and files to take away.",
        needs="`class_map`, `fetch`, `inside`" if dense else "`classes`, `inside`",
        imports=("import keras", "import numpy as np", *["import ee"] * dense),
        settings=settings,
        code=joined(first, area, template("results"), template("results_dense") if dense else ""),
    )


def is_dense(plan: ModelPlan) -> bool:
    """Whether a network has dense layers only, on single pixels."""
    return find_family(plan.family).form == "pixel"


def _predicted_here(subject: Subject) -> Part:
    plan, family = subject.model, find_family(subject.model.family)
    if family.form == "series":
        code, settings = template("deploy_series"), tuple[Setting, ...]()
    elif plan.family in MAPPED:
        kept = Setting("KEEP", _kept(plan, subject.imagery.patch_size), "pixels kept of a patch")
        code, settings = template("deploy_mapped"), (kept,)
    else:
        code, settings = template("deploy_patch"), ()
    return Part(
        step="deploy",
        title="Deploy",
        words="The network reads the pixels that were fetched, and runs here.",
        needs="`model`, `cube`, `observed`, `seen`",
        imports=("import numpy as np",),
        settings=settings,
        code=code,
        otherwise=_otherwise(subject),
    )


def _otherwise(subject: Subject) -> tuple[str, ...]:
    if subject.project.deployment.route != "native":
        return ()
    title = find_family(subject.model.family).title
    note = (
        f"Loam writes the {title} as an Earth Engine expression; this script fetches the pixels "
        "and runs it here, which gives the same classes."
    )
    return (note,)


def _kept(plan: ModelPlan, side: int) -> int:
    """Side of the middle of a patch that is kept, odd."""
    if plan.family == "unet":
        return max(1, side // 2 - (side // 2 + 1) % 2)
    return max(1, side - 2 * len(plan.filters) * (plan.kernel_size // 2))
