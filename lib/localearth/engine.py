"""Answers tasks: evaluates an expression and turns the result into the bytes of an answer.

An engine runs in the process that serves, or in each process of the pool.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.localearth import pictures, pixels
from lib.localearth.answers import Answer, Task
from lib.localearth.assets import Assets
from lib.localearth.context import Context
from lib.localearth.encode import encode, encode_features
from lib.localearth.errors import EarthError
from lib.localearth.evaluator import evaluate
from lib.localearth.functions import load_all
from lib.localearth.raster.image import Image
from lib.localearth.store import Store
from lib.localearth.values import Collection

KEPT_IMAGES = 32
PAGE = 1000  # rows of a page where the request names no size
MAX_PAGE = 50_000


@dataclass(frozen=True)
class Evaluated:
    """The value of an expression and whether it reads the simulated planet."""

    value: Any
    simulated: bool


class Engine:
    """Evaluates tasks over one store; evaluated images are kept for the next tile or block.

    Args:
        home: Folder of all state.
    """

    def __init__(self, home: Path) -> None:
        """Load all functions."""
        load_all()
        self.assets = Assets(home)
        self.store = Store(home)
        self._kept: OrderedDict[str, Evaluated] = OrderedDict()
        self._lock = threading.Lock()

    def perform(self, task: Task) -> Answer:
        """Answer a task, which says what to "do" and holds the body of the request.

        Raises:
            EarthError: Told to the client.
        """
        action: Callable[[Engine, Task], Answer] = _ACTIONS[task["do"]]
        return action(self, task)

    def image(self, expression: Any) -> Evaluated:
        """Evaluate an expression that must give an image, or take it from memory."""
        found = self._remembered(expression)
        if isinstance(found.value, Collection) and found.value.of_images:
            mosaic = self._context().call("ImageCollection.mosaic", found.value)
            return Evaluated(mosaic, found.simulated)
        if not isinstance(found.value, Image):
            raise EarthError("The expression must evaluate to an Image.")
        return found

    def evaluate(self, expression: Any) -> Evaluated:
        """Evaluate an expression."""
        context = self._context()
        value = evaluate(expression, context)
        return Evaluated(value, any(context.assets.values()))

    def _context(self) -> Context:
        return Context(open_asset=self.assets.open)

    def _remembered(self, expression: Any) -> Evaluated:
        key = _digest(expression, self.assets.version())
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        found = self.evaluate(expression)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT_IMAGES:
                self._kept.popitem(last=False)
        return found


def _digest(expression: Any, version: str) -> str:
    text = json.dumps([expression, version], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _value(engine: Engine, task: Task) -> Answer:
    found = engine.evaluate(task["body"].get("expression"))
    return Answer.json({"result": encode(found.value)})


def _features(engine: Engine, task: Task) -> Answer:
    body = task["body"]
    collection = engine.evaluate(body.get("expression")).value
    if not isinstance(collection, Collection):
        raise EarthError("The expression must evaluate to a FeatureCollection.")
    start = _page_start(body.get("pageToken"))
    size = min(int(body.get("pageSize") or PAGE), MAX_PAGE)
    elements = collection.elements
    page = encode_features(elements[start : start + size])
    answer: dict[str, Any] = {"type": "FeatureCollection", "features": page}
    if start + size < len(elements):
        answer["nextPageToken"] = str(start + size)
    return Answer.json(answer)


def _page_start(token: Any) -> int:
    if not token:
        return 0
    if not str(token).isdecimal():
        raise EarthError("Invalid page token.")
    return int(token)


def _pixels(engine: Engine, task: Task) -> Answer:
    body = task["body"]
    found = engine.image(body.get("expression"))
    return Answer(*pixels.answer(found.value, body, simulated=found.simulated))


def _check_map(engine: Engine, task: Task) -> Answer:
    body = task["body"]
    found = engine.image(body.get("expression"))
    pictures.check(found.value, body)
    return Answer.json({"simulated": found.simulated})


def _tile(engine: Engine, task: Task) -> Answer:
    record = engine.store.load("maps", task["name"])
    image = engine.image(record["expression"]).value
    tile = pictures.tile(image, record, zoom=task["zoom"], column=task["x"], row=task["y"])
    return Answer("image/png", tile)


def _thumbnail(engine: Engine, task: Task) -> Answer:
    record = engine.store.load("thumbnails", task["name"])
    found = engine.image(record["expression"])
    return Answer(*pixels.answer(found.value, record, simulated=found.simulated, thumbnail=True))


def _asset_image(engine: Engine, task: Task) -> Answer:
    opened = engine.assets.open(task["asset"])
    if opened is None or not isinstance(opened.value, Image):
        raise EarthError(f"Image asset '{task['asset']}' not found.")
    return Answer(*pixels.answer(opened.value, task["body"], simulated=opened.simulated))


_ACTIONS: dict[str, Callable[[Engine, Task], Answer]] = {
    "value": _value,
    "features": _features,
    "pixels": _pixels,
    "map": _check_map,
    "tile": _tile,
    "thumbnail": _thumbnail,
    "asset pixels": _asset_image,
}
