"""Search over settings: trials that can be watched, stopped and gone on with.

Trials are chosen by Optuna's tree of Parzen estimators and stopped early by its median rule (Akiba
et al. 2019, "Optuna: a next-generation hyperparameter optimization framework", KDD). What counts is
the least loss on the validation set; the test set is taken away before anything is trained.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lib.core.errors import AppError, ModelError, PlanError
from lib.core.model_plan import ModelPlan
from lib.core.plan import BalancePlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.digest import samples_digest
from lib.models.progress import EpochRow
from lib.models.search_space import SEARCHED, plan_with, search_space
from lib.models.study import Study
from lib.models.training import CANCELLED, TrainingRun, train
from lib.models.trials import FAILED, FINISHED, JOURNAL, PRUNED, Journal, SearchResult, Trial

MOST_TRIALS = 1_000


def search(
    samples: SampleSet,
    split: Split,
    plan: ModelPlan,
    balance: BalancePlan,
    *,
    folder: Path,
    trials: int = 30,
    minutes: float | None = None,
    names: tuple[str, ...] = SEARCHED,
    seed: int = 0,
    class_weights: bool = True,
    on_trial: Callable[[Trial], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SearchResult:
    """Try settings around a plan, and tell the best by its validation loss.

    The same samples, plan and seed give the same trials on one machine, whether or not the search
    was interrupted, as long as it is the number of trials that ends it.

    Args:
        samples: All samples.
        split: Only its training and validation part are looked at.
        plan: Family and settings to begin with: the first trial is the plan itself.
        balance: What is resampled, weighed and augmented.
        folder: Keeps the journal of trials, a line of JSON each, and the network in training; a
            journal of other samples or settings in it is begun anew.
        trials: Most trials, those in the journal included.
        minutes: Most minutes, those in the journal included; None for no bound. The trial that
            they end in is not counted.
        names: Options to search.
        seed: Seed of the choice of settings; that of the networks is the plan's.
        class_weights: Whether a sample counts by its class's frequency.
        on_trial: Told of each trial when it begins, after each of its epochs and when it ends.
        should_stop: Asked some times a second.

    Raises:
        PlanError: A budget or an option that cannot be.
        SampleError: The samples cannot be learned from with the plan itself.
        ModelError: All trials failed; the reason of the first is given.
    """
    _check_budget(trials, minutes)
    space = search_space(plan, names)
    folder.mkdir(parents=True, exist_ok=True)
    blind = replace(split, test=np.empty(0, dtype=np.int64))
    settings = [asdict(plan), asdict(balance), class_weights, seed, names]
    mark = samples_digest(samples, settings, split.training, split.validation)
    journal = Journal(folder / JOURNAL, mark)
    study = Study(space, plan, seed, journal.trials)
    spent = sum(trial.seconds for trial in journal.trials)
    deadline = None if minutes is None else time.monotonic() + 60 * minutes - spent

    def out_of_time() -> bool:
        return deadline is not None and time.monotonic() >= deadline

    def fit(tried: ModelPlan, on_epoch: Callable[[EpochRow], None], stop: Any) -> TrainingRun:
        return train(
            samples,
            blind,
            tried,
            run_dir=folder / "running",
            on_epoch=on_epoch,
            should_stop=lambda: stop() or out_of_time() or should_stop(),
            class_weights=class_weights,
            balance=balance,
        )

    while len(journal.trials) < trials and not should_stop() and not out_of_time():
        ended = _run_trial(study, plan, len(journal.trials), fit, on_trial)
        if ended is None:
            break
        shutil.rmtree(folder / "running", ignore_errors=True)
        journal.add(ended)
        if on_trial is not None:
            on_trial(ended)
    why = "trials" if len(journal.trials) >= trials else "minutes" if out_of_time() else "cancelled"
    return _result(plan, tuple(journal.trials), why)


def _run_trial(
    study: Study,
    plan: ModelPlan,
    number: int,
    fit: Callable[[ModelPlan, Callable[[EpochRow], None], Callable[[], bool]], TrainingRun],
    on_trial: Callable[[Trial], None] | None,
) -> Trial | None:
    """Train one network; None where it was stopped from outside, and can be gone on with."""
    begin = time.monotonic()
    running = study.ask(number)
    pruned = False
    _tell(on_trial, running)

    def on_epoch(row: EpochRow) -> None:
        nonlocal running, pruned
        running = replace(_after(running, row), seconds=time.monotonic() - begin)
        pruned = study.hopeless(row)
        _tell(on_trial, running)

    try:
        run = fit(plan_with(plan, running.settings), on_epoch, lambda: pruned)
    except AppError as error:
        if number == 0 and not isinstance(error, ModelError):
            raise
        ended = replace(running, state=FAILED, message=str(error))
    else:
        if run.stopped == CANCELLED and not pruned:
            return None
        ended = replace(running, state=PRUNED if run.stopped == CANCELLED else FINISHED)
    study.told(ended)
    return replace(ended, seconds=time.monotonic() - begin)


def _after(trial: Trial, row: EpochRow) -> Trial:
    losses = (*trial.losses, row.val_loss)
    if trial.score is not None and trial.score <= row.val_loss:
        return replace(trial, losses=losses)
    return replace(trial, losses=losses, score=row.val_loss, accuracy=row.val_accuracy)


def _tell(on_trial: Callable[[Trial], None] | None, trial: Trial) -> None:
    if on_trial is not None:
        on_trial(trial)


def _result(plan: ModelPlan, trials: tuple[Trial, ...], why: str) -> SearchResult:
    finished = [t for t in trials if t.state == FINISHED and t.score is not None]
    best = min(finished, key=lambda t: (t.score, t.number)) if finished else None
    if trials and all(trial.state == FAILED for trial in trials):
        raise ModelError(
            f"None of {len(trials)} trials gave a network. The first: {trials[0].message}",
            hint="Begin with a lower learning rate or a smaller network.",
            field="search",
        )
    best_plan = plan if best is None else plan_with(plan, best.settings)
    return SearchResult(trials, best, best_plan, why)


def _check_budget(trials: int, minutes: float | None) -> None:
    if not 1 <= trials <= MOST_TRIALS:
        raise PlanError(
            f"{trials} trials cannot be made.",
            hint=f"Ask for between 1 and {MOST_TRIALS:,}.",
            field="search",
        )
    if minutes is not None and not minutes > 0:
        raise PlanError(
            f"A search of {minutes:g} minutes tries nothing.",
            hint="Give more than 0 minutes.",
            field="search",
        )
