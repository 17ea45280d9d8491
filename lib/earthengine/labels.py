"""Where labels come from: a reference map, or features with a class column."""

from collections.abc import Mapping
from dataclasses import dataclass

import ee

from lib.catalog.collections import find
from lib.catalog.legends import preset
from lib.core.aoi import Aoi
from lib.core.errors import LabelError
from lib.core.expression import Expression
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.earthengine.access import Connection, is_own, with_connection
from lib.earthengine.answers import rows_of, value_of
from lib.earthengine.assets import asset_facts, table_facts
from lib.earthengine.graphs import region_of, to_expression
from lib.earthengine.rows import CLASS_INDEX

FEATURE_ID = "feature_id"
_MOST_PIXELS = 1_000_000_000


@dataclass(frozen=True)
class LabelledFeature:
    """A polygon or point of a table: its system:index and its class as an index of the legend."""

    id: str
    class_index: int


@with_connection
def default_legend(connection: Connection, plan: LabelPlan) -> Legend:
    """The classes that a label source brings.

    Raises:
        LabelError: The class column is missing.
        LegendError: There are fewer than two classes.
    """
    if plan.kind == "features":
        return feature_legend(connection, plan.source, plan.class_property)
    known = find(plan.source)
    if known and known.legend:
        return preset(known.legend)
    return Legend.from_values(sorted(_values_of_map(connection, plan)))


@with_connection
def class_columns(connection: Connection, asset: str) -> tuple[str, ...]:
    """Columns of a table that may hold classes."""
    return table_facts(connection, asset).columns


@with_connection
def class_counts(connection: Connection, asset: str, class_property: str) -> Mapping[str, int]:
    """Count the features of each class, by the class as text.

    Raises:
        LabelError: No feature has the column.
    """
    features = ee.FeatureCollection(asset)
    counts = value_of(features.aggregate_histogram(class_property)) if class_property else {}
    if not counts:
        columns = ", ".join(class_columns(connection, asset)) or "none"
        raise LabelError(
            f"No feature of {asset} has a column “{class_property}”. Columns: {columns}.",
            hint="Choose the column that holds the classes.",
            field="class_property",
        )
    return {str(name): int(count) for name, count in counts.items()}


@with_connection
def feature_legend(connection: Connection, asset: str, class_property: str) -> Legend:
    """Make a legend of a column: its numbers, or its words numbered from 1 in sorted order."""
    names = list(class_counts(connection, asset, class_property))
    numbers = _whole_numbers(names)
    if numbers is not None:
        return Legend.from_values(sorted(set(numbers)))
    return Legend.from_values(range(1, len(names) + 1), sorted(names))


@with_connection
def label_image(
    connection: Connection, plan: LabelPlan, *, legend: Legend, imagery: ImageryPlan, aoi: Aoi
) -> Expression:
    """Write a reference map as class indices: one band "class_index", masked outside the legend.

    Args:
        connection: Service to ask.
        plan: A plan of the kind "map".
        legend: Classes.
        imagery: Its dates choose the scenes of a label collection that grows over time.
        aoi: Area.
    """
    codes = _map_image(connection, plan, imagery, aoi)
    index = codes.remap(list(legend.values), list(range(len(legend))))
    return to_expression(index.toByte().rename(CLASS_INDEX))


@with_connection
def labelled_features(
    connection: Connection, plan: LabelPlan, *, legend: Legend, aoi: Aoi
) -> tuple[LabelledFeature, ...]:
    """List the features that meet an area and whose class is in the legend.

    Raises:
        LabelError: There is none.
    """
    originals = sorted(class_counts(connection, plan.source, plan.class_property))
    index_of = _index_by_text(originals, legend)
    columns = [FEATURE_ID, plan.class_property]
    rows = rows_of(features_in(plan, aoi).select(columns, retainGeometry=False))
    found = [(row["properties"].get(FEATURE_ID), _text(row, plan.class_property)) for row in rows]
    features = tuple(
        LabelledFeature(key, index_of[name]) for key, name in found if name in index_of
    )
    if not features:
        raise LabelError(
            f"No feature of {plan.source} with a class of the legend lies in the area.",
            hint="Move the area of interest onto the labels.",
            field="labels",
        )
    return features


def features_in(plan: LabelPlan, aoi: Aoi) -> ee.FeatureCollection:
    """The features that meet an area, each with its system:index as a property."""
    features: ee.FeatureCollection = ee.FeatureCollection(plan.source).filterBounds(region_of(aoi))
    named: ee.FeatureCollection = features.map(
        lambda feature: feature.set(FEATURE_ID, feature.get("system:index"))
    )
    return named


def _map_image(connection: Connection, plan: LabelPlan, imagery: ImageryPlan, aoi: Aoi) -> ee.Image:
    """The label band: of an image, a finished collection, or a growing one in the dates."""
    known = find(plan.source)
    single = known.type == "Image" if known else asset_facts(connection, plan.source).is_image
    if single:
        image: ee.Image = ee.Image(plan.source).select(_band(plan))
        return image
    maps: ee.ImageCollection = ee.ImageCollection(plan.source).filterBounds(region_of(aoi))
    grows = known is not None and not known.end and bool(imagery.start)
    if grows:
        maps = maps.filterDate(imagery.start, imagery.end)
    maps = maps.select(_band(plan))
    merged: ee.Image = maps.mode() if grows else maps.mosaic()
    return merged


def _band(plan: LabelPlan) -> str | int:
    known = find(plan.source)
    return plan.band or (known.label_band if known else 0)


def _values_of_map(connection: Connection, plan: LabelPlan) -> list[int]:
    """Codes that occur in an own map, counted on its own grid."""
    facts = asset_facts(connection, plan.source)
    if not is_own(plan.source) or not facts.is_image:
        raise LabelError(
            f"The classes of {plan.source} are not known.",
            hint="Type its classes with their values.",
            field="labels",
        )
    image = ee.Image(plan.source).select(_band(plan))
    counted = value_of(
        image.reduceRegion(
            reducer=ee.Reducer.frequencyHistogram(),
            geometry=image.geometry(),
            crs=facts.crs,
            crsTransform=list(facts.transform),
            maxPixels=_MOST_PIXELS,
        ).values()
    )
    return [round(float(code)) for code in counted[0]]


def _index_by_text(originals: list[str], legend: Legend) -> dict[str, int]:
    """Class index of each class as text; words stand for their place in sorted order."""
    numbers = _whole_numbers(originals)
    values = numbers if numbers is not None else range(1, len(originals) + 1)
    places = {value: index for index, value in enumerate(legend.values)}
    pairs = zip(originals, values, strict=True)
    return {text: places[value] for text, value in pairs if value in places}


def _whole_numbers(texts: list[str]) -> list[int] | None:
    """The texts as whole numbers, or None where any is something else."""
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return None
    return [int(n) for n in numbers] if all(n.is_integer() for n in numbers) else None


def _text(row: dict[str, dict[str, object]], column: str) -> str:
    return str(row["properties"].get(column))
