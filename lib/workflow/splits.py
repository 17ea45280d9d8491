"""Which splits suit a label source, and which one is proposed."""

from collections import Counter
from collections.abc import Mapping

from lib.core.errors import AppError
from lib.core.labelcolumns import Key, class_key
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.earthengine import labels
from lib.workflow.workspace import Workspace


def kinds(plan: LabelPlan) -> tuple[str, ...]:
    """Kinds of split that labels allow."""
    places = plan.kind != "table" or bool(plan.lon_property and plan.lat_property)
    grouped = plan.kind in ("features", "drawn") or bool(plan.group_property)
    there = {
        "blocks": places,
        "random": True,
        "polygon": grouped,
        "column": bool(plan.part_property),
        "simple": True,
    }
    return tuple(kind for kind, fits in there.items() if fits)


def proposed(workspace: Workspace, plan: LabelPlan) -> str:
    """The kind of split to begin with: whole polygons of one's own, blocks of maps."""
    if plan.part_property:
        return "column"
    if plan.group_property:
        return "polygon"
    if plan.kind == "table":
        return "blocks" if plan.lon_property else "random"
    # One polygon cannot be in training and test at once.
    return "blocks" if plan.kind == "map" or _lonely(workspace, plan) else "polygon"


def _lonely(workspace: Workspace, plan: LabelPlan) -> tuple[str, ...]:
    """Classes of the source, as its text, with one shape."""
    if plan.group_property or plan.kind not in ("features", "drawn"):
        return ()
    if plan.kind == "drawn":
        counts: Mapping[str, int] = Counter(str(label.value) for label in plan.drawn)
    else:
        try:
            counts = labels.class_counts(workspace.connection, plan.source, plan.class_property)
        except AppError:
            return ()  # told beside the source's controls
    shapes: Counter[Key] = Counter()
    for text, count in counts.items():
        key = class_key(text)
        if key is not None:
            shapes[key] += count
    return tuple(str(key) for key, count in shapes.items() if count == 1)


def single_shapes(workspace: Workspace, classes: Legend) -> tuple[str, ...]:
    """Names of the classes of which features or drawings have one polygon or point only."""
    plan = workspace.project.labels
    lonely = _lonely(workspace, plan)
    if plan.kind == "drawn":
        return tuple(item.name for item in classes if str(item.value) in lonely)
    names = {name.strip().casefold(): name for name in classes.names}
    numbers = {str(item.value): item.name for item in classes}
    return tuple(numbers.get(text) or names.get(text, text) for text in lonely)
