"""Where labels come from: a reference map, or features with a class column."""

from collections.abc import Mapping

import ee
import pandas as pd

from lib.catalog.collections import find
from lib.catalog.legends import preset
from lib.core.aoi import Aoi
from lib.core.errors import LabelError
from lib.core.expression import Expression
from lib.core.imagery_plan import ImageryPlan
from lib.core.labelcolumns import class_key, class_numbers, legend_of_column
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.earthengine.access import Connection, is_own, with_connection
from lib.earthengine.answers import value_of
from lib.earthengine.assets import asset_facts, table_facts
from lib.earthengine.graphs import region_of, to_expression, to_image

CLASS_INDEX = "class_index"
PURE = "pure"
_MOST_PIXELS = 1_000_000_000
_MOST_BYTE = 255


@with_connection
def default_legend(connection: Connection, plan: LabelPlan) -> Legend:
    """The classes that a label source brings.

    Raises:
        LabelError: The class column is missing.
        LegendError: There are fewer than two classes.
    """
    if plan.kind == "features":
        return feature_legend(connection, plan.source, plan.class_property)
    if plan.kind == "drawn":
        return Legend.from_values(sorted({label.value for label in plan.drawn}))
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
    """Make a legend of a column: its numbers, or its words numbered from 1 in sorted order.

    Raises:
        LabelError: The column is missing, or holds measurements.
        LegendError: It has fewer than two classes.
    """
    counts = class_counts(connection, asset, class_property)
    return legend_of_column(pd.Series(list(counts), dtype=object, name=class_property))


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
    places = index_by_value(plan, legend)
    index = codes.remap(list(places), list(places.values())).rename(CLASS_INDEX)
    if not places:
        raise LabelError(
            "No value of the map stands for a class of the legend.",
            hint="Check the legend and how values are mapped to it.",
            field="labels",
        )
    return to_expression(index.toByte() if len(legend) <= _MOST_BYTE else index.toInt16())


def with_purity(labels: Expression) -> Expression:
    """Add a band "pure" to class indices: 1 where all eight neighbours are of the same class."""
    index = to_image(labels)
    around = ee.Kernel.square(1, "pixels")
    every = index.toInt16().unmask(-1, False)
    least, most = (
        every.reduceNeighborhood(reducer, around)
        for reducer in (ee.Reducer.min(), ee.Reducer.max())
    )
    return to_expression(index.addBands(least.eq(most).toByte().rename(PURE)))


def index_by_value(plan: LabelPlan, legend: Legend) -> dict[int, int]:
    """Class index of each value of a label source, after `LabelPlan.remap`, in rising order."""
    places = {value: index for index, value in enumerate(legend.values)}
    meant = {value: value for value in legend.values} | {pair.value: pair.to for pair in plan.remap}
    return {value: places[to] for value, to in sorted(meant.items()) if to in places}


def index_by_text(originals: list[str], plan: LabelPlan, legend: Legend) -> dict[str, int]:
    """Class index of each class as text; words stand for their place in sorted order."""
    numbers = class_numbers(pd.Series(originals, dtype=object))
    places = index_by_value(plan, legend)
    known = {text: numbers[key][0] for text in originals if (key := class_key(text)) in numbers}
    return {text: places[value] for text, value in known.items() if value in places}


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
