"""Where labels come from, and the classes that they mean: everything that asks before a draw."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import shapely

from lib.catalog.collections import Collection, find, label_collections
from lib.catalog.legends import preset, preset_names
from lib.core.errors import AppError, LabelError, LegendError
from lib.core.formats import count_words
from lib.core.labelcolumns import columns_of, kind_of, match_classes
from lib.core.legend import Legend, LegendClass
from lib.core.legend_colours import suited_colours
from lib.core.legend_edit import LegendEdit, remap_by_name
from lib.core.plan import DrawnLabel, LabelPlan, Remap
from lib.core.tables.samples import suggested_plan
from lib.core.vectors.reading import read_vectors
from lib.earthengine import assets, labels
from lib.workflow import tablefiles
from lib.workflow.sample_views import SourceValue, TableView
from lib.workflow.workspace import Workspace

PRESETS = {"worldcover": "ESA WorldCover", "dynamicworld": "Dynamic World", "nlcd": "NLCD"}
_PROPOSED_SPLIT = {"features": "polygon", "drawn": "polygon", "map": "blocks"}


def label_maps(workspace: Workspace) -> tuple[Collection, ...]:
    """Reference maps to choose from on this connection."""
    return tuple(item for item in label_collections() if workspace.connection.can.serves(item.id))


def presets() -> dict[str, str]:
    """Names of the published legends, with what people call them."""
    return {name: PRESETS.get(name, name) for name in preset_names()}


def published(name: str) -> Legend:
    """The published legend of a name."""
    return preset(name)


def legend(workspace: Workspace, source: Legend | None = None) -> Legend:
    """The project's classes, or those that its label source brings.

    Args:
        workspace: Whose project.
        source: The source's own classes, where they are known already.

    Raises:
        AppError: As `source_legend`.
    """
    return workspace.project.legend or source or source_legend(workspace)


def source_legend(workspace: Workspace) -> Legend:
    """The classes that the label source itself brings; of drawn labels those of the project.

    Raises:
        LabelError: The class column is missing or holds measurements, or no table is chosen.
        LegendError: There are fewer than two classes, or more than a map shows.
    """
    project = workspace.project
    plan = project.labels
    if plan.kind == "drawn":
        return project.legend or preset("worldcover")
    if plan.kind == "table":
        return tablefiles.own_legend(tablefiles.table_of(workspace.folder, plan.source), plan)
    if plan.kind == "features":
        _refuse_measurements(workspace, plan)
    return labels.default_legend(workspace.connection, plan)


def _refuse_measurements(workspace: Workspace, plan: LabelPlan) -> None:
    if not plan.source or not plan.class_property:
        raise LabelError(
            "No polygons or points are chosen.",
            hint="Upload a file that has a class column.",
            field="labels",
        )
    counts = labels.class_counts(workspace.connection, plan.source, plan.class_property)
    if kind_of(pd.Series(list(counts))) == "number":
        raise LabelError(
            f"The column “{plan.class_property}” holds measurements, such as {next(iter(counts))}.",
            hint="Choose the column that holds classes.",
            field="class_property",
        )


# --- The legend and what the source's values mean in it --------------------------------------


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


# --- Choosing a source -------------------------------------------------------------------------


def choose(workspace: Workspace, plan: LabelPlan) -> None:
    """Make a label plan the project's.

    Another source keeps the project's classes, meets them by name, and proposes the split that
    suits it: whole polygons for one's own, blocks for maps.

    Raises:
        AppError: The source is not there, or of another kind.
    """
    project = workspace.project
    before = project.labels
    if _source(plan) == _source(before):
        workspace.change(labels=plan)
        return
    classes = project.legend
    if plan.kind == "drawn" and classes is None:
        classes = _classes_so_far(workspace)
    split = project.split
    wanted = _proposed_split(plan)
    if wanted != _proposed_split(before) or split.kind not in split_kinds(plan):
        split = replace(split, kind=wanted)
    workspace.change(labels=replace(plan, remap=()), legend=classes, split=split)
    if classes is not None and plan.kind != "drawn" and plan.source:
        _meet(workspace, classes)


def _source(plan: LabelPlan) -> tuple[str, ...]:
    return (plan.kind, plan.source, plan.band, plan.class_property)


def _classes_so_far(workspace: Workspace) -> Legend:
    try:
        return source_legend(workspace)
    except AppError:
        return preset("worldcover")


def _meet(workspace: Workspace, classes: Legend) -> None:
    try:
        source = source_legend(workspace)
    except AppError:
        return  # told beside the source's controls
    place = {**{value: value for value in classes.values}, **_meeting(source, classes)}
    _keep(workspace, LegendEdit(classes, place), source)


def split_kinds(plan: LabelPlan) -> tuple[str, ...]:
    """Kinds of split that labels allow."""
    places = plan.kind != "table" or bool(plan.lon_property and plan.lat_property)
    grouped = plan.kind in ("features", "drawn") or bool(plan.group_property)
    kinds = {
        "blocks": places,
        "random": True,
        "polygon": grouped,
        "column": bool(plan.part_property),
        "simple": True,
    }
    return tuple(kind for kind, there in kinds.items() if there)


def _proposed_split(plan: LabelPlan) -> str:
    if plan.part_property:
        return "column"
    if plan.group_property:
        return "polygon"
    if plan.kind == "table":
        return "blocks" if plan.lon_property else "random"
    return _PROPOSED_SPLIT[plan.kind]


def find_map(workspace: Workspace, asset: str) -> LabelPlan:
    """Use an image or a collection of Earth Engine by its id as a reference map.

    Raises:
        NotFoundError: The connection has no such asset.
    """
    known = find(asset)
    band = known.label_band if known else ""
    if not band:
        band = assets.asset_facts(workspace.connection, _checked_id(asset)).bands[0]
    return LabelPlan("map", asset, band)


def map_bands(workspace: Workspace, asset: str) -> tuple[str, ...]:
    """Bands of a map of one's own, of which one holds the classes."""
    return assets.asset_facts(workspace.connection, asset).bands


def find_features(workspace: Workspace, asset: str) -> tuple[str, ...]:
    """Columns of a table of Earth Engine by its id.

    Raises:
        NotFoundError: The connection has no such table.
        LabelError: It has no columns.
    """
    columns = assets.table_facts(workspace.connection, _checked_id(asset)).columns
    if not columns:
        raise LabelError(
            f"“{asset.rpartition('/')[2]}” has no columns.",
            hint="Choose features that say their class in a column.",
            field="labels",
        )
    return columns


def _checked_id(asset: str) -> str:
    if "/" not in asset.strip("/") or any(letter.isspace() for letter in asset):
        raise LabelError(
            f"“{asset}” is no id of an asset.",
            hint="Ids look like projects/my-project/assets/fields.",
            field="labels",
        )
    return asset


def notes_on_file(filename: str, data: bytes) -> tuple[str, ...]:
    """What had to be decided or left out in a vector file, in sentences.

    Raises:
        VectorError: It cannot be read.
    """
    return read_vectors(filename, data).notes


def unmatched(workspace: Workspace, classes: Legend) -> tuple[tuple[str, int], ...]:
    """Values of the class column of features that are no class, and how many features have each.

    Raises:
        LabelError: No feature has the column.
    """
    plan = workspace.project.labels
    counts = labels.class_counts(workspace.connection, plan.source, plan.class_property)
    places = labels.index_by_text(sorted(counts), plan, classes)
    lost = ((text, count) for text, count in counts.items() if text not in places)
    return tuple(sorted(lost, key=lambda pair: (-pair[1], pair[0])))


# --- Drawn labels -------------------------------------------------------------------------------


def draw_label(workspace: Workspace, value: int, geometry: dict[str, Any]) -> None:
    """Add a point or polygon of a class.

    Raises:
        LabelError: It has no surface, or lies outside of the area.
    """
    shape = shapely.geometry.shape(geometry)
    aoi = workspace.project.aoi
    if shape.geom_type != "Point" and not (shape.is_valid and shape.area > 0):
        raise LabelError(
            "The polygon crosses itself or has no surface.", hint="Draw it again.", field="drawn"
        )
    if aoi is not None and not shape.intersects(aoi.shape):
        raise LabelError(
            f"The label near {shape.centroid.x:.4f}, {shape.centroid.y:.4f} lies outside of the "
            "area of interest.",
            hint="Draw it within the outline, or make the area larger.",
            field="drawn",
        )
    plan = workspace.project.labels
    label = DrawnLabel(value, json.dumps(geometry, sort_keys=True))
    if label not in plan.drawn:
        workspace.change(labels=replace(plan, drawn=(*plan.drawn, label)))


def delete_drawn(workspace: Workspace, places: Sequence[int]) -> None:
    """Take drawn labels away, by their places in the list."""
    plan = workspace.project.labels
    kept = tuple(label for k, label in enumerate(plan.drawn) if k not in set(places))
    workspace.change(labels=replace(plan, drawn=kept))


# --- Finished tables ----------------------------------------------------------------------------


def bring_table(workspace: Workspace, files: dict[str, bytes]) -> None:
    """Take the files of a finished sample table, and guess which columns are what.

    Raises:
        SampleError: They cannot be read, or are no table.
    """
    source, refs = tablefiles.keep(workspace.folder, files)
    table = tablefiles.table_of(workspace.folder, source)
    plan = suggested_plan(table, source=source)
    others = tuple(file for file in workspace.project.files if file.asset != source)
    workspace.change(files=(*others, *refs))
    choose(workspace, plan)
    try:
        form = tablefiles.likely_form(table, plan)
        workspace.change(imagery=replace(workspace.project.imagery, form=form))
    except AppError:
        return  # the imagery's plan cannot have that form; the picker tells why


def table_view(workspace: Workspace) -> TableView:
    """What stands in the chosen table.

    Raises:
        LabelError: No table is chosen, or it is not here.
        SampleError: It cannot be read.
    """
    plan = workspace.project.labels
    table = tablefiles.table_of(workspace.folder, plan.source)
    names = tuple(f.path for f in workspace.project.files if f.asset == plan.source)
    return TableView(names, len(table), columns_of(table))


def table_notes(workspace: Workspace, classes: Legend) -> tuple[str, ...]:
    """Which rows of the chosen table would be left out for their class, in sentences."""
    plan = workspace.project.labels
    table = tablefiles.table_of(workspace.folder, plan.source)
    cells = tablefiles.class_cells(tablefiles.with_numbers(table, plan), plan)
    if kind_of(cells) == "array":
        return ()
    return match_classes(cells, classes, plan.remap).notes
