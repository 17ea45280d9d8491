"""Reading stored assets: pixels of an image (getPixels) and rows of a table (listFeatures)."""

from collections.abc import Mapping
from typing import Any

import shapely

from lib.localearth import aip_filter
from lib.localearth.aip_filter import Entry
from lib.localearth.answers import Answer
from lib.localearth.encode import encode_features
from lib.localearth.errors import EarthError
from lib.localearth.functions.image_clip import clip_to
from lib.localearth.geometry import Geometry
from lib.localearth.listing import cut_page
from lib.localearth.placement_grid import window_over
from lib.localearth.raster.image import Image
from lib.localearth.values import Collection, Feature


def within_region(image: Image, request: Mapping[str, Any]) -> tuple[Image, Mapping[str, Any]]:
    """Cut an image to the "region" of a request for pixels; its own pixels where no grid is named.

    Raises:
        EarthError: The region is none, or lies beside the image.
    """
    region = request.get("region")
    if not region:
        return image, request
    try:
        shape = shapely.geometry.shape(region)
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError):
        raise EarthError("Invalid region: it must be a GeoJSON geometry.") from None
    place = Geometry(shape, geodesic=False)
    clipped = clip_to(image, place)
    if request.get("grid") or not image.bands:
        return clipped, request
    return clipped, {**request, "grid": window_over(image, place)}


def features_answer(collection: Collection, query: Mapping[str, Any]) -> Answer:
    """A page of a table's rows, of those that pass the filter and meet the region.

    Raises:
        EarthError: The filter, region or page cannot be read.
    """
    passes = aip_filter.parse(str(query.get("filter") or ""))
    region = query.get("region")
    place = aip_filter.region_shape(str(region)) if region else None
    rows = [row for row in collection.elements if _chosen(row, passes, place)]
    page, token = cut_page(rows, query.get("pageSize"), query.get("pageToken"))
    answer: dict[str, Any] = {"type": "FeatureCollection", "features": encode_features(page)}
    return Answer.json(answer | ({"nextPageToken": token} if token else {}))


def _chosen(row: Any, passes: aip_filter.Test, place: Any) -> bool:
    if not isinstance(row, Feature):
        raise EarthError("A table may hold nothing but features.")
    shape = row.geometry.shape if row.geometry is not None else None
    if place is not None and (shape is None or not shapely.intersects(shape, place)):
        return False
    named = {f"properties.{key}": value for key, value in row.properties.items()}
    return passes(Entry({**row.properties, **named}, shape))
