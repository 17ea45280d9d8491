"""What a person changed in drawn samples: dropped and relabelled ones, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import SampleError
from lib.core.samples import SampleSet


@dataclass(frozen=True)
class Edit:
    """One step: some samples were dropped, or given another class.

    Attributes:
        ids: Ids of the samples, rising.
        value: Value of the new class in the legend; None where they were dropped.
    """

    ids: tuple[int, ...]
    value: int | None = None


@dataclass(frozen=True)
class Edits:
    """All steps in order; a later one counts where two concern the same sample.

    Attributes:
        steps: The steps.
    """

    steps: tuple[Edit, ...] = ()

    @property
    def dropped(self) -> tuple[int, ...]:
        """Ids of the samples that are dropped in the end, rising."""
        return tuple(sample for sample, value in self._last().items() if value is None)

    @property
    def relabelled(self) -> tuple[tuple[int, int], ...]:
        """Id and class value of the samples that have another class in the end, ids rising."""
        return tuple((s, value) for s, value in self._last().items() if value is not None)

    def drop(self, ids: Iterable[int]) -> "Edits":
        """Return these edits with one more step that drops samples."""
        return self._with(ids, None)

    def relabel(self, ids: Iterable[int], value: int) -> "Edits":
        """Return these edits with one more step that gives samples the class of a value."""
        return self._with(ids, int(value))

    def undo(self) -> "Edits":
        """Return these edits without the last step; the same where there is none."""
        return Edits(self.steps[:-1])

    def apply(self, samples: SampleSet) -> SampleSet:
        """Return the samples as they are after the edits; the argument is not changed.

        Raises:
            SampleError: An edited sample is not among them, a class is not in the legend, a patch
                with a label for every pixel would be relabelled, or fewer than two classes remain.
        """
        last = self._last()
        if not last:
            return samples
        rows = _rows(samples, np.array(list(last), dtype=np.int64))
        index = samples.class_index.copy()
        kept = np.ones(len(samples), dtype=bool)
        places = {value: place for place, value in enumerate(samples.legend.values)}
        for row, value in zip(rows, last.values(), strict=True):
            if value is None:
                kept[row] = False
            else:
                index[row] = _place(places, value, samples)
        if kept.all():
            return replace(samples, class_index=index)
        taken = samples.take(np.flatnonzero(kept))
        return replace(taken, class_index=index[kept], part=samples.part)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the steps as plain data, ready for JSON."""
        return [{"ids": list(step.ids), "value": step.value} for step in self.steps]

    @classmethod
    def from_json(cls, data: Any) -> "Edits":
        """Read what `to_json` wrote.

        Raises:
            SampleError: It is something else.
        """
        try:
            return cls(tuple(_step(item) for item in data))
        except (KeyError, TypeError, ValueError):
            raise _error(
                "The edits of samples cannot be read: each step has ids and the value of a class, "
                "or null for dropped ones.",
                "Draw the samples again, or mend the project file.",
            ) from None

    def _with(self, ids: Iterable[int], value: int | None) -> "Edits":
        chosen = tuple(sorted({int(sample) for sample in ids}))
        return Edits((*self.steps, Edit(chosen, value))) if chosen else self

    def _last(self) -> dict[int, int | None]:
        """What became of each edited sample, by rising id."""
        last = {sample: step.value for step in self.steps for sample in step.ids}
        return dict(sorted(last.items()))


def _step(item: Any) -> Edit:
    value = item["value"]
    return Edit(tuple(map(_whole, item["ids"])), None if value is None else _whole(value))


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _rows(samples: SampleSet, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where samples with some ids are."""
    order = np.argsort(samples.ids, kind="stable")
    there = np.searchsorted(samples.ids, ids, sorter=order)
    rows = order[np.minimum(there, len(order) - 1)]
    missing = int((samples.ids[rows] != ids).sum())
    if missing:
        raise _error(
            f"{missing:,} of {len(ids):,} samples that were dropped or relabelled are not among "
            f"these {len(samples):,}.",
            "Undo the edits, or draw the samples as they were.",
        )
    return rows


def _place(places: dict[int, int], value: int, samples: SampleSet) -> int:
    if value not in places:
        raise _error(
            f"A sample was given the class of the value {value}, which the legend does not have.",
            "Undo that step, or add the class.",
        )
    if samples.dense is not None:
        raise _error(
            "A patch with a label for every pixel cannot be given another class.",
            "Undo that step, or drop the patch.",
        )
    return places[value]


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
