"""What a search over settings tries, drawn from the options of a family; without TensorFlow."""

from dataclasses import dataclass, replace
from typing import Any

from lib.core.errors import PlanError
from lib.core.model_plan import MOST_LAYERS, ModelPlan
from lib.models.families import find_family
from lib.models.options import Option

SEARCHED = (
    "hidden_units",
    "filters",
    "kernel_size",
    "recurrent_units",
    "bidirectional",
    "activation",
    "batch_norm",
    "dropout",
    "learning_rate",
    "weight_decay",
    "label_smoothing",
    "batch_size",
)
"""Options that can be searched; the others are limits, seeds, or change what a loss means."""

LAYERS, WIDTH = " layers", " width"
"""Ends of the names under which the number and the width of layers are tried."""

_RANGES = {"dropout": (0.0, 0.6), "label_smoothing": (0.0, 0.2), "weight_decay": (1e-5, 0.3)}
_AROUND_RATE = 10.0  # times more and less than the rate of the plan
_FACTORS = (0.5, 1.0, 2.0)  # of the width of layers and the size of batches
_KERNELS = (3, 5, 7)


@dataclass(frozen=True)
class Dimension:
    """One thing that differs from trial to trial.

    Attributes:
        name: Name of an option, or of one with the end `LAYERS` or `WIDTH`.
        option: Name of the field of `ModelPlan`.
        low: Least value of a range.
        high: Largest value.
        log: Whether the range is searched by factors rather than by steps.
        choices: What is chosen from; empty for a range.
        planned: What the plan has.
    """

    name: str
    option: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()
    planned: Any = None


def search_space(plan: ModelPlan, names: tuple[str, ...] = SEARCHED) -> tuple[Dimension, ...]:
    """Give what can differ from a plan, in the order of the options of its family.

    The values of the plan are always among them.

    Args:
        plan: What is known to work; ranges lie around it.
        names: Options to search; those that the family does not have are left out.

    Raises:
        ModelError: There is no such family.
        PlanError: An option cannot be searched, or none is left.
    """
    unknown = [name for name in names if name not in SEARCHED]
    if unknown:
        raise PlanError(
            f"“{unknown[0]}” cannot be searched.",
            hint=f"Choose among {', '.join(SEARCHED)}.",
            field="search",
        )
    options = [option for option in find_family(plan.family).options if option.name in names]
    found = tuple(dimension for option in options for dimension in _dimensions(option, plan))
    if not found:
        raise PlanError(
            "There is nothing to search.",
            hint="Choose at least one setting of this family.",
            field="search",
        )
    return found


def plan_with(plan: ModelPlan, settings: dict[str, Any]) -> ModelPlan:
    """Give a plan with the settings of a trial, by the names of their dimensions."""
    changes: dict[str, Any] = {}
    for name, value in settings.items():
        option = name.removesuffix(LAYERS).removesuffix(WIDTH)
        if option == name:
            changes[name] = value
            continue
        widths = changes.get(option, getattr(plan, option))
        changes[option] = _deeper(widths, value) if LAYERS in name else _wider(widths, value)
    return replace(plan, **changes)


def _dimensions(option: Option, plan: ModelPlan) -> tuple[Dimension, ...]:
    planned = getattr(plan, option.name)
    if option.name == "weight_decay" and (planned == 0 or plan.optimizer == "adam"):
        return ()
    if option.kind == "widths":
        return _of_widths(option, planned)
    if option.kind == "choice":
        return (Dimension(option.name, option.name, choices=option.choices, planned=planned),)
    if option.kind == "flag":
        return (Dimension(option.name, option.name, choices=(False, True), planned=planned),)
    if option.name == "kernel_size":
        return (_choice(option.name, {*_KERNELS, planned}, planned),)
    if option.name == "batch_size":
        sizes = {int(factor * planned) for factor in _FACTORS} | {planned}
        return (_choice(option.name, {s for s in sizes if 1 <= s <= option.maximum}, planned),)
    return (_range(option, planned),)


def _of_widths(option: Option, planned: tuple[int, ...]) -> tuple[Dimension, ...]:
    if not planned:
        return ()
    width = Dimension(option.name + WIDTH, option.name, choices=_FACTORS, planned=1.0)
    if option.name == "filters":  # their number decides what a patch or series must measure
        return (width,)
    depth = len(planned)
    depths = tuple(n for n in (depth - 1, depth, depth + 1) if 1 <= n <= MOST_LAYERS)
    return Dimension(option.name + LAYERS, option.name, choices=depths, planned=depth), width


def _choice(name: str, values: set[Any], planned: Any) -> Dimension:
    return Dimension(name, name, choices=tuple(sorted(values)), planned=planned)


def _range(option: Option, planned: float) -> Dimension:
    if option.name == "learning_rate":
        low, high = planned / _AROUND_RATE, planned * _AROUND_RATE
    else:
        low, high = _RANGES[option.name]
    low, high = max(min(low, planned), option.minimum), min(max(high, planned), option.maximum)
    log = option.name in ("learning_rate", "weight_decay")
    return Dimension(option.name, option.name, low=low, high=high, log=log, planned=planned)


def _deeper(widths: tuple[int, ...], layers: int) -> tuple[int, ...]:
    """So many layers, the last repeated where there are more."""
    return (*widths, *[widths[-1]] * layers)[:layers]


def _wider(widths: tuple[int, ...], factor: float) -> tuple[int, ...]:
    return tuple(max(1, min(2_048, round(width * factor))) for width in widths)
