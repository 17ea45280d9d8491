"""The search over settings: its space, its budget, going on, and what it never sees."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.errors import ModelError, PlanError, SampleError
from lib.core.model_plan import ModelPlan
from lib.core.plan import BalancePlan
from lib.models.families import FAMILIES
from lib.models.progress import EpochRow
from lib.models.search import _result, _run_trial, search
from lib.models.search_space import plan_with, search_space
from lib.models.study import Study
from lib.models.training import TrainingRun
from lib.models.trials import FAILED, FINISHED, JOURNAL, PRUNED, SearchResult, Trial
from tests.models.helpers import SMALL, make_samples, make_split

PLAN = replace(SMALL, epochs=2, patience=2)
NAMES = ("learning_rate", "activation")


def run(folder: Path, **changes: Any) -> SearchResult:
    options: dict[str, Any] = {
        "samples": make_samples(120),
        "split": make_split(120),
        "plan": PLAN,
        "folder": folder,
        "trials": 4,
        "names": NAMES,
    }
    options |= changes
    first = [options.pop(name) for name in ("samples", "split", "plan")]
    return search(*first, BalancePlan(), **options)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return run(tmp_path_factory.mktemp("whole"))


def figures(found: SearchResult) -> list[tuple[Any, ...]]:
    return [(t.number, t.settings, t.state, t.losses) for t in found.trials]


def test_search_when_done_gives_the_plan_of_the_least_validation_loss(
    undisturbed: SearchResult,
) -> None:
    trials = undisturbed.trials

    assert undisturbed.stopped == "trials"
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert trials[0].settings == {"activation": "relu", "learning_rate": 0.02}
    assert len({json.dumps(trial.settings) for trial in trials}) == 4
    assert all(trial.score == min(trial.losses) for trial in trials)
    assert undisturbed.best == min(trials, key=lambda trial: trial.score or 0)
    assert undisturbed.best_plan == replace(PLAN, **undisturbed.best.settings)


def test_search_when_stopped_and_run_again_tries_the_same(
    undisturbed: SearchResult, tmp_path: Path
) -> None:
    told: list[Trial] = []

    first = run(
        tmp_path,
        on_trial=told.append,
        should_stop=lambda: bool(told) and (told[-1].number, len(told[-1].losses)) == (2, 1),
    )
    lines = journal_of(tmp_path)
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"number": 2, "sett')  # as a kill leaves it
    again = run(tmp_path)

    assert first.stopped == "cancelled"
    assert [trial.number for trial in first.trials] == [0, 1]
    assert [(t.number, t.state, len(t.losses)) for t in told[:4]] == [
        (0, "running", 0),
        (0, "running", 1),
        (0, "running", 2),
        (0, FINISHED, 2),
    ]
    assert len(lines) == 3
    assert figures(again) == figures(undisturbed)
    assert [path.name for path in tmp_path.iterdir()] == [JOURNAL]


def test_search_when_test_set_is_spoilt_finds_the_same(
    undisturbed: SearchResult, tmp_path: Path
) -> None:
    samples, split = make_samples(120), make_split(120)
    labels = samples.class_index.copy()
    labels[split.test] = 0

    found = run(tmp_path, samples=replace(samples, class_index=labels), trials=2)

    assert figures(found) == figures(undisturbed)[:2]


def test_search_when_minutes_run_out_does_not_count_the_trial(tmp_path: Path) -> None:
    found = run(tmp_path, minutes=1e-6)

    assert (found.stopped, found.trials, found.best) == ("minutes", (), None)
    assert found.best_plan == PLAN


def diverge(plan: ModelPlan, on_epoch: Any, stop: Any) -> TrainingRun:
    raise ModelError("The network diverged in epoch 1.", hint="Lower the rate.")


def test_trial_when_network_diverges_fails_and_says_why() -> None:
    study = Study(search_space(PLAN, NAMES), PLAN, 0, [])

    failed = _run_trial(study, PLAN, 0, diverge, None)

    assert failed is not None
    assert (failed.state, failed.score) == (FAILED, None)
    assert failed.message == "The network diverged in epoch 1. Lower the rate."
    assert study.ask(1).settings != failed.settings
    with pytest.raises(ModelError, match="None of 1 trials gave a network"):
        _result(PLAN, (failed,), "trials")


def test_search_when_others_were_much_better_prunes_a_trial(tmp_path: Path) -> None:
    plan = replace(PLAN, epochs=4, patience=4)
    run(tmp_path, trials=1, plan=plan)
    head, line = journal_of(tmp_path)
    better = {**json.loads(line), "score": 1e-6, "losses": [1e-6, 1e-6, 1e-6]}
    lines = [head, *(json.dumps({**better, "number": number}) for number in range(5))]
    (tmp_path / JOURNAL).write_text("\n".join(lines) + "\n")

    found = run(tmp_path, trials=6, plan=plan)

    assert found.trials[5].state == PRUNED
    assert len(found.trials[5].losses) == 2
    assert found.best == found.trials[0]


def journal_of(folder: Path) -> list[str]:
    return (folder / JOURNAL).read_text().splitlines()


def test_search_when_samples_cannot_be_learned_from_says_so_at_once(tmp_path: Path) -> None:
    split = replace(make_split(120), validation=np.empty(0, np.int64))

    with pytest.raises(SampleError, match="validation set is empty"):
        run(tmp_path, split=split)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trials": 0}, "0 trials cannot be made"),
        ({"minutes": 0.0}, "0 minutes tries nothing"),
        ({"names": ("epochs",)}, "“epochs” cannot be searched"),
        ({"names": ("filters",)}, "nothing to search"),
    ],
)
def test_search_when_budget_or_space_is_none_refuses(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        run(tmp_path, **changes)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_search_space_of_a_family_holds_its_defaults_and_makes_valid_plans(family: str) -> None:
    plan = FAMILIES[family].defaults
    space = search_space(plan)

    assert plan_with(plan, {d.name: d.planned for d in space}) == plan
    for dimension in space:
        for value in dimension.choices or (dimension.low, dimension.high):
            plan_with(plan, {dimension.name: value})
        if not dimension.choices:
            assert dimension.low <= dimension.planned <= dimension.high


def test_plan_with_when_layers_and_width_change_applies_both() -> None:
    plan = replace(PLAN, hidden_units=(32, 16))

    found = plan_with(plan, {"hidden_units layers": 3, "hidden_units width": 0.5})

    assert found.hidden_units == (16, 8, 8)


def epoch(number: int, loss: float) -> EpochRow:
    return EpochRow(number, 10, loss, 0.5, loss, 0.5, 0.1, 1.0, 0.0)


def test_study_when_a_trial_is_worse_than_most_stops_it_after_the_warmup() -> None:
    """Five trials are needed; of ten epochs the first is the warm-up."""
    plan = replace(PLAN, epochs=10)
    space = search_space(plan, ("learning_rate",))
    before = [
        Trial(n, {"learning_rate": 0.01}, FINISHED, score=1.0, losses=(1.0, 1.0, 1.0))
        for n in range(5)
    ]
    study, early = (Study(space, plan, 0, before[:n]) for n in (5, 4))

    study.ask(5)
    early.ask(4)

    assert not study.hopeless(epoch(1, 9.0))
    assert study.hopeless(epoch(2, 9.0))
    assert not early.hopeless(epoch(2, 9.0))


def test_study_when_resumed_asks_what_it_would_have_asked() -> None:
    space = search_space(PLAN, NAMES)
    whole = Study(space, PLAN, 3, [])
    trials: list[Trial] = []
    for number in range(12):
        asked = whole.ask(number)
        loss = abs(np.log(asked.settings["learning_rate"] / 0.01))
        whole.hopeless(epoch(1, loss))
        trials.append(replace(asked, state=FINISHED, score=loss, losses=(loss,)))
        whole.told(trials[-1])

    for cut in (5, 11):
        assert Study(space, PLAN, 3, trials[:cut]).ask(cut).settings == trials[cut].settings
