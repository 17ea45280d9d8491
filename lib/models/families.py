"""The families of networks: what a page must know of them, without TensorFlow."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan


@dataclass(frozen=True)
class Option:
    """A setting of a family, as a page offers it.

    Attributes:
        name: Name of the field of `ModelPlan`.
        title: Label of its control.
        kind: "whole" (a whole number), "number", "share" (0 to 1) or "widths" (whole numbers, one
            a layer).
        default: Its value in a new project.
        minimum: Least value; of one width for "widths".
        maximum: Greatest value; of one width for "widths".
        help: What it does, in a sentence.
    """

    name: str
    title: str
    kind: str
    default: float | tuple[int, ...]
    minimum: float
    maximum: float
    help: str


@dataclass(frozen=True)
class Family:
    """A kind of network.

    Attributes:
        name: Its name in `ModelPlan.family`.
        title: Its name for people.
        words: What it is good for, in a sentence.
        needs: What samples it takes: "pixels".
        options: Its settings, in the order of the page.
        routes: Names of the deployment routes that can take it.
        count: Gives the trainable weights for a plan, a number of predictors and one of classes.
    """

    name: str
    title: str
    words: str
    needs: str
    options: tuple[Option, ...]
    routes: tuple[str, ...]
    count: Callable[[ModelPlan, int, int], int]


def _dense_weights(plan: ModelPlan, n_in: int, n_out: int) -> int:
    """Each dense layer has one weight for each pair of its ends and one bias for each output."""
    widths = (n_in, *plan.hidden_units, n_out)
    return sum((a + 1) * b for a, b in pairwise(widths))


_PLAN = ModelPlan()

_TRAINING_OPTIONS = (
    Option(
        "learning_rate",
        "Learning rate",
        "number",
        _PLAN.learning_rate,
        1e-6,
        1.0,
        "Size of the first steps; they shrink along a cosine until the last epoch.",
    ),
    Option(
        "batch_size",
        "Batch size",
        "whole",
        _PLAN.batch_size,
        1,
        65_536,
        "Samples in one step; larger batches are quicker and follow the samples less closely.",
    ),
    Option(
        "epochs", "Epochs", "whole", _PLAN.epochs, 1, 2_000, "Most passes over the training set."
    ),
    Option(
        "patience",
        "Patience",
        "whole",
        _PLAN.patience,
        1,
        2_000,
        "Epochs without a better validation loss before training stops.",
    ),
    Option(
        "seed",
        "Seed",
        "whole",
        _PLAN.seed,
        0,
        2**31 - 1,
        "The same seed and samples give the same network on the same machine.",
    ),
)

_MLP = Family(
    name="mlp",
    title="Multilayer perceptron",
    words="Looks at one pixel at a time; small, quick, and runs as an Earth Engine expression.",
    needs="pixels",
    options=(
        Option(
            "hidden_units",
            "Hidden layers",
            "widths",
            _PLAN.hidden_units,
            1,
            2_048,
            "Width of each hidden layer, in order; none makes a linear classifier.",
        ),
        Option(
            "dropout",
            "Dropout",
            "share",
            _PLAN.dropout,
            0.0,
            0.9,
            "Share of the hidden activations that is left out in each training step.",
        ),
        *_TRAINING_OPTIONS,
    ),
    routes=("native",),
    count=_dense_weights,
)

FAMILIES: dict[str, Family] = {family.name: family for family in (_MLP,)}


def find_family(name: str) -> Family:
    """Give the family of a name.

    Raises:
        ModelError: There is none.
    """
    if name not in FAMILIES:
        raise ModelError(
            f"There is no family of networks named “{name}”.",
            hint=f"Choose one of {', '.join(FAMILIES)}.",
            field="family",
        )
    return FAMILIES[name]


def weight_count(plan: ModelPlan, n_in: int, n_out: int) -> int:
    """Give the number of trainable weights of a network before it is built.

    Args:
        plan: Its settings.
        n_in: Number of predictors.
        n_out: Number of classes.
    """
    return find_family(plan.family).count(plan, n_in, n_out)
