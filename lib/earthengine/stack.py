"""Names of the predictors and of the bands of the image that carries them, from a plan alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lib.catalog.collections import find
from lib.core.errors import PlanError
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.core.plan_checks import parse_day

TEXTURE_MEASURES = ("mean", "sd")
# Earth Engine computes at most this many bands in one request (computePixels).
MOST_BANDS = 1024

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Names:
    """Names of the predictors of one moment, part by part in predictor order.

    Attributes:
        main: Bands and indices of the main collection, or their harmonic terms.
        sources: For each further source the names of its bands and indices.
        terrain: Measures of the terrain.
        texture: For each textured predictor its measures, one after another.
        formulas: Predictors of a person's own.
    """

    main: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]
    terrain: tuple[str, ...]
    texture: tuple[str, ...]
    formulas: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every name in predictor order."""
        sources = (name for names in self.sources for name in names)
        return (*self.main, *sources, *self.terrain, *self.texture, *self.formulas)


def names_of(plan: ImageryPlan) -> Names:
    """Return the names of a plan's predictors, part by part.

    A name of a further source that is taken already gets the collection's short code in front,
    such as "s1_VV", and a number where that is taken too, such as "s2_2_B4".

    Raises:
        PlanError: Texture of an unknown predictor, or a name that stands twice.
    """
    main = _main_names(plan)
    taken = set(main)
    sources = tuple(_free_names(source, taken) for source in plan.sources)
    terrain = tuple(f"terrain_{name}" if name in taken else name for name in plan.terrain)
    _refuse_unknown(plan.texture, taken | set(terrain))
    texture = tuple(f"{name}_{measure}" for name in plan.texture for measure in TEXTURE_MEASURES)
    names = Names(main, sources, terrain, texture, tuple(own.name for own in plan.formulas))
    _refuse_twice(names.all)
    return names


def predictor_names(plan: ImageryPlan) -> tuple[str, ...]:
    """Return the names of the predictors in order, of one moment where the form is a series.

    Raises:
        PlanError: Texture of an unknown predictor, or a name that stands twice.
    """
    return names_of(plan).all


def windows(plan: ImageryPlan) -> tuple[tuple[str, str], ...]:
    """Return first day and day after the last of each window of a series; empty for other forms.

    Windows follow one another from the plan's start; the last ends with the plan.
    """
    if plan.form != "series":
        return ()
    first, end = parse_day(plan.start), parse_day(plan.end)
    length = timedelta(days=plan.window_days)
    count = -((first - end) // length)
    starts = [first + index * length for index in range(count)]
    return tuple((day.isoformat(), min(day + length, end).isoformat()) for day in starts)


def step_days(plan: ImageryPlan) -> tuple[str, ...]:
    """Return the first day of each window of a series, ISO form; empty for other forms."""
    return tuple(start for start, _ in windows(plan))


def stack_names(plan: ImageryPlan) -> tuple[str, ...]:
    """Return the flat band names of the image that `imagery.predictors` writes.

    For pixels and patches the predictor names. For a series "t00_B4" and so on, window by window,
    then "t00_valid" for each window.

    Raises:
        PlanError: More bands than a request may have, or names that cannot be used.
    """
    names = predictor_names(plan)
    if plan.form == "series":
        values, flags = series_names(names, len(windows(plan)))
        names = (*values, *flags)
    if len(names) > MOST_BANDS:
        raise PlanError(
            f"The plan makes {len(names):,} bands; a request may have {MOST_BANDS:,}.",
            hint="Choose longer windows, a shorter time or fewer predictors.",
            field="window_days" if plan.form == "series" else "bands",
        )
    return names


def series_names(names: Sequence[str], steps: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the band names of a series' predictors, window by window, and of its flags."""
    starts = [f"t{index:02d}" for index in range(steps)]
    values = tuple(f"{start}_{name}" for start in starts for name in names)
    return values, tuple(f"{start}_valid" for start in starts)


def unstack(
    plan: ImageryPlan, values: NDArray[Number]
) -> tuple[NDArray[Number], NDArray[np.bool_] | None]:
    """Give the values of the flat bands the shape of the plan's form.

    Args:
        plan: The plan whose image was read.
        values: `(..., len(stack_names(plan)))`.

    Returns:
        Predictors `(..., predictors)` and None; for a series `(..., time, predictors)` and
        whether each window was observed, `(..., time)`.
    """
    if plan.form != "series":
        return values, None
    steps, count = len(windows(plan)), len(predictor_names(plan))
    flat, valid = values[..., : steps * count], values[..., steps * count :]
    return flat.reshape(*values.shape[:-1], steps, count), valid.astype(np.float64) > 0.5


def _main_names(plan: ImageryPlan) -> tuple[str, ...]:
    names = (*plan.bands, *plan.indices)
    if not plan.harmonics:
        return names
    pairs = range(1, plan.harmonics + 1)
    terms = ["mean", *(f"{wave}{pair}" for pair in pairs for wave in ("cos", "sin"))]
    return tuple(f"{name}_{term}" for name in names for term in terms)


def _free_names(source: SourcePlan, taken: set[str]) -> tuple[str, ...]:
    """Names of a source that nobody has yet; they are taken from then on."""
    names = tuple(_free_name(name, source, taken) for name in (*source.bands, *source.indices))
    taken.update(names)
    return names


def _free_name(name: str, source: SourcePlan, taken: set[str]) -> str:
    if name not in taken:
        return name
    known = find(source.collection)
    code = known.code if known else "own"
    numbered = (f"{code}_{number}" for number in range(2, 100))
    return next(
        f"{prefix}_{name}" for prefix in (code, *numbered) if f"{prefix}_{name}" not in taken
    )


def _refuse_unknown(texture: Iterable[str], known: set[str]) -> None:
    for name in texture:
        if name not in known:
            raise PlanError(
                f"There is no predictor “{name}” whose texture could be taken.",
                hint=f"Choose among {', '.join(sorted(known))}.",
                field="texture",
            )


def _refuse_twice(names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PlanError(
            f"Two predictors are called “{twice[0]}”.",
            hint="Give a formula another name, or take one of them out.",
            field="formulas",
        )
