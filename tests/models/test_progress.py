import numpy as np
import pytest

from lib.models.progress import EpochRow, Progress, learning_rate_of


def row_of(epoch: int, val_loss: float) -> EpochRow:
    return EpochRow(
        epoch=epoch,
        epochs=9,
        loss=1.0,
        accuracy=0.5,
        val_loss=val_loss,
        val_accuracy=0.5,
        learning_rate=0.1,
        seconds=2.0,
        eta_s=0.0,
    )


def test_add_when_losses_fall_and_rise_keeps_the_least_and_counts_since() -> None:
    progress = Progress()
    waits = []
    for epoch, loss in enumerate([0.9, 0.5, 0.5, 0.7, 0.4], start=1):
        progress.add(row_of(epoch, loss), [np.array(epoch)])
        waits.append(progress.wait)

    # An equal loss is not better.
    assert waits == [0, 0, 1, 2, 0]
    assert (progress.best_epoch, progress.best_loss) == (5, 0.4)
    assert [int(value) for value in progress.best_weights] == [5]
    assert progress.seconds == 10.0


@pytest.mark.parametrize(
    ("epoch", "expected"),
    # Half a cosine from 1 to 0.05: 0.05 + 0.95 (1 + cos(pi part)) / 2
    [(1, 1.0), (26, 0.05 + 0.95 * (1 + np.cos(np.pi / 4)) / 2), (51, 0.525), (101, 0.05)],
)
def test_learning_rate_when_on_the_way_follows_a_cosine(epoch: int, expected: float) -> None:
    assert learning_rate_of(epoch, 101, 1.0) == pytest.approx(expected)


def test_learning_rate_when_there_is_one_epoch_is_the_first() -> None:
    assert learning_rate_of(1, 1, 0.3) == 0.3


@pytest.mark.parametrize(
    ("schedule", "rates"), [("constant", [1, 1, 1, 1]), ("step", [1, 1, 0.1, 0.01])]
)
def test_learning_rate_when_schedule_is_another_follows_it(
    schedule: str, rates: list[float]
) -> None:
    found = [learning_rate_of(epoch, 4, 1.0, schedule=schedule) for epoch in range(1, 5)]

    assert found == pytest.approx(rates)
