"""The families of networks: what a page must know of them, without TensorFlow."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan
from lib.models import counts
from lib.models.options import Option, options_of

__all__ = [
    "FAMILIES",
    "Family",
    "Option",
    "batch_size_of",
    "families_for",
    "find_family",
    "weight_count",
]

_STEPS = 64
"""Steps of an epoch that a batch is chosen for."""

Count = Callable[[ModelPlan, counts.Shape, int], int]


@dataclass(frozen=True)
class Family:
    """A kind of network.

    Attributes:
        name: Its name in `ModelPlan.family`.
        title: Its name for people.
        words: What it is good for and when to use it, in a sentence or two.
        form: The form of samples that it takes: "pixel", "series" or "patch".
        labels: Which labels of a patch it learns: "centre", "every pixel", or "either"; "centre"
            for pixels and series, which have one.
        options: Its settings with their defaults, in the order of the page.
        routes: Names of the deployment routes that can take it.
        defaults: A plan with its defaults.
        batches: Least and greatest batch that is chosen where the plan leaves it open.
        count: Gives the trainable weights for a plan, the shape of a sample and the number of
            classes.
        activations: Gives the numbers kept of one sample in a training step, for the same.
    """

    name: str
    title: str
    words: str
    form: str
    labels: str
    options: tuple[Option, ...]
    routes: tuple[str, ...]
    defaults: ModelPlan
    batches: tuple[int, int]
    count: Count
    activations: Count

    @property
    def needs(self) -> str:
        """What samples it takes, in words."""
        words = {"pixel": "single pixels", "series": "series of dates"}
        patches = {
            "centre": "patches",
            "either": "patches, with a label for the centre or for every pixel",
            "every pixel": "patches with a label for every pixel",
        }
        return words.get(self.form) or patches[self.labels]


def _family(
    defaults: ModelPlan,
    title: str,
    words: str,
    *,
    form: str,
    options: tuple[str, ...],
    count: Count,
    activations: Count,
    labels: str = "centre",
    native: bool = True,
    batches: tuple[int, int] = (16, 256),
) -> Family:
    routes = (("native",) if native else ()) + ("vertex", "raster", "bundle")
    return Family(
        name=defaults.family,
        title=title,
        words=words,
        form=form,
        labels=labels,
        options=options_of(defaults, options),
        routes=routes,
        defaults=defaults,
        batches=batches,
        count=count,
        activations=activations,
    )


_SHAPING = ("activation", "batch_norm", "dropout")

_ALL = (
    _family(
        ModelPlan(),
        "Multilayer perceptron",
        "Looks at one pixel at a time; small, quick, and runs as an Earth Engine expression. The "
        "one to begin with.",
        form="pixel",
        options=("hidden_units", *_SHAPING),
        count=counts.mlp_weights,
        activations=counts.dense_activations,
    ),
    _family(
        ModelPlan(family="softmax", learning_rate=0.01, weight_decay=0.0, batch_norm=False),
        "Softmax regression",
        "Weighs each predictor once for each class. The floor: if it does as well as the others, "
        "the classes are simple.",
        form="pixel",
        options=(),
        count=counts.softmax_weights,
        activations=counts.softmax_activations,
    ),
    _family(
        ModelPlan(
            family="temporal_cnn",
            filters=(64, 64, 64),
            kernel_size=5,
            hidden_units=(256,),
            activation="relu",
            dropout=0.5,
            learning_rate=0.001,
            label_smoothing=0.1,
        ),
        "Temporal CNN",
        "Looks for patterns in time, such as growth and harvest (Pelletier et al. 2019); the one "
        "to begin with for series.",
        form="series",
        options=("filters", "kernel_size", "hidden_units", *_SHAPING),
        count=counts.temporal_cnn_weights,
        activations=counts.temporal_cnn_activations,
    ),
    _family(
        ModelPlan(
            family="lstm", recurrent_units=(64, 64), hidden_units=(), batch_norm=False, dropout=0.2
        ),
        "LSTM",
        "Reads a series date by date and remembers; for long series whose order matters.",
        form="series",
        options=("recurrent_units", "bidirectional", "hidden_units", *_SHAPING),
        count=counts.lstm_weights,
        activations=counts.recurrent_activations,
    ),
    _family(
        ModelPlan(
            family="gru", recurrent_units=(64, 64), hidden_units=(), batch_norm=False, dropout=0.2
        ),
        "GRU",
        "As the LSTM with a quarter fewer weights; often as good with few samples.",
        form="series",
        options=("recurrent_units", "bidirectional", "hidden_units", *_SHAPING),
        count=counts.gru_weights,
        activations=counts.recurrent_activations,
    ),
    _family(
        ModelPlan(
            family="patch_cnn",
            filters=(32, 64),
            hidden_units=(128,),
            activation="relu",
            dropout=0.3,
            learning_rate=0.001,
        ),
        "Patch CNN",
        "Sees the surroundings of a pixel and gives the class of the centre; for classes that "
        "texture and neighbours tell apart.",
        form="patch",
        options=("filters", "kernel_size", "hidden_units", *_SHAPING),
        count=counts.patch_cnn_weights,
        activations=counts.patch_cnn_activations,
        batches=(16, 64),
        native=False,
    ),
    _family(
        ModelPlan(family="fcn", activation="relu", learning_rate=0.001),
        "Fully convolutional network",
        "Sees a few pixels around each pixel, without pooling, and gives every pixel its class; "
        "runs as an Earth Engine expression.",
        form="patch",
        labels="either",
        batches=(8, 32),
        options=("filters", "kernel_size", *_SHAPING),
        count=counts.fcn_weights,
        activations=counts.fcn_activations,
    ),
    _family(
        ModelPlan(
            family="unet",
            filters=(32, 64, 128),
            activation="relu",
            learning_rate=0.001,
        ),
        "U-Net",
        "Sees shapes and their surroundings at several scales; for fields, buildings and water "
        "where every pixel of a patch has a label.",
        form="patch",
        labels="every pixel",
        batches=(4, 16),
        options=("filters", "kernel_size", *_SHAPING),
        count=counts.unet_weights,
        activations=counts.unet_activations,
        native=False,
    ),
)

FAMILIES: dict[str, Family] = {family.name: family for family in _ALL}


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


def families_for(form: str, *, dense: bool = False) -> tuple[Family, ...]:
    """Give the families that can learn from samples.

    Args:
        form: "pixel", "series" or "patch".
        dense: Whether every pixel of a patch has a label.
    """
    return tuple(
        family
        for family in FAMILIES.values()
        if family.form == form and (dense or family.labels != "every pixel")
    )


def batch_size_of(plan: ModelPlan, n: int) -> int:
    """Give the batch size of a plan, or one that makes some 64 steps an epoch.

    Few samples need small batches to get enough steps; many samples get speed from large ones.

    Args:
        plan: Its settings.
        n: Samples of the training set.
    """
    if plan.batch_size:
        return plan.batch_size
    least, most = find_family(plan.family).batches
    near = 1 << round(math.log2(max(1, n / _STEPS)))
    return min(most, max(least, near))


def weight_count(plan: ModelPlan, n_in: int, n_out: int, *, inner: tuple[int, ...] = ()) -> int:
    """Give the number of trainable weights of a network before it is built.

    Args:
        plan: Its settings.
        n_in: Number of predictors.
        n_out: Number of classes.
        inner: Dates of a series, or rows and columns of a patch; empty for pixels.
    """
    family = find_family(plan.family)
    rank = {"pixel": 0, "series": 1, "patch": 2}[family.form]
    shape = (*inner, 1, 1)[:rank] if len(inner) < rank else inner[:rank]
    return family.count(plan, (*shape, n_in), n_out)
