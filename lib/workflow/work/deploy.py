"""Bring the network to where it maps, and prove that it answers there as Keras does."""

from collections.abc import Callable
from typing import Any

from lib.core.errors import DeploymentError, LimitError, PlanError
from lib.core.samples import SampleSet
from lib.core.split import make_split
from lib.deploy import parity
from lib.deploy.agreement import Agreement, words_of
from lib.deploy.native.compile import compile_network
from lib.deploy.raster.engine import RasterEngine, check_engine, open_engine
from lib.earthengine import classifiers, imagery
from lib.models.artifact import Artifact
from lib.workflow import store
from lib.workflow.work import endpoint
from lib.workflow.work.order import Making, Order, Progress
from lib.workflow.work.samples import require_aoi

_NOT_EQUAL = "Keep the project file and report this: it should not happen."


def run(order: Order, progress: Progress) -> None:
    """Deploy by the project's route, check parity on held-out samples, and keep what maps need.

    Raises:
        DeploymentError: The deployed form answers otherwise than Keras, or cannot be made.
    """
    route = order.project.deployment.route
    if route not in _ROUTES:
        raise PlanError(f"There is no route “{route}”.", hint="Choose another.", field="route")
    samples = samples_to_map(order)
    with order.making() as making:
        making.summary = {
            "route": route,
            **_ROUTES[route](order, samples, making, progress),
            "simulated": imagery.plan_is_simulated(order.connection, order.project.imagery),
            "forest": _forest(order, samples, progress),
        }


def samples_to_map(order: Order) -> SampleSet:
    """The samples of a network that may be put on the project's imagery.

    Raises:
        LabelError: They are of a table of another world.
    """
    samples = order.samples()
    if order.project.labels.kind == "table":
        found = store.find(order.root, order.project, order.realm, "samples")
        simulated = found is not None and bool(found.summary["simulated"])
        imagery.refuse_table(order.connection, order.project.imagery, simulated=simulated)
    return samples


def compare_engine(order: Order, engine: RasterEngine, samples: SampleSet) -> Agreement:
    """Compare what classifies here with Keras, on held-out samples.

    Raises:
        DeploymentError: They differ by more than is allowed.
    """
    split = make_split(samples, order.project.split)
    found = check_engine(engine, Artifact.load(order.before("train")), samples, split)
    if not found.passed:
        raise DeploymentError(words_of(found), hint=_NOT_EQUAL)
    return found


def _native(order: Order, samples: SampleSet, making: Making, progress: Progress) -> dict[str, Any]:
    """Compile the network into an expression, and keep the expressions of all layers."""
    project, connection, aoi = order.project, order.connection, require_aoi(order)
    network = order.before("train")
    progress.report("Compiling", "Writing the network as an expression", 0.05)
    predictors = imagery.predictors(connection, project.imagery, aoi)
    grid = imagery.training_grid(connection, project.imagery, aoi)
    probabilities, classes = (
        compile_network(
            connection,
            network,
            predictors,
            samples.legend,
            output=output,
            grid=grid,
            check=progress.stop_if_cancelled,
        )
        for output in ("probabilities", "class")
    )
    progress.stop_if_cancelled()
    progress.report("Checking", "Comparing the expression with Keras on held-out pixels", 0.4)
    test = make_split(samples, project.split).test
    result = parity.check(
        connection,
        probabilities.expression,
        predictors,
        network,
        grid,
        samples.lon[test],
        samples.lat[test],
    )
    if not result.passed:
        raise DeploymentError(
            f"The expression differs from the network by {result.max_abs_difference:.2g}; "
            f"up to {result.bound:.2g} is allowed. It is not handed over.",
            hint=_NOT_EQUAL,
        )
    store.write_text(making.folder / "probabilities.json", probabilities.expression.to_json())
    store.write_text(making.folder / "classes.json", classes.expression.to_json())
    return {
        "size_bytes": classes.size_bytes,
        "limit_bytes": classes.limit_bytes,
        "forms": list(classes.forms),
        "seen_live": classes.seen_live,
        "advice": classes.advice,
        "max_abs_difference": result.max_abs_difference,
        "mean_abs_difference": result.mean_abs_difference,
        "equal_classes": result.equal_classes,
        "bound": result.bound,
        "pixels": result.pixels,
        "masked_pixels": result.masked_pixels,
    }


def _raster(order: Order, samples: SampleSet, making: Making, progress: Progress) -> dict[str, Any]:
    """Make the network ready to run over blocks of pixels; the map itself is the next step."""
    network = order.before("train")
    progress.report("Converting", "Making the network ready to run over blocks", 0.05)
    engine = open_engine(network, making.folder)
    progress.stop_if_cancelled()
    progress.report("Checking", "Comparing it with Keras on held-out samples", 0.4)
    found = compare_engine(order, engine, samples)
    return {
        "size_bytes": 0,
        "limit_bytes": 0,
        "forms": [engine.name],
        "seen_live": True,
        "advice": "",
        "max_abs_difference": found.max_abs_difference,
        "mean_abs_difference": found.mean_abs_difference,
        "equal_classes": found.equal_classes,
        "bound": found.bound.difference,
        "pixels": found.samples,
        "masked_pixels": 0,
    }


def _forest(order: Order, samples: SampleSet, progress: Progress) -> dict[str, object]:
    """Keep `smileRandomForest` on the same samples as a map layer, where it fits in a request."""
    progress.report("Forest", "Writing the random forest for comparison", 0.95)
    training = samples.take(make_split(samples, order.project.split).training)
    predictors = imagery.predictors(order.connection, order.project.imagery, require_aoi(order))
    plan = order.project.model
    try:
        expression = classifiers.forest_map(
            order.connection, training, predictors, trees=plan.forest_trees, seed=plan.seed
        )
    except LimitError as error:
        return {"fits": False, "words": str(error)}
    store.write_text(order.folder / "forest.json", expression.to_json())
    return {"fits": True, "words": "", "size_bytes": expression.size_bytes}


Route = Callable[[Order, SampleSet, Making, Progress], dict[str, Any]]
_ROUTES: dict[str, Route] = {"native": _native, "raster": _raster, "vertex": endpoint.run}
