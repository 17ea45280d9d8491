"""How much worse a model becomes when a predictor tells it nothing: permutation importance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError

REPEATS = 10

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Importance:
    """What a predictor is worth to a model.

    Attributes:
        name: The predictor, or group of them.
        mean: Mean loss of the score over the permutations; about 0, or below, for one that the
            model does not need.
        standard_deviation: Spread over the permutations (population form, as scikit-learn's).
    """

    name: str
    mean: float
    standard_deviation: float


def permutation_importance(
    x: NDArray[Any],
    score_of: Callable[[NDArray[Any]], float],
    names: Sequence[str],
    *,
    groups: Sequence[Sequence[str]] | None = None,
    blocks: ArrayLike | None = None,
    valid: NDArray[np.bool_] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
    on_group: Callable[[Importance], None] | None = None,
) -> tuple[Importance, ...]:
    """Shuffle each predictor among test samples and see how much the score falls (Breiman 2001).

    Predictors that tell the same share what they are worth, or hide it: shuffle them as a group.
    All dates of a predictor, and all pixels of its patch, move together.

    Args:
        x: Predictors of samples that the model has not seen, the predictors last, shape
            (samples, ..., predictors). Left as it is.
        score_of: Gives the score of predictors of that shape; larger is better.
        names: Predictor names.
        groups: Names that are shuffled together; None for each on its own.
        blocks: Block of each sample: samples then move with their blocks, and neighbours stay
            neighbours. None for every sample on its own.
        valid: Where predictors were observed, shape (samples, ...); where the sample that values
            come from was not, the mean over all samples stands in.
        repeats: Permutations of each.
        seed: The same gives the same figures.
        on_group: Told of each as soon as it is known.

    Returns:
        In the order of the groups.

    Raises:
        SampleError: There are fewer than two samples, or a group names no predictor.
    """
    asked = [(name,) for name in names] if groups is None else [tuple(group) for group in groups]
    columns = [_columns(group, names) for group in asked]
    if len(x) < 2:
        raise _error(f"{len(x)} test samples cannot be shuffled.", "Test with more samples.")
    base = score_of(x)
    found = []
    for number, (group, chosen) in enumerate(zip(asked, columns, strict=True)):
        rng = np.random.default_rng([seed, number])
        falls = [
            base - score_of(_shuffled(x, chosen, _donors(len(x), blocks, rng), valid))
            for _ in range(repeats)
        ]
        row = Importance(", ".join(group), float(np.mean(falls)), float(np.std(falls)))
        found.append(row)
        if on_group is not None:
            on_group(row)
    return tuple(found)


def _columns(group: Sequence[str], names: Sequence[str]) -> list[int]:
    unknown = [name for name in group if name not in names]
    if unknown or not group:
        raise _error(
            f"There is no predictor “{', '.join(unknown)}” to shuffle.",
            f"The predictors are {', '.join(names)}.",
        )
    return [list(names).index(name) for name in group]


def _donors(n: int, blocks: ArrayLike | None, rng: np.random.Generator) -> Ints:
    """Say from which sample each one gets its values."""
    if blocks is None:
        return rng.permutation(n)
    ids = np.unique(np.asarray(blocks), return_inverse=True)[1]
    place = rng.permutation(int(ids.max()) + 1)
    donors = np.empty(n, dtype=np.int64)
    donors[np.argsort(ids, kind="stable")] = np.argsort(place[ids], kind="stable")
    return donors


def _shuffled(
    x: NDArray[Any], columns: list[int], donors: Ints, valid: NDArray[np.bool_] | None
) -> NDArray[Any]:
    changed = x.copy()
    values = x[..., columns]
    moved = values[donors]
    if valid is not None:
        moved = np.where(valid[donors][..., None], moved, _mean_where(values, valid))
        moved = np.where(valid[..., None], moved, 0)
    changed[..., columns] = moved
    return changed


def _mean_where(values: NDArray[Any], valid: NDArray[np.bool_]) -> Floats:
    """Mean over the samples that were observed, of each date or pixel, shape (..., predictors)."""
    seen = valid.sum(axis=0)[..., None]
    return np.asarray((values * valid[..., None]).sum(axis=0) / np.maximum(seen, 1))


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
