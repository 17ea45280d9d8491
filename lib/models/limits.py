"""What a training takes of memory and time, and what would fit; without TensorFlow."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

from lib.core.errors import PlanError
from lib.core.formats import bytes_words, count_words
from lib.core.model_plan import ModelPlan
from lib.models.dataset import MEMORY_BYTES
from lib.models.families import batch_size_of, find_family

MOST_EPOCHS = 2_000
"""As `ModelPlan` has it."""
LONGEST_S = 24 * 3_600.0
"""A training that takes longer is refused: nobody waits for it on a machine of this size."""
VALUES_A_SECOND = 60_000 * 1_600
"""Kept numbers a second on two cores (`Family.activations`): 60,000 samples of the first network's
size."""

_BASE_BYTES = 700 * 1024**2
"""TensorFlow itself and the graph of a network (measured: 490 MB before anything is built)."""
_MOST_SAMPLES = 100_000_000
_MOST_SIDE = 257
_WEIGHT_COPIES = 6
"""Weights, gradients, two moments, the best weights, and a copy for the checkpoint."""
_WORKING = 2.0
"""Activations and their gradients."""


@dataclass(frozen=True)
class Limits:
    """What a training needs, and the most that fits.

    Attributes:
        bytes_needed: Memory of the process at its peak; an estimate.
        bytes_free: What it can have.
        most_batch: Largest batch that fits, 0 if none does.
        most_samples: Samples of this shape that fit on top of the rest.
        most_side: Largest side of a patch that fits with this batch, odd; 0 for other forms.
        most_epochs: Epochs that the machine does within a day, by estimate.
        fits: Whether it fits into the memory and into a day.
        words: All that in a sentence or two.
    """

    bytes_needed: int
    bytes_free: int
    most_batch: int
    most_samples: int
    most_side: int
    most_epochs: int
    fits: bool
    words: str


def limits(
    plan: ModelPlan, shape: tuple[int, ...], n_classes: int, *, bytes_free: int, cores: int = 2
) -> Limits:
    """Give what training a plan takes.

    Args:
        plan: Family and settings.
        shape: Shape of the predictors: (samples, predictors), (samples, dates, predictors) or
            (samples, rows, columns, predictors).
        n_classes: Number of classes.
        bytes_free: Memory that a worker can have.
        cores: Processors that it can have.
    """
    needed = _needed(plan, shape, n_classes)
    batch = _largest(
        lambda size: _needed(replace(plan, batch_size=size), shape, n_classes) <= bytes_free,
        min(65_536, shape[0]),
    )
    most_samples = _largest(
        lambda count: _needed(plan, (count, *shape[1:]), n_classes) <= bytes_free, _MOST_SAMPLES
    )
    side = _most_side(plan, shape, n_classes, bytes_free) if len(shape) == 4 else 0
    epochs = _most_epochs(plan, shape, n_classes, cores)
    words = (
        f"Training takes about {bytes_words(needed)} of memory; {bytes_words(bytes_free)} are free."
    )
    if needed > bytes_free:
        words += f" {_advice(batch, side, most_samples)}"
    if plan.epochs > epochs:
        words += (
            f" {count_words(plan.epochs, 'epoch')} would take this machine more than a day; at "
            f"most {epochs:,} fit into one."
        )
    fits = needed <= bytes_free and plan.epochs <= epochs
    return Limits(needed, bytes_free, batch, most_samples, side, epochs, fits, words)


def require_fit(found: Limits) -> None:
    """Refuse what the machine cannot hold.

    Raises:
        PlanError: It says what is needed, what there is, and what would fit.
    """
    if not found.fits:
        raise PlanError(found.words, field="machine")


def seconds_an_epoch(plan: ModelPlan, shape: tuple[int, ...], n_classes: int) -> float:
    """Estimate the time of an epoch on two cores, for arguments as those of `limits`."""
    kept = find_family(plan.family).activations(plan, shape[1:], n_classes)
    return shape[0] * kept / VALUES_A_SECOND


def _most_epochs(plan: ModelPlan, shape: tuple[int, ...], n_classes: int, cores: int) -> int:
    seconds = seconds_an_epoch(plan, shape, n_classes) * 2 / cores
    return max(1, int(min(MOST_EPOCHS, LONGEST_S / max(seconds, 1e-6))))


def _needed(plan: ModelPlan, shape: tuple[int, ...], n_classes: int) -> int:
    """Estimate the peak: TensorFlow, the samples, the weights, and a batch's activations."""
    family = find_family(plan.family)
    values = 4 * prod(shape)
    # Labels of every pixel, masks and ids.
    beside = shape[0] * (3 * prod(shape[1:-1]) + 64)
    copied = 3 * values if values <= MEMORY_BYTES or len(shape) == 2 else MEMORY_BYTES
    weights = 4 * _WEIGHT_COPIES * family.count(plan, shape[1:], n_classes)
    batch = min(batch_size_of(plan, shape[0]), shape[0])
    activations = int(4 * _WORKING * batch * family.activations(plan, shape[1:], n_classes))
    return _BASE_BYTES + copied + beside + weights + activations


def _most_side(plan: ModelPlan, shape: tuple[int, ...], n_classes: int, bytes_free: int) -> int:
    half = _largest(
        lambda half: (
            _needed(plan, (shape[0], 2 * half + 1, 2 * half + 1, shape[-1]), n_classes)
            <= bytes_free
        ),
        _MOST_SIDE // 2,
    )
    return 2 * half + 1 if half else 0


def _largest(fits: Callable[[int], bool], most: int) -> int:
    """Give the largest whole number from 1 that fits, 0 if none does; what fits is all below."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _advice(batch: int, side: int, most_samples: int) -> str:
    """Say what would make it fit."""
    ways = []
    if batch:
        ways.append(f"a batch of at most {batch:,}")
    if side:
        ways.append(f"patches of at most {side} pixels a side")
    if most_samples:
        ways.append(f"at most {most_samples:,} samples")
    return f"It fits with {' or '.join(ways)}." if ways else "Choose a smaller network."
