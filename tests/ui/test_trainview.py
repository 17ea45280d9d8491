"""What the train page says of a training and of its scores."""

from dataclasses import replace
from typing import Any

import pytest

from lib.core.accuracy import score
from lib.core.legend import Legend, LegendClass
from lib.ui import trainview
from lib.workflow.train_views import NetworkView, TrainView

LEGEND = Legend((LegendClass(1, "Wood", "#006400"), LegendClass(2, "Water", "#0064c8")))
ROW: dict[str, Any] = {
    "epoch": 1,
    "val_loss": 0.5,
    "learning_rate": 0.002,
    "samples_per_s": 12_400.4,
    "memory_bytes": 812_000_000,
}


def network(right: int, kind: str, stopped: str = "finished") -> NetworkView:
    """A network that has so many of 100 samples right."""
    truth = [0, 1] * 50
    said = [*truth[:right], *(1 - label for label in truth[right:])]
    return NetworkView(
        scores=score(truth, said, LEGEND),
        split_kind=kind,
        split_notes=(),
        sizes=(1, 1, 100),
        best_epoch=3,
        epochs=4,
        stopped=stopped,
        seconds=8.2,
        history=(),
    )


def view(first: NetworkView, second: NetworkView | None) -> TrainView:
    """What the page gets of one network, or of two."""
    return TrainView(
        network=first,
        other=second,
        other_running=False,
        forest=None,
        validation=None,
        reliability=None,
        importance=None,
        opened=True,
        opened_runs=1,
        log_folder="",
        weight_count=1,
        legend=LEGEND,
        reference_map="",
        simulated=False,
        stale=False,
        changed="",
    )


@pytest.mark.parametrize(
    ("at_random", "apart", "said"),
    [
        (91, 84, "the 0.07 between them are what samples near those of the training set give"),
        (90, 90, "neighbourhood gives nothing away"),
        (84, 91, "it does not do worse on land kept apart"),
    ],
    ids=["leak", "none", "other way"],
)
def test_gap_between_splits_is_explained_whichever_network_came_first(at_random, apart, said):
    first, second = network(at_random, "random"), network(apart, "blocks")
    told = f"Split at random {at_random / 100:.2f}, kept apart in space {apart / 100:.2f}: "

    for words in map(trainview.gap_words, (view(first, second), view(second, first))):
        assert words.startswith(told)
        assert said in words


def test_gap_of_one_network_alone_is_not_told():
    assert trainview.gap_words(view(network(90, "random"), None)) == ""


@pytest.mark.parametrize(
    ("stopped", "how"),
    [("finished", "finished"), ("early", "stopped early"), ("cancelled", "cancelled")],
)
def test_ending_of_a_training_is_told_with_the_epoch_that_is_kept(stopped, how):
    told = trainview.done_words(view(network(90, "random", stopped), None))

    assert told == f"Training {how} after 4 epochs and 8.2 s; the weights of epoch 3 are kept."


def test_pace_tells_best_epoch_learning_rate_speed_and_memory():
    rows = [ROW, {**ROW, "epoch": 2, "val_loss": 0.75, "learning_rate": 0.0018}]

    assert trainview.pace(rows) == (
        "Best epoch 1, validation loss 0.500 · learning rate 0.0018 · 12,400 samples a second · "
        "812 MB of memory"
    )


def test_forest_that_was_left_out_says_why():
    cards = trainview.cards(view(network(90, "random"), None), "")

    assert cards[2].scores is None
    assert "was cancelled" in cards[2].instead
    assert cards[1].split == "kept apart in space"


def test_forest_that_is_there_has_its_scores():
    forest = network(70, "random").scores
    cards = trainview.cards(replace(view(network(90, "random"), None), forest=forest), "")

    assert cards[2].scores == forest
