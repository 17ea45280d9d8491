"""The REST API's descriptions of the planet's public assets: images, and collections of images."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from lib.localearth import aip_filter
from lib.localearth.aip_filter import Entry
from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.placement_grid import AFFINE
from lib.localearth.raster.image import Band, Image
from lib.localearth.values import Collection, Narrowing

Resource = dict[str, Any]
_PUBLIC = "projects/earthengine-public/assets/"
_TIME = re.compile(r"(startTime|endTime)\s*(<=?|>=?)\s*[\"']([^\"']+)[\"']")
_PLACE = re.compile(r"intersects\(\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*\)")
_BRANCHES = re.compile(r"\b(OR|NOT)\b")


def describe(asset_id: str, value: Image | Collection) -> Resource:
    """Describe a public asset as `GET projects/earthengine-public/assets/…` does."""
    told: Resource = {
        "type": "IMAGE_COLLECTION" if isinstance(value, Collection) else "IMAGE",
        "name": _PUBLIC + asset_id,
        "id": asset_id,
        "properties": encode(dict(value.properties)),
    }
    if isinstance(value, Collection):
        return told
    for key, name in (("startTime", "system:time_start"), ("endTime", "system:time_end")):
        if isinstance(value.properties.get(name), (int, float)):
            told[key] = _moment(value.properties[name])
    if value.footprint is not None and not value.footprint.unbounded:
        told["geometry"] = encode(value.footprint)
    return told | {"bands": [_band(band) for band in value.bands]}


def members(collection: Collection, text: str) -> list[Resource]:
    """Describe the images of a public collection that pass a filter.

    Raises:
        EarthError: The filter cannot be read, or leaves more than can be listed.
    """
    passes = aip_filter.parse(text)
    hints = Narrowing() if _BRANCHES.search(text) else narrowing_of(text)
    found = collection.narrow(hints) if collection.narrow else collection
    images = [image for image in found.elements if isinstance(image, Image)]
    return [describe(image.asset_id, image) for image in images if passes(_entry(image))]


def narrowing_of(text: str) -> Narrowing:
    """Which dates and place a filter of conditions joined by AND cannot reach beyond.

    Raises:
        EarthError: A time or place cannot be read.
    """
    start = end = None
    for name, sign, moment in _TIME.findall(text):
        millis = _millis(moment)
        if sign.startswith(">") and name == "startTime":
            start = millis if start is None else max(start, millis)
        if sign.startswith("<"):
            end = millis + 1 if end is None else min(end, millis + 1)
    places = _PLACE.findall(text)
    place = None
    if places:
        region = re.sub(r"\\(.)", r"\1", places[0][1:-1])
        place = Geometry(aip_filter.region_shape(region))
    return Narrowing(start, end, place)


def _millis(text: str) -> float:
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise EarthError(f"Invalid time in the filter: '{text[:50]}'.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp() * 1000


def _moment(millis: float) -> str:
    moment = datetime.datetime.fromtimestamp(millis / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _entry(image: Image) -> Entry:
    properties = image.properties
    start = properties.get("system:time_start")
    fields: dict[str, Any] = {
        "name": _PUBLIC + image.asset_id, "id": image.asset_id, "type": "IMAGE",
        "startTime": start, "endTime": properties.get("system:time_end", start),
        **{f"properties.{key}": value for key, value in properties.items()},
    }  # fmt: skip
    return Entry(fields, None if image.footprint is None else image.footprint.shape)


def _band(band: Band) -> Resource:
    limits: Mapping[str, Any] = {"min": band.type.minimum, "max": band.type.maximum}
    told: Resource = {"id": band.name, "dataType": {"precision": band.type.precision.upper()}}
    if band.type.minimum is not None:
        told["dataType"]["range"] = encode(dict(limits))
    crs = band.projection.crs
    grid: Resource = {"crsCode" if crs.startswith("EPSG:") else "crsWkt": crs}
    grid["affineTransform"] = dict(zip(AFFINE, map(float, band.projection.transform), strict=True))
    if band.dimensions is not None:
        grid["dimensions"] = {"width": band.dimensions[0], "height": band.dimensions[1]}
    return told | {"grid": grid}
