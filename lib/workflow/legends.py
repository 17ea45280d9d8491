"""The classes of a project, and what the values of its label source mean in them.

Every function takes the source's own classes: what asks a service for them is `labels`.
"""

from collections.abc import Callable
from dataclasses import replace

from lib.catalog.legends import preset, preset_names
from lib.core.errors import LegendError
from lib.core.formats import count_words
from lib.core.legend import Legend, LegendClass
from lib.core.legend_colours import suited_colours
from lib.core.legend_edit import LegendEdit, remap_by_name
from lib.core.plan import DrawnLabel, Remap
from lib.workflow.sample_views import SourceValue
from lib.workflow.workspace import Workspace

PRESETS = {"worldcover": "ESA WorldCover", "dynamicworld": "Dynamic World", "nlcd": "NLCD"}


def presets() -> dict[str, str]:
    """Names of the published legends, with what people call them."""
    return {name: PRESETS.get(name, name) for name in preset_names()}


def published(name: str) -> Legend:
    """The published legend of a name."""
    return preset(name)


def values_of_source(workspace: Workspace, source: Legend) -> tuple[SourceValue, ...]:
    """The values of the label source, each with the class that it stands for now."""
    place = _editing(workspace, source).place
    return tuple(SourceValue(c.value, c.name, place[c.value]) for c in source)


def _editing(workspace: Workspace, source: Legend) -> LegendEdit:
    """The project's legend, with the place of every value of the source."""
    project = workspace.project
    classes = project.legend or source
    moved = {pair.value: pair.to for pair in project.labels.remap}
    values = dict.fromkeys((*source.values, *classes.values, *moved))
    there = set(classes.values)
    means = {value: moved.get(value, value) for value in values}
    return LegendEdit(classes, {v: to if to in there else None for v, to in means.items()})


def _keep(workspace: Workspace, edit: LegendEdit, source: Legend) -> None:
    """Put an edited legend into the project, with the remap that follows."""
    plan = workspace.project.labels
    if plan.kind == "drawn":
        drawn = tuple(_placed(label, edit) for label in plan.drawn)
        kept = tuple(label for label in drawn if label is not None)
        workspace.change(legend=edit.legend, labels=replace(plan, drawn=kept, remap=()))
        return
    remap = _remap(edit)
    own = edit.legend == source and not remap
    workspace.change(legend=None if own else edit.legend, labels=replace(plan, remap=remap))


def _placed(label: DrawnLabel, edit: LegendEdit) -> DrawnLabel | None:
    to = edit.place.get(label.value)
    return None if to is None else DrawnLabel(to, label.geometry)


def _remap(edit: LegendEdit) -> tuple[Remap, ...]:
    """What moves values to their classes, and those left out away from a class of their number."""
    nowhere = min(0, *edit.legend.values) - 1
    numbers = set(edit.legend.values)
    out = {v for v, to in edit.place.items() if to is None and v in numbers}
    moved = (*edit.remap, *(Remap(value, nowhere) for value in out))
    return tuple(sorted(moved, key=lambda pair: pair.value))


def edit_legend(
    workspace: Workspace, source: Legend, change: Callable[[LegendEdit], LegendEdit]
) -> None:
    """Change the classes, such as with `lambda edit: edit.merge([10, 20])`.

    Args:
        workspace: Whose project.
        source: Classes of the label source.
        change: What is done.

    Raises:
        LegendError: It is impossible; nothing is changed.
    """
    _keep(workspace, change(_editing(workspace, source)), source)


def add_class(
    edit: LegendEdit, name: str, *, value: int | None = None, colour: str = ""
) -> LegendEdit:
    """Add a class; it gets the next number and a colour that suits where none is given.

    Raises:
        LegendError: The name or number is another class's, or the colour is none.
    """
    classes = edit.legend.classes
    number = max(edit.legend.values) + 1 if value is None else value
    made = colour or suited_colours([name], taken=edit.legend.colors)[0]
    legend_now = Legend((*classes, LegendClass(number, name.strip(), made)))
    return LegendEdit(legend_now, {number: number, **edit.place})


def let_stand_for(workspace: Workspace, source: Legend, value: int, to: int | None) -> None:
    """Let a value of the source stand for a class of the legend, or for none."""
    edit = _editing(workspace, source)
    _keep(workspace, LegendEdit(edit.legend, {**edit.place, value: to}), source)


def take_legend(workspace: Workspace, source: Legend, taken: Legend) -> tuple[str, ...]:
    """Make a published or imported legend the project's.

    Returns:
        What of the source stands for no class of it, in sentences.

    Raises:
        LegendError: Labels are drawn of classes that it does not have.
    """
    plan = workspace.project.labels
    place = _meeting(source, taken)
    lost = [c.name for c in source if place[c.value] is None]
    if plan.kind == "drawn":
        used = {label.value for label in plan.drawn}
        drawn_of = [c.name for c in source if c.value in used and place[c.value] is None]
        if drawn_of:
            raise LegendError(
                f"Labels are drawn of “{drawn_of[0]}”, which the other legend does not have.",
                hint="Give that class the name of another one first, or delete its labels.",
                field="classes",
            )
        lost = []
    _keep(workspace, LegendEdit(taken, {**{v: v for v in taken.values}, **place}), source)
    if not lost:
        return ()
    listed = ", ".join(f"“{name}”" for name in lost[:6]) + (", …" if len(lost) > 6 else "")
    words = count_words(len(lost), "value", "values")
    return (f"{words} of the label source stand for no class of it: {listed}.",)


def use_source_legend(workspace: Workspace) -> None:
    """Go back to the classes that the label source brings."""
    workspace.change(legend=None, labels=replace(workspace.project.labels, remap=()))


def _meeting(source: Legend, target: Legend) -> dict[int, int | None]:
    """Class of a target legend for each value of a source: by name, else by number if unnamed."""
    by_name = {pair.value: pair.to for pair in remap_by_name(source, target)}
    same = {name.strip().casefold() for name in target.names}
    place: dict[int, int | None] = {}
    for each in source:
        unnamed = each.name == f"Class {each.value}" and each.value in target.values
        alike = each.name.strip().casefold() in same and each.value not in by_name
        place[each.value] = by_name.get(each.value, each.value if unnamed or alike else None)
    return place


def meet(workspace: Workspace, source: Legend, classes: Legend) -> None:
    """Let the values of another source stand for the project's classes, by name."""
    place = {**{value: value for value in classes.values}, **_meeting(source, classes)}
    _keep(workspace, LegendEdit(classes, place), source)
