"""Answers tasks: evaluates an expression and turns the result into the bytes of an answer.

An engine runs in the process that serves, or in each process of the pool.
"""

import hashlib
import marshal
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from lib.localearth import asset_actions, batch, downloads, memory, pictures, pixels
from lib.localearth.access import reader, reading_as
from lib.localearth.answers import Answer, Task, json_object
from lib.localearth.assets import Assets, asset_name
from lib.localearth.context import Context, OpenedAsset
from lib.localearth.encode import encode_features, encode_result
from lib.localearth.errors import EarthError
from lib.localearth.evaluator import evaluate
from lib.localearth.functions import load_all
from lib.localearth.memory import WITHOUT_REFERENCES, Need
from lib.localearth.prediction.endpoints import Endpoints
from lib.localearth.raster.image import Image, Reading
from lib.localearth.refusals import refusing
from lib.localearth.store import Store
from lib.localearth.values import Collection

KEPT_IMAGES = 32
KEPT_TABLES = 3
PAGE = 1000  # rows of a page where the request names no size
MAX_PAGE = 50_000
_EAGER_BYTES = 128 * 2**20  # of planes that functions remember which need pixels at once
T = TypeVar("T")


@dataclass(frozen=True)
class Evaluated:
    """The value of an expression and the context that it was evaluated in.

    Attributes:
        needs: What is known of its need of memory.
    """

    value: Any
    context: Context
    needs: dict[str, Need] = field(default_factory=dict)

    @property
    def heavy(self) -> bool:
        """Whether it may hold far more than a few numbers for each pixel."""
        return self.context.reading.heavy

    @property
    def simulated(self) -> bool:
        """Whether it has read the simulated planet; a lazy value may yet do so."""
        return any(self.context.assets.values())


@dataclass(frozen=True)
class _Map:
    """A map as its tiles need it: the image as it was evaluated, and how it is shown."""

    found: Evaluated
    record: Mapping[str, Any]


class _Recent(Generic[T]):
    """The values that were used last, by key."""

    def __init__(self, size: int) -> None:
        self._values: OrderedDict[str, T] = OrderedDict()
        self._size = size
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The value of a key; made outside of the lock where it is not known."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return made


class Engine:
    """Evaluates tasks over one store; what was evaluated is kept for the next tile or block.

    Args:
        home: Folder of all state.
    """

    def __init__(self, home: Path) -> None:
        """Load all functions."""
        load_all()
        self.home = home
        self.assets = Assets(home)
        self.store = Store(home)
        self.endpoints = Endpoints(home)
        self._images: _Recent[Evaluated] = _Recent(KEPT_IMAGES)
        self._maps: _Recent[_Map] = _Recent(KEPT_IMAGES)
        self._tables: _Recent[Evaluated] = _Recent(KEPT_TABLES)

    def perform(self, task: Task, body: bytes = b"") -> Answer:
        """Answer a task.

        Args:
            task: What to "do" and with which names and numbers.
            body: Of the request.

        Raises:
            EarthError: Told to the client.
        """
        action: Callable[[Engine, Task, bytes], Answer] = _ACTIONS[task["do"]]
        with refusing(), reading_as(task):
            return action(self, task, body)

    def batch(self) -> "Engine":
        """An engine performs exports itself."""
        return self

    def open_asset(self, asset_id: str) -> OpenedAsset | None:
        """Open an asset that the one who asks may read, or give None."""
        allowed = asset_name(asset_id) is None or reader().may_use(asset_id)
        return self.assets.open(asset_id) if allowed else None

    def evaluate(self, expression: Any) -> Evaluated:
        """Evaluate an expression."""
        heavy = memory.is_heavy(expression)
        context = Context(
            open_asset=self.open_asset,
            reading=Reading(_EAGER_BYTES, heavy=heavy),
            endpoint_address=self.endpoints.address,
        )
        value = evaluate(expression, context)
        context.reading = Reading(_EAGER_BYTES, heavy=heavy)
        return Evaluated(value, context)

    def image(self, expression: Any) -> Evaluated:
        """Evaluate an expression that must give an image, or take it from memory."""
        return self._images.get(self._key(expression), lambda: self._new_image(expression))

    def table(self, expression: Any) -> Collection:
        """Evaluate an expression that must give a collection, or take it from memory."""
        found = self._tables.get(self._key(expression), lambda: self.evaluate(expression)).value
        if not isinstance(found, Collection):
            raise EarthError("The expression must evaluate to a FeatureCollection.")
        return found

    def map(self, name: str) -> _Map:
        """A map by its name; its record is read once."""
        return self._maps.get(f"{name} {self.assets.version()}", lambda: self._new_map(name))

    def _key(self, expression: Any) -> str:
        digest = hashlib.sha256(marshal.dumps(expression, WITHOUT_REFERENCES))
        return f"{digest.hexdigest()} {reader().projects} {self.assets.version()}"

    def _new_map(self, name: str) -> _Map:
        record = self.store.load("maps", name)
        with reading_as(record):
            return _Map(self.image(record.pop("expression")), record)

    def _new_image(self, expression: Any) -> Evaluated:
        found = self.evaluate(expression)
        if isinstance(found.value, Collection) and found.value.of_images:
            mosaic = found.context.call("ImageCollection.mosaic", found.value)
            return replace(found, value=mosaic)
        if not isinstance(found.value, Image):
            raise EarthError("The expression must evaluate to an Image.")
        return found


def _value(engine: Engine, _: Task, body: bytes) -> Answer:
    found = engine.evaluate(json_object(body).get("expression"))
    return Answer.json({"result": encode_result(found.value)})


def _features(engine: Engine, _: Task, body: bytes) -> Answer:
    request = json_object(body)
    elements = engine.table(request.get("expression")).elements
    start = _page_start(request.get("pageToken"))
    size = _page_size(request.get("pageSize"))
    page = encode_features(elements[start : start + size])
    answer: dict[str, Any] = {"type": "FeatureCollection", "features": page}
    if start + size < len(elements):
        answer["nextPageToken"] = str(start + size)
    return Answer.json(answer)


def _page_size(wanted: Any) -> int:
    size = PAGE if wanted in (None, 0) else wanted
    if not isinstance(size, int) or size < 1:
        raise EarthError(f"Invalid page size: {wanted}.")
    return min(size, MAX_PAGE)


def _page_start(token: Any) -> int:
    if not token:
        return 0
    if not str(token).isdecimal():
        raise EarthError("Invalid page token.")
    return int(token)


def _pixels(engine: Engine, _: Task, body: bytes) -> Answer:
    request = json_object(body)
    return _rendered(engine.image(request.get("expression")), request)


def _rendered(found: Evaluated, request: Mapping[str, Any], *, thumbnail: bool = False) -> Answer:
    answer = pixels.answer(
        found.value,
        request,
        simulated=lambda: found.simulated,
        thumbnail=thumbnail,
        needs=found.needs,
        heavy=found.heavy,
    )
    return Answer(*answer)


def _check_map(engine: Engine, _: Task, body: bytes) -> Answer:
    request = json_object(body)
    found = engine.image(request.get("expression"))
    pictures.check(found.value, request)
    return Answer.json({"simulated": found.simulated})


def _tile(engine: Engine, task: Task, _: bytes) -> Answer:
    shown = engine.map(task["name"])
    place = {"zoom": task["zoom"], "column": task["x"], "row": task["y"]}
    found = shown.found
    drawn = pictures.tile(
        found.value, shown.record, **place, needs=found.needs if found.heavy else None
    )
    return Answer("image/png", drawn)


def _thumbnail(engine: Engine, task: Task, _: bytes) -> Answer:
    record = engine.store.load("thumbnails", task["name"])
    with reading_as(record):
        return _rendered(engine.image(record["expression"]), record, thumbnail=True)


def _check_table(engine: Engine, _: Task, body: bytes) -> Answer:
    request = json_object(body)
    downloads.check(request)
    engine.table(request.get("expression"))
    return Answer.json({})


def _download(engine: Engine, task: Task, _: bytes) -> Answer:
    record = engine.store.load("tables", task["name"])
    with reading_as(record):
        return downloads.answer(engine.evaluate(record["expression"]), record)


def _asset_image(engine: Engine, task: Task, body: bytes) -> Answer:
    context = Context(open_asset=engine.open_asset)
    asset = context.load(task["asset"])
    if not isinstance(asset, Image):
        raise EarthError(f"Asset '{task['asset']}' is not an Image.")
    image, request = asset_actions.within_region(asset, json_object(body))
    return _rendered(Evaluated(image, context), request)


def _asset_features(engine: Engine, task: Task, _: bytes) -> Answer:
    asset = Context(open_asset=engine.open_asset).load(task["asset"], kind="Collection")
    if not isinstance(asset, Collection) or asset.of_images:
        raise EarthError(f"Asset '{task['asset']}' is not a Table.")
    return asset_actions.features_answer(asset, task["query"])


def _batch(engine: Engine, task: Task, _: bytes) -> Answer:
    return Answer.json(batch.run(engine, task["name"]))


_ACTIONS: dict[str, Callable[[Engine, Task, bytes], Answer]] = {
    "value": _value,
    "features": _features,
    "pixels": _pixels,
    "map": _check_map,
    "tile": _tile,
    "thumbnail": _thumbnail,
    "table": _check_table,
    "download": _download,
    "asset pixels": _asset_image,
    "asset features": _asset_features,
    "operation": _batch,
}
