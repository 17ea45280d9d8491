"""What a training run has come to: its epochs, the best of them, and whether to go on."""

import math
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

_LAST_RATE = 0.05
"""Share of the first learning rate that is left at the end of a cosine."""
_STEPS_AT = (0.5, 0.75)
"""Shares of the epochs after which steps become a tenth, for the schedule "step"."""


@dataclass(frozen=True)
class EpochRow:
    """One epoch, as a curve shows it.

    Attributes:
        epoch: Its number, from 1.
        epochs: Most epochs that there will be.
        loss: Mean weighted cross-entropy over the training set, while it was trained on.
        accuracy: Share of training samples that were right.
        val_loss: Mean weighted cross-entropy over the validation set after the epoch.
        val_accuracy: Share of validation samples that are right.
        learning_rate: Size of the steps.
        seconds: How long it took.
        eta_s: Seconds until the last epoch; less if training stops early.
        samples_per_s: Training samples a second.
        memory_bytes: What the process holds of memory.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    eta_s: float
    samples_per_s: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True)
class BatchRow:
    """Where within an epoch training is.

    Attributes:
        epoch: Its number, from 1.
        epochs: Most epochs that there will be.
        step: Batches of it that are done.
        steps: Batches that it has.
        loss: Mean weighted cross-entropy so far.
        accuracy: Share of labels so far that were right.
        samples_per_s: Training samples a second.
        eta_s: Seconds until the last epoch.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float
    samples_per_s: float
    eta_s: float


@dataclass
class Progress:
    """State of a run between two epochs; together with the network, all that a resume needs.

    Attributes:
        rows: Epochs that are done.
        best_epoch: The one with the least validation loss; 0 before the first.
        best_loss: Its validation loss.
        best_weights: The network's weights after it.
        wait: Epochs since then.
    """

    rows: list[EpochRow] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    best_weights: list[NDArray[Any]] = field(default_factory=list)
    wait: int = 0

    @property
    def seconds(self) -> float:
        """Time spent on all epochs so far."""
        return sum(row.seconds for row in self.rows)

    def add(self, row: EpochRow, weights: list[NDArray[Any]]) -> None:
        """Note an epoch and the weights after it."""
        self.rows.append(row)
        if row.val_loss < self.best_loss:
            self.best_epoch, self.best_loss, self.best_weights = row.epoch, row.val_loss, weights
            self.wait = 0
        else:
            self.wait += 1


def learning_rate_of(epoch: int, epochs: int, first: float, *, schedule: str = "cosine") -> float:
    """Give the learning rate of an epoch.

    Args:
        epoch: Number of the epoch, from 1.
        epochs: Most epochs that there will be.
        first: Rate of the first epoch.
        schedule: "cosine" (half a cosine from the first rate to a twentieth), "step" (a tenth
            after half of the epochs, and again after three quarters) or "constant".
    """
    part = (epoch - 1) / max(1, epochs - 1)
    if schedule == "cosine":
        return first * (_LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * part)) / 2)
    if schedule == "step":
        return first * 0.1 ** sum((epoch - 1) / epochs >= share for share in _STEPS_AT)
    return first
