"""Write the network as an Earth Engine expression and prove that it answers as Keras does."""

from lib.core.errors import DeploymentError, LimitError
from lib.core.samples import SampleSet
from lib.core.split import make_split
from lib.deploy import parity
from lib.deploy.native.compile import compile_network
from lib.earthengine import classifiers, imagery
from lib.workflow import store
from lib.workflow.work.order import Order, Progress
from lib.workflow.work.samples import require_aoi


def run(order: Order, progress: Progress) -> None:
    """Compile, check parity on held-out pixels, and keep the expressions of all layers."""
    project, connection, aoi = order.project, order.connection, require_aoi(order)
    samples = order.samples()
    network = order.before("train")
    with order.making() as making:
        progress.report("Compiling", "Writing the network as an expression", 0.05)
        predictors = imagery.predictors(connection, project.imagery, aoi)
        grid = imagery.training_grid(connection, project.imagery, aoi)
        probabilities, classes = (
            compile_network(
                connection, network, predictors, samples.legend, output=output, grid=grid
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
                hint="Keep the project file and report this: it should not happen.",
            )
        store.write_text(making.folder / "probabilities.json", probabilities.expression.to_json())
        store.write_text(making.folder / "classes.json", classes.expression.to_json())
        making.summary = {
            "route": project.deployment.route,
            "size_bytes": classes.size_bytes,
            "limit_bytes": classes.limit_bytes,
            "forms": list(classes.forms),
            "seen_live": classes.seen_live,
            "max_abs_difference": result.max_abs_difference,
            "bound": result.bound,
            "pixels": result.pixels,
            "masked_pixels": result.masked_pixels,
            "simulated": imagery.is_simulated(connection, predictors),
            "forest": _forest(order, samples, progress),
        }


def _forest(order: Order, samples: SampleSet, progress: Progress) -> dict[str, object]:
    """Keep `smileRandomForest` on the same samples as a map layer, where it fits in a request."""
    progress.report("Forest", "Writing the random forest for comparison", 0.85)
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
