"""The settings of networks, as pages offer them; without TensorFlow."""

from dataclasses import dataclass, replace
from typing import Any

from lib.core.model_plan import ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES, ModelPlan


@dataclass(frozen=True)
class Option:
    """A setting of a family, as a page offers it.

    Attributes:
        name: Name of the field of `ModelPlan`.
        title: Label of its control.
        kind: "whole" (a whole number), "number", "share" (0 to 1), "widths" (whole numbers, one
            a layer), "choice" (one of `choices`) or "flag" (yes or no).
        default: Its value in a new project of the family.
        minimum: Least value; of one width for "widths"; 0 for choices and flags.
        maximum: Greatest value; of one width for "widths"; 1 for choices and flags.
        help: What it does, in a sentence.
        choices: What can be chosen, for "choice".
        main: Whether it stands at the front, rather than under "More".
    """

    name: str
    title: str
    kind: str
    default: Any
    minimum: float
    maximum: float
    help: str
    choices: tuple[str, ...] = ()
    main: bool = False


def options_of(plan: ModelPlan, names: tuple[str, ...]) -> tuple[Option, ...]:
    """Give options by name, with the values of a plan as defaults, those of training behind."""
    return tuple(
        replace(_OPTIONS[name], default=getattr(plan, name)) for name in (*names, *_TRAINING)
    )


def _whole(name: str, title: str, low: int, high: int, words: str, **more: Any) -> Option:
    return Option(name, title, "whole", 0, low, high, words, **more)


def _number(name: str, title: str, low: float, high: float, words: str) -> Option:
    return Option(name, title, "number", 0.0, low, high, words)


def _share(name: str, title: str, high: float, words: str) -> Option:
    return Option(name, title, "share", 0.0, 0.0, high, words)


def _widths(name: str, title: str, words: str) -> Option:
    return Option(name, title, "widths", (), 1, 2_048, words, main=True)


def _choice(name: str, title: str, choices: tuple[str, ...], words: str) -> Option:
    return Option(name, title, "choice", choices[0], 0, 1, words, choices)


def _flag(name: str, title: str, words: str) -> Option:
    return Option(name, title, "flag", False, 0, 1, words)


_ALL = (
    _widths(
        "hidden_units",
        "Hidden layers",
        "Width of each dense layer before the classes, in order; none joins them directly.",
    ),
    _widths(
        "filters",
        "Filters",
        "Number of patterns that each convolution looks for, in order; of a U-Net, those of each "
        "level from the finest.",
    ),
    _whole(
        "kernel_size",
        "Kernel size",
        1,
        15,
        "Pixels or dates that a convolution sees at once on each side; an odd number.",
    ),
    _widths("recurrent_units", "Recurrent layers", "Units of each recurrent layer, in order."),
    _flag("bidirectional", "Both directions", "Reads the series forwards and backwards at once."),
    _choice(
        "activation",
        "Activation",
        ACTIVATIONS,
        "What a unit does with its sum: GELU learns a little better, ReLU is quicker.",
    ),
    _flag(
        "batch_norm",
        "Batch normalisation",
        "Keeps the values within the network of one size, so that it learns faster.",
    ),
    _share(
        "dropout",
        "Dropout",
        0.9,
        "Share of the hidden activations that is left out in each training step.",
    ),
    _choice(
        "optimizer",
        "Optimiser",
        OPTIMIZERS,
        "How weights follow the gradient: AdamW for nearly everything, SGD with momentum for "
        "those who tune.",
    ),
    _number("learning_rate", "Learning rate", 1e-6, 1.0, "Size of the first steps."),
    _choice(
        "schedule",
        "Schedule",
        SCHEDULES,
        "How the steps shrink until the last epoch: along a cosine, by tenths at one half and "
        "three quarters of the epochs (step), or not at all.",
    ),
    _number(
        "weight_decay",
        "Weight decay",
        0.0,
        1.0,
        "Draws weights towards zero in every step; has no effect with the optimiser Adam.",
    ),
    _share(
        "label_smoothing",
        "Label smoothing",
        0.5,
        "Share of each label that is spread over all classes; helps where labels are often wrong.",
    ),
    _choice(
        "loss",
        "Loss",
        LOSSES,
        "What is made small; focal loss looks mostly at samples that are still wrong.",
    ),
    _number(
        "focal_gamma",
        "Focal gamma",
        0.0,
        10.0,
        "How strongly the focal loss leaves out what is already right.",
    ),
    _whole(
        "batch_size",
        "Batch size",
        0,
        65_536,
        "Samples in one step; larger batches are quicker and follow the samples less closely. 0 "
        "chooses by the number of training samples.",
    ),
    _whole("epochs", "Epochs", 1, 2_000, "Most passes over the training set.", main=True),
    _whole(
        "patience",
        "Patience",
        1,
        2_000,
        "Epochs without a better validation loss before training stops.",
    ),
    _flag(
        "mixed_precision",
        "Mixed precision",
        "Uses 16-bit numbers where there is a GPU; nothing changes without one.",
    ),
    _flag("tensorboard", "TensorBoard", "Writes logs for TensorBoard into the run folder."),
    _whole(
        "seed",
        "Seed",
        0,
        2**31 - 1,
        "The same seed and samples give the same network on the same machine.",
    ),
)
_OPTIONS = {option.name: option for option in _ALL}
_TRAINING = tuple(option.name for option in _ALL[8:])
"""What every family has: all from the optimiser on."""
