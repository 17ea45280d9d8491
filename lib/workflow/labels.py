"""Where labels come from: maps, features, drawings and finished tables."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import shapely

from lib.catalog.collections import Collection, find, label_collections
from lib.catalog.legends import preset
from lib.core.errors import AppError, LabelError
from lib.core.labelcolumns import NO_CLASS, Key, class_key, columns_of, kind_of, match_classes
from lib.core.legend import Legend
from lib.core.plan import DrawnLabel, LabelPlan
from lib.core.tables.samples import suggested_plan
from lib.core.vectors.reading import read_vectors
from lib.earthengine import assets, labels
from lib.workflow import legends, splits, tablefiles
from lib.workflow.sample_views import TableView
from lib.workflow.workspace import Workspace


def label_maps(workspace: Workspace) -> tuple[Collection, ...]:
    """Reference maps to choose from on this connection."""
    return tuple(item for item in label_collections() if workspace.connection.can.serves(item.id))


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
    if plan.kind == "features" and not (plan.source and plan.class_property):
        raise LabelError(
            "No polygons or points are chosen.",
            hint="Upload a file that has a class column.",
            field="labels",
        )
    return labels.default_legend(workspace.connection, plan)


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
    wanted = splits.proposed(workspace, plan)
    if wanted != splits.proposed(workspace, before) or split.kind not in splits.kinds(plan):
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
    """Keep the classes; published ones of which the source has nothing give way to its own."""
    try:
        source = source_legend(workspace)
    except AppError:
        return  # told beside the source's controls
    legends.meet(workspace, source, classes)
    known = legends.values_of_source(workspace, source)
    unmet = all(each.becomes is None for each in known)
    if unmet and classes in map(legends.published, legends.presets()):
        legends.use_source_legend(workspace)


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


def notes_on_file(workspace: Workspace, filename: str, data: bytes) -> tuple[str, ...]:
    """What had to be decided or left out in a vector file, and whether it meets the area.

    Raises:
        VectorError: It cannot be read.
    """
    vectors, aoi = read_vectors(filename, data), workspace.project.aoi
    if aoi is None:
        return vectors.notes
    west, south, east, north = vectors.bounds
    if aoi.shape.intersects(shapely.box(west, south, east, north)):
        return vectors.notes
    note = "None of its features lies in the area of interest."
    if aoi.shape.intersects(shapely.box(south, west, north, east)):
        note = (
            "Its features would lie in the area of interest if latitude and longitude changed "
            "places: exchange the two in the file."
        )
    return (*vectors.notes, note)


def unmatched(workspace: Workspace, classes: Legend) -> tuple[tuple[str, int], ...]:
    """Values of the class column of features that are no class, and how many features have each.

    Raises:
        LabelError: No feature has the column.
    """
    plan = workspace.project.labels
    counts = labels.class_counts(workspace.connection, plan.source, plan.class_property)
    places = labels.index_by_text(sorted(counts), plan, classes)
    lost: Counter[str] = Counter()
    said: dict[Key | None, str] = {None: NO_CLASS}
    for text, count in sorted(counts.items()):
        if text not in places:
            lost[said.setdefault(class_key(text), text)] += count
    return tuple(sorted(lost.items(), key=lambda pair: (-pair[1], pair[0])))


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
        _keep_drawn(workspace, (*plan.drawn, label))


def delete_drawn(workspace: Workspace, places: Sequence[int]) -> None:
    """Take drawn labels away, by their places in the list."""
    plan = workspace.project.labels
    kept = tuple(label for k, label in enumerate(plan.drawn) if k not in set(places))
    _keep_drawn(workspace, kept)


def _keep_drawn(workspace: Workspace, drawn: tuple[DrawnLabel, ...]) -> None:
    """Keep what is drawn; a split that was proposed follows, one that was chosen stays."""
    before, split = workspace.project.labels, workspace.project.split
    after = replace(before, drawn=drawn)
    if split.kind == splits.proposed(workspace, before):
        split = replace(split, kind=splits.proposed(workspace, after))
    workspace.change(labels=after, split=split)


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
    words = tablefiles.class_words(table, plan)
    return match_classes(cells, classes, plan.remap, words=words).notes
