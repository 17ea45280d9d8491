"""Earth Engine's tasks: exports of a map that go on without anybody watching.

States: https://developers.google.com/earth-engine/guides/processing_environments, and the
reference of projects.operations.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import ee

from lib.core.errors import NotFoundError, PlanError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.deploy.storage import check_bucket_name
from lib.earthengine.access import Connection, get, post, with_connection
from lib.earthengine.graphs import to_image
from lib.earthengine.translation import sentence_for

MOST_PIXELS = 10_000_000_000
"""Pixels that an export may have; more are refused, so that no slip makes a year's work."""

_DESCRIPTION = re.compile(r"[^a-zA-Z0-9.,:;_-]")
_WAITING = ("PENDING", "RUNNING", "CANCELLING")
_WORDS = {
    "PENDING": "Waiting in the queue",
    "RUNNING": "Running",
    "CANCELLING": "Being cancelled",
    "SUCCEEDED": "Done",
    "CANCELLED": "Cancelled",
    "FAILED": "Failed",
}


@dataclass(frozen=True)
class ToAsset:
    """An Earth Engine asset.

    Attributes:
        name: Id such as "projects/my-project/assets/map", or a name in the connection's project.
        overwrite: Whether one of that name is replaced.
    """

    name: str
    overwrite: bool = False


@dataclass(frozen=True)
class ToDrive:
    """GeoTIFFs in Google Drive.

    Attributes:
        folder: Name of a folder, made where it is not there; empty for the root.
        name: How the files' names begin.
    """

    folder: str
    name: str


@dataclass(frozen=True)
class ToBucket:
    """GeoTIFFs in Cloud Storage.

    Attributes:
        bucket: Name of the bucket; "gs://" may stand in front.
        name: How the objects' names begin, folders included.
    """

    bucket: str
    name: str


Destination = ToAsset | ToDrive | ToBucket


@dataclass(frozen=True)
class Task:
    """A task of Earth Engine.

    Attributes:
        id: Names it within its project.
        description: What it was called.
        kind: Such as "EXPORT_IMAGE".
        state: PENDING, RUNNING, CANCELLING, SUCCEEDED, CANCELLED or FAILED.
        progress: Share done, 0 to 1.
        created: When it was started, ISO form.
        updated: When its state was last changed, ISO form.
        places: Addresses of what it made.
        error: Why it failed and what to do, as sentences; empty where it did not.
    """

    id: str
    description: str
    kind: str
    state: str
    progress: float
    created: str
    updated: str
    places: tuple[str, ...]
    error: str

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state not in _WAITING

    @property
    def words(self) -> str:
        """How it fares, in a sentence."""
        if self.state == "RUNNING" and self.progress > 0:
            return f"Running, {self.progress:.0%} done."
        if self.state == "SUCCEEDED" and self.places:
            return f"Done: {', '.join(self.places)}"
        return f"{_WORDS.get(self.state, self.state)}{f': {self.error}' if self.error else '.'}"


@with_connection
def start_export(
    connection: Connection,
    image: Expression,
    grid: Grid,
    destination: Destination,
    *,
    description: str,
    is_classes: bool = True,
) -> Task:
    """Start a task that writes an image on a grid.

    Args:
        connection: Service that performs it.
        image: Such as a class map.
        grid: Where its pixels lie.
        destination: Where it goes.
        description: What the task is called; other letters than Earth Engine takes become "_".
        is_classes: Whether an asset's coarser levels take the most frequent value; else the mean.

    Raises:
        PlanError: The destination has no name.
        ServiceError: The service refuses it, in a sentence.
    """
    if grid.size > MOST_PIXELS:
        raise PlanError(
            f"The map has {grid.size:,} pixels; a task takes {MOST_PIXELS:,}.",
            hint="Choose a larger pixel size or a smaller area.",
            field="aoi",
        )
    task = _client_task(
        connection,
        destination,
        {
            "image": to_image(image),
            "description": _DESCRIPTION.sub("_", description.strip())[:100] or "map",
            "region": inner_region(grid),
            "crs": grid.crs,
            "crsTransform": list(grid.transform),
            "maxPixels": grid.size + edge_pixels(grid),
        },
        policy="mode" if is_classes else "mean",
    )
    task.start()
    return task_of(connection, str(task.id))


@with_connection
def list_tasks(connection: Connection, *, most: int = 100) -> tuple[Task, ...]:
    """List a project's tasks, the latest first.

    Args:
        connection: Service to ask.
        most: How many at most.
    """
    url = f"projects/{connection.project}/operations?pageSize={most}"
    page = get(url)
    found = page.get("operations", [])
    while page.get("nextPageToken") and len(found) < most:
        page = get(f"{url}&pageToken={quote(page['nextPageToken'])}")
        found += page.get("operations", [])
    return tuple(_task(operation) for operation in found[:most])


@with_connection
def task_of(connection: Connection, task_id: str) -> Task:
    """Tell how a task fares.

    Raises:
        NotFoundError: The project has none of that id.
    """
    _check_id(task_id)
    return _task(get(f"projects/{connection.project}/operations/{task_id}"))


@with_connection
def cancel_task(connection: Connection, task_id: str) -> Task:
    """Ask a task to stop; one that is done stays as it is.

    Raises:
        NotFoundError: The project has none of that id.
    """
    _check_id(task_id)
    post(f"operations/{task_id}:cancel", {})
    return task_of(connection, task_id)


def _client_task(
    connection: Connection, destination: Destination, shared: dict[str, Any], *, policy: str
) -> Any:
    """The client's task, which prepares the image's grid as all of Earth Engine's clients do."""
    export = ee.batch.Export.image
    if isinstance(destination, ToAsset):
        return export.toAsset(
            **shared,
            assetId=asset_id(connection, destination.name),
            pyramidingPolicy={".default": policy},
            overwrite=destination.overwrite,
        )
    prefix = _named(destination.name, "files")
    options: dict[str, Any] = {"formatOptions": {"cloudOptimized": True}, "fileFormat": "GeoTIFF"}
    if isinstance(destination, ToBucket):
        bucket = check_bucket_name(destination.bucket)
        return export.toCloudStorage(**shared, **options, bucket=bucket, fileNamePrefix=prefix)
    folder = destination.folder.strip() or None
    return export.toDrive(**shared, **options, folder=folder, fileNamePrefix=prefix)


def asset_id(connection: Connection, name: str) -> str:
    """The id of an asset of a connection's project; whole ids stay as they are.

    Raises:
        PlanError: The name is empty.
    """
    name = _named(name, "asset")
    return name if "/" in name else f"projects/{connection.project}/assets/{name}"


def _named(name: str, what: str) -> str:
    if not name.strip():
        raise PlanError(f"The {what} that the map becomes has no name.", field="name")
    return name.strip()


def inner_region(grid: Grid) -> ee.Geometry:
    """The grid a little smaller, so that no pixel beside it is touched."""
    west, south, east, north = grid.bounds
    inset = 0.01 * min(abs(east - west), abs(north - south)) / max(grid.shape)
    box = [west + inset, south + inset, east - inset, north - inset]
    region: ee.Geometry = ee.Geometry.Rectangle(box, grid.crs, geodesic=False)
    return region


def edge_pixels(grid: Grid) -> int:
    """Pixels of one more row and column on each side, which rounding may add."""
    return 2 * (sum(grid.shape) + 2)


def _check_id(task_id: str) -> None:
    if not re.fullmatch(r"[\w-]+", task_id):
        raise NotFoundError(f"There is no task “{task_id}”.", hint="Choose one of the list.")


def _task(operation: dict[str, Any]) -> Task:
    metadata = operation.get("metadata", {})
    error = operation.get("error", {})
    state = str(metadata.get("state", "PENDING"))
    return Task(
        id=str(operation["name"]).rsplit("/", 1)[-1],
        description=str(metadata.get("description", "")),
        kind=str(metadata.get("type", "")),
        state=state,
        progress=1.0 if state == "SUCCEEDED" else float(metadata.get("progress", 0)),
        created=str(metadata.get("createTime", "")),
        updated=str(metadata.get("updateTime", "")),
        places=tuple(metadata.get("destinationUris", ())),
        error=""
        if state == "CANCELLED" or not error
        else _error_words(str(error.get("message", ""))),
    )


def _error_words(message: str) -> str:
    """The reason of a failed task and what to do; the service adds codes that help nobody."""
    bare = re.sub(r"\s*\(Error code: \d+\)\s*$", "", message)
    for pattern, words in _TASK_RULES:
        if re.search(pattern, bare):
            return words.format(said=bare.rstrip("."))
    return str(sentence_for(bare))


_TASK_RULES = (
    (
        r"[Ee]xport too large",
        "{said}. Choose a larger pixel size or a smaller area.",
    ),
    (
        r"[Cc]annot overwrite asset",
        "{said}. Choose another name, or allow that it is replaced.",
    ),
    (
        r"(?:does not have|lacks|denied).*storage\.|[Bb]ucket.*(?:not found|does not exist)",
        "{said}. Check the bucket's name, and that the account may write into it.",
    ),
    (
        r"[Dd]rive.*(?:quota|full|storage)|storage quota",
        "{said}. Make room in Google Drive, or export into a bucket or an asset.",
    ),
    (
        r"[Pp]ixels? type|array.*cannot be (?:written|exported)|[Ii]ncompatible.*types",
        "{said}. Export the class map, whose one band has one type.",
    ),
)
