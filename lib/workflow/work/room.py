"""Whether this machine can hold a training, asked again where it is done."""

import os

from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.jobs.process import available_bytes, used_bytes
from lib.models.limits import limits, require_fit


def require_room(plan: ModelPlan, samples: SampleSet) -> None:
    """Refuse a training that the memory of this machine, or a day, is too small for.

    What this process holds already counts as free: TensorFlow is part of what training needs.

    Raises:
        PlanError: It says what is needed, what there is, and what would fit.
    """
    free = available_bytes() + used_bytes(os.getpid())
    shape = samples.predictors.shape
    cores = os.cpu_count() or 1
    require_fit(limits(plan, shape, len(samples.legend), bytes_free=free, cores=cores))
