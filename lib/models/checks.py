"""What is odd or impossible about samples, before a network is built: sentences."""

import numpy as np

from lib.core.errors import SampleError
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.models.augment import FOR_FORM
from lib.models.dataset import Dataset
from lib.models.families import batch_size_of, families_for, find_family

_FORMS = {"pixel": "single pixels", "series": "series", "patch": "patches"}


def check_fit(plan: ModelPlan, samples: SampleSet) -> bool:
    """See whether a family can learn from samples.

    Returns:
        Whether it learns a label for every pixel of a patch.

    Raises:
        SampleError: It cannot; families that can are named.
    """
    family = find_family(plan.family)
    labelled = samples.dense is not None
    if family.form != samples.form:
        raise _no_fit(
            f"The {family.title} takes {family.needs}, not {_FORMS[samples.form]}", samples
        )
    if family.labels == "every pixel" and not labelled:
        raise _no_fit(
            f"The {family.title} needs a label for every pixel of a patch, and these patches have "
            "one for the centre",
            samples,
        )
    return labelled and family.labels != "centre"


def check_labels(data: Dataset, samples: SampleSet) -> None:
    """Refuse a training set with fewer than two classes, or validation without any label.

    Raises:
        SampleError: It is so.
    """
    present = np.unique(data.train.labels())
    if len(present) < 2:
        there = ", ".join(f"“{samples.legend.names[index]}”" for index in present) or "no class"
        raise SampleError(
            f"The training set has {there} only, and a network tells classes apart.",
            hint="Draw more samples, or choose another split.",
            field="split",
        )
    if not len(data.val.labels()):
        raise SampleError(
            "The validation set has no labels, so the best epoch cannot be told.",
            hint="Draw more samples, or choose another split.",
            field="split",
        )


def notes_on(
    data: Dataset, samples: SampleSet, plan: ModelPlan, augment: tuple[str, ...]
) -> tuple[str, ...]:
    """Say what of the samples or settings is odd and can be lived with."""
    found = [
        *_notes_on_classes(data, samples),
        *_notes_on_size(data, plan),
        *_notes_on_predictors(data, samples),
    ]
    unfit = [name for name in augment if name not in FOR_FORM[samples.form]]
    if unfit:
        found.append(f"{_listed(unfit)} cannot be done to {_FORMS[samples.form]}: left out.")
    return tuple(found)


def _notes_on_classes(data: Dataset, samples: SampleSet) -> list[str]:
    notes = []
    known = np.unique(data.train.labels())
    for part, words in (
        (data.train, "has no training samples: the network cannot learn it."),
        (data.val, "has no validation samples: it has no say in the choice of the best epoch."),
    ):
        there = np.unique(part.labels())
        missing = np.setdiff1d(np.flatnonzero(samples.counts), there)
        if part is data.val:
            missing = np.intersect1d(missing, known)
        notes += [f"“{samples.legend.names[index]}” {words}" for index in missing]
    return notes


def _notes_on_size(data: Dataset, plan: ModelPlan) -> list[str]:
    notes, n = [], len(data.train)
    if n < data.n_classes:
        notes.append(f"There are {n} training samples for {data.n_classes} classes.")
    elif n < batch_size_of(plan, n):
        notes.append(
            f"There are {n} training samples and a batch holds {batch_size_of(plan, n)}: an epoch "
            "is one step."
        )
    single = plan.batch_size == 1 or n == 1
    if single and plan.batch_norm and find_family(plan.family).form != "patch":
        notes.append(
            "Batch normalisation learns nothing from batches of one sample; choose a larger batch "
            "or switch it off."
        )
    return notes


def _notes_on_predictors(data: Dataset, samples: SampleSet) -> list[str]:
    notes = []
    constant = [name for name, c in zip(samples.names, data.scaling.constant, strict=True) if c]
    if constant:
        notes.append(f"{_listed(constant)} never changes in the training set and tells nothing.")
    if data.form == "series" and data.shape[0] == 1:
        notes.append(
            "The series has one date, so there is no pattern in time to find; a network of single "
            "pixels does as well."
        )
    return notes


def _no_fit(words: str, samples: SampleSet) -> SampleError:
    fitting = families_for(samples.form, dense=samples.dense is not None)
    titles = ", ".join(family.title for family in fitting)
    return SampleError(
        f"{words}.",
        hint=f"Choose one of {titles}, or draw samples of another form.",
        field="family",
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
