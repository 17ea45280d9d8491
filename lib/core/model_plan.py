"""Which network is trained, and how."""

from dataclasses import dataclass

from lib.core.errors import PlanError
from lib.core.plan_checks import one_of, within

ACTIVATIONS = ("gelu", "relu")
OPTIMIZERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "constant", "step")
LOSSES = ("cross entropy", "focal")
MOST_LAYERS = 8


@dataclass(frozen=True)
class ModelPlan:
    """Which network is trained, and how; what a family does not use is left alone.

    The defaults are those of the family "mlp"; `lib.models.families` has the defaults of others.

    Attributes:
        family: Name of a family in `lib.models.families`.
        hidden_units: Width of each dense layer before the classes.
        filters: Filters of each convolution, or of each level of a U-Net.
        kernel_size: Side of a convolution in pixels or dates, odd.
        recurrent_units: Units of each recurrent layer.
        bidirectional: Whether recurrent layers read a series in both directions.
        activation: One of `ACTIVATIONS`.
        batch_norm: Whether each layer is normalised over the batch.
        dropout: Share of hidden activations dropped in training, 0 to 0.9.
        optimizer: One of `OPTIMIZERS`.
        learning_rate: Size of the first steps.
        schedule: How the learning rate falls, one of `SCHEDULES`.
        weight_decay: Share of each weight that decays in a step, times the learning rate; not
            for "adam".
        label_smoothing: Share of a label that is spread over all classes, 0 to 0.5.
        loss: What is minimised, one of `LOSSES`.
        focal_gamma: How much the focal loss (Lin et al. 2017) leaves out what is already right.
        batch_size: Samples in a gradient step; 0 for as many as suit the training set.
        epochs: Most passes over the training set.
        patience: Epochs without a better validation loss before training stops.
        mixed_precision: Whether 16-bit numbers are used where there is a GPU.
        tensorboard: Whether logs for TensorBoard are written into the run folder.
        forest_trees: Trees of the random forest that is trained beside the network.
        seed: Seed of weights, dropout, augmentation and the order of samples.
    """

    family: str = "mlp"
    hidden_units: tuple[int, ...] = (128, 128, 128)
    filters: tuple[int, ...] = (32, 32, 32)
    kernel_size: int = 3
    recurrent_units: tuple[int, ...] = (64,)
    bidirectional: bool = False
    activation: str = "gelu"
    batch_norm: bool = True
    dropout: float = 0.1
    optimizer: str = "adamw"
    learning_rate: float = 0.002
    schedule: str = "cosine"
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    loss: str = "cross entropy"
    focal_gamma: float = 2.0
    batch_size: int = 0
    epochs: int = 100
    patience: int = 25
    mixed_precision: bool = True
    tensorboard: bool = False
    forest_trees: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        one_of("activation", self.activation, ACTIVATIONS, field_name="activation")
        one_of("optimizer", self.optimizer, OPTIMIZERS, field_name="optimizer")
        one_of("schedule", self.schedule, SCHEDULES, field_name="schedule")
        one_of("loss", self.loss, LOSSES, field_name="loss")
        self._check_numbers()
        self._check_layers("hidden_units", "hidden layers", least=0)
        self._check_layers("filters", "convolutions", least=1)
        self._check_layers("recurrent_units", "recurrent layers", least=1)
        if self.kernel_size % 2 == 0:
            raise PlanError(
                f"A kernel of {self.kernel_size} has no centre.",
                hint="Choose an odd size, such as 3.",
                field="kernel_size",
            )

    def _check_numbers(self) -> None:
        within("kernel_size", self.kernel_size, 1, 15)
        within("dropout", self.dropout, 0.0, 0.9)
        within("learning_rate", self.learning_rate, 1e-6, 1.0)
        within("weight_decay", self.weight_decay, 0.0, 1.0)
        within("label_smoothing", self.label_smoothing, 0.0, 0.5)
        within("focal_gamma", self.focal_gamma, 0.0, 10.0)
        within("batch_size", self.batch_size, 0, 65_536)
        within("epochs", self.epochs, 1, 2_000)
        within("patience", self.patience, 1, 2_000)
        within("forest_trees", self.forest_trees, 1, 1_000)

    def _check_layers(self, name: str, words: str, *, least: int) -> None:
        widths = getattr(self, name)
        for width in widths:
            within(name, width, 1, 2_048)
        if not least <= len(widths) <= MOST_LAYERS:
            many = "many" if widths else "few"
            raise PlanError(
                f"{len(widths)} {words} are too {many}.",
                hint=f"Use {'at most' if not least else f'{least} to'} {MOST_LAYERS}.",
                field=name,
            )
