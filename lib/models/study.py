"""The choice of settings for the next trial, by Optuna."""

from typing import Any

import numpy as np

from lib.core.model_plan import ModelPlan
from lib.models.progress import EpochRow
from lib.models.search_space import Dimension
from lib.models.trials import FAILED, FINISHED, PRUNED, RUNNING, Trial

_STARTUP_TRIALS = 5  # that end before any is stopped early
_WARMUP_SHARE = 0.1  # of the epochs in which none is stopped


class Study:
    """Optuna's choice of settings, in memory; its sampler begins anew for every trial.

    What it chooses depends on the trials before and on the seed alone, so that a search that goes
    on after a stop chooses what it would have.
    """

    def __init__(
        self, space: tuple[Dimension, ...], plan: ModelPlan, seed: int, before: list[Trial]
    ) -> None:
        import optuna  # slow import

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        self._seed = seed
        warmup = max(1, round(_WARMUP_SHARE * plan.epochs))
        pruner = optuna.pruners.MedianPruner(_STARTUP_TRIALS, n_warmup_steps=warmup)
        self._study = optuna.create_study(direction="minimize", pruner=pruner)
        for trial in before:
            self._study.add_trial(_as_optuna(trial, space))
        self._asked: Any = None

    def ask(self, number: int) -> Trial:
        """Choose the settings of the next trial; the first has those of the plan."""
        from optuna.samplers import TPESampler  # slow import

        fresh = np.random.SeedSequence([self._seed, number]).generate_state(1)
        self._study.sampler = TPESampler(seed=int(fresh[0]))
        if number == 0:
            self._study.enqueue_trial({d.name: d.planned for d in self._space})
        self._asked = self._study.ask(_distributions(self._space))
        return Trial(number, dict(self._asked.params), RUNNING)

    def hopeless(self, row: EpochRow) -> bool:
        """Note an epoch, and say whether the trial is worse than most were at that epoch."""
        self._asked.report(row.val_loss, row.epoch - 1)
        return bool(self._asked.should_prune())

    def told(self, trial: Trial) -> None:
        """Note how a trial ended."""
        value = trial.score if trial.state == FINISHED else None
        self._study.tell(self._asked, value, state=_states()[trial.state])


def _states() -> dict[str, Any]:
    from optuna.trial import TrialState  # slow import

    return {
        FINISHED: TrialState.COMPLETE,
        PRUNED: TrialState.PRUNED,
        FAILED: TrialState.FAIL,
    }


def _as_optuna(trial: Trial, space: tuple[Dimension, ...]) -> Any:
    from optuna.trial import create_trial  # slow import

    # What was pruned counts by its last loss, as it does when Optuna is told of it.
    values = {FINISHED: trial.score, PRUNED: trial.losses[-1] if trial.losses else None}
    return create_trial(
        state=_states()[trial.state],
        value=values.get(trial.state),
        params=trial.settings,
        distributions=_distributions(space),
        intermediate_values=dict(enumerate(trial.losses)),
    )


def _distributions(space: tuple[Dimension, ...]) -> dict[str, Any]:
    from optuna.distributions import (  # slow import
        CategoricalDistribution,
        FloatDistribution,
    )

    return {
        d.name: CategoricalDistribution(d.choices)
        if d.choices
        else FloatDistribution(d.low, d.high, log=d.log)
        for d in space
    }
