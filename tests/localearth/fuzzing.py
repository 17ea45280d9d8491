"""Requests that were real and went wrong: a seeded stream of mutations for the fuzz test."""

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.localearth.odd_values import ASSETS, GRID, ODD, REGIONS

HERE = Path(__file__).parent
CONFORMANCE = Path(os.environ.get("LOAM_CONFORMANCE", HERE.parents[2] / "shared" / "conformance"))
PROJECT = "/v1/projects/local"


@dataclass(frozen=True)
class Sent:
    """A request, and in `what` how it came about."""

    what: str
    method: str
    path: str
    body: bytes
    query: str = ""


Body = dict[str, Any]
Seed = tuple[str, Body]


def seeds() -> list[Seed]:
    """Calls with their bodies: the committed ones, and the documented answers where present.

    The committed ones are what the official client makes of each family of functions, and the
    sampling request of `examples/demo.json`.
    """
    found = [(call, body) for call, body in json.loads((HERE / "fuzz_seeds.json").read_text())]
    for path in sorted(CONFORMANCE.glob("*_values.json")):
        cases = json.loads(path.read_text())
        found += [("value:compute", {"expression": case["graph"]}) for case in cases]
    return found


def stream(seed: int, count: int, functions: list[str]) -> Iterator[Sent]:
    """Mutated requests, the same ones for the same seed.

    Args:
        seed: Of all choices.
        count: How many.
        functions: Names to put in the place of others.
    """
    rng = random.Random(seed)  # noqa: S311 it must be repeatable
    known = seeds()
    committed = [each for each in known if each[0] != "value:compute"]
    for number in range(count):
        call, body = rng.choice(committed if rng.random() < 0.2 else known)
        maker = rng.choices(list(MAKERS), list(MAKERS.values()))[0]
        sent = maker(rng, call, copy.deepcopy(body), functions)
        yield Sent(f"{number} {sent.what}", sent.method, sent.path, sent.body, sent.query)


def places(node: Any, found: list[tuple[Any, Any]] | None = None) -> list[tuple[Any, Any]]:
    """Every (container, key) within JSON data."""
    found = [] if found is None else found
    waiting = [node]
    while waiting:
        at = waiting.pop()
        keys = at.keys() if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else ()
        for key in keys:
            found.append((at, key))
            waiting.append(at[key])
    return found


def odd_value(rng: random.Random) -> Any:
    """Something that few places of a request expect."""
    return copy.deepcopy(rng.choice(ODD))


def _sent(what: str, call: str, body: Any) -> Sent:
    data = json.dumps(body).encode("utf-8", "surrogatepass")
    return Sent(what, "POST", f"{PROJECT}/{call}", data)


def _value_swapped(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        box, key = rng.choice(places(body))
        box[key] = odd_value(rng)
        if not places(body):
            break
    return _sent("value swapped", call, body)


def _constant_swapped(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    boxes = [(box, key) for box, key in places(body) if key == "constantValue"]
    for box, key in rng.sample(boxes, min(len(boxes), rng.choice((1, 1, 2)))):
        inner = places(box[key])
        if inner and rng.random() < 0.5:
            box, key = rng.choice(inner)
        box[key] = odd_value(rng)
    return _sent("constant swapped", call, body)


def _key_lost(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    box, key = rng.choice(places(body))
    del box[key]
    return _sent(f"without {key}", call, body)


def _parts_swapped(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    everything = places(body["expression"])
    (box, key), (other, name) = rng.choice(everything), rng.choice(everything)
    box[key] = copy.deepcopy(other[name])  # a copy, because the body must stay a tree
    return _sent("parts swapped", call, body)


def _nodes_swapped(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    """Arguments change places, so that types are wrong where the form is right."""
    boxes = [box[key] for box, key in places(body) if key == "arguments"]
    arguments = [(box, key) for box in boxes for key in box]
    if len(arguments) > 1:
        (box, key), (other, name) = rng.sample(arguments, 2)
        box[key] = copy.deepcopy(other[name])
    return _sent("arguments swapped", call, body)


def _function_renamed(rng: random.Random, call: str, body: Body, functions: list[str]) -> Sent:
    boxes = [box for box, key in places(body) if key == "functionName"]
    name = rng.choice(functions) if rng.random() < 0.85 else str(odd_value(rng))
    for box in boxes[: rng.choice((1, len(boxes)))] if boxes else []:
        box["functionName"] = name
    return _sent(f"function {name[:60]}", call, body)


def _argument_changed(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    boxes = [box[key] for box, key in places(body) if key == "arguments" and box[key]]
    if boxes:
        box = rng.choice(boxes)
        name = rng.choice(list(box))
        node = box.pop(name)
        if rng.random() < 0.5:
            box[rng.choice(("", "x", name.upper()))] = node
    return _sent("argument changed", call, body)


def _cyclic(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    values = body["expression"]["values"]
    nodes = [(box, key) for box, key in places(values) if isinstance(box[key], dict)]
    box, key = rng.choice(nodes)
    box[key] = {"valueReference": rng.choice([*values, body["expression"]["result"]])}
    return _sent("cyclic", call, body)


def _asset_renamed(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    name = rng.choice(ASSETS)
    kind, key = rng.choice((("Image", "id"), ("ImageCollection", "id"), ("Collection", "tableId")))
    function = "Collection.loadTable" if kind == "Collection" else f"{kind}.load"
    node = {"functionName": function, "arguments": {key: {"constantValue": name}}}
    graph = {"result": "0", "values": {"0": {"functionInvocationValue": node}}}
    if rng.random() < 0.4:
        rest = rng.choice(("", ":getPixels", ":listAssets", ":listFeatures"))
        method = rng.choice(("GET", "POST", "DELETE", "PATCH"))
        return Sent("asset path", method, f"/v1/projects/local/assets/{name}{rest}", b"{}")
    return _sent("asset", call, body | {"expression": graph})


def _grid_changed(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    odd = [0, -1, 1, 40_000, 2**70, 1e-300, 1e300, float("nan"), float("inf"), "a", None, []]
    grid = copy.deepcopy(GRID)
    for _ in range(rng.choice((1, 1, 2, 3))):
        part = rng.choice((grid["dimensions"], grid["affineTransform"]))
        part[rng.choice(list(part))] = rng.choice(odd)
    if rng.random() < 0.3:
        grid["crsCode"] = rng.choice(("EPSG:3857", "EPSG:3031", "EPSG:32661", "EPSG:54009", "x", 7))
    kinds = ("NPY", "GEO_TIFF", "PNG", "JPEG", "AUTO_JPEG_PNG", "TFRECORD", 3)
    changed = body | {"grid": grid, "fileFormat": rng.choice(kinds)}
    gridless = call in ("value:compute", "table:computeFeatures")
    return _sent("grid", "image:computePixels" if gridless else call, changed)


def _region_changed(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    name = rng.choice(list(REGIONS))
    geometries = [
        (box, key) for box, key in places(body) if key in ("geometry", "region", "coordinates")
    ]
    kind = rng.choice(("Polygon", "LineString", "MultiPoint", "MultiPolygon", "LinearRing"))
    node = {"coordinates": {"constantValue": REGIONS[name]}}
    made = {"functionInvocationValue": {"functionName": f"GeometryConstructors.{kind}"}}
    made["functionInvocationValue"]["arguments"] = node
    for box, key in geometries:
        box[key] = copy.deepcopy(node["coordinates"] if key == "coordinates" else made)
    return _sent(f"region {name}", call, body)


def _bytes_broken(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    data = bytearray(json.dumps(body).encode())
    if rng.random() < 0.3:
        data = data[: rng.randrange(len(data))]
    for _ in range(rng.randrange(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return Sent("bytes broken", "POST", f"{PROJECT}/{call}", bytes(data))


def _address_changed(rng: random.Random, call: str, body: Body, _: list[str]) -> Sent:
    other = rng.choice(("value:compute", "image:computePixels", "table:computeFeatures", "maps",
                        "thumbnails", "operations", "algorithms", "config", "image:export", "x",
                        "maps/0/tiles/0/0/0", f"maps/{'0' * 32}/tiles/99/1/1",
                        f"thumbnails/{'a' * 32}:getPixels", "assets:listAssets",
                        "operations/x:cancel", "assets/scene:getPixels",
                        "assets?x", "%2e%2e/x", "\x00"))  # fmt: skip
    method = rng.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "x"))
    query = rng.choice(("", "fields=", "fields=bands/a,(", "pageSize=-1", "pageToken=x", "a=%ff",
                        "pageSize=1e9&pageToken=-3", "&&=", "alt=media", "filter=x"))  # fmt: skip
    data = json.dumps(body).encode()
    return Sent(f"address {method} {other}?{query}", method, f"{PROJECT}/{other}", data, query)


MAKERS: dict[Callable[[random.Random, str, Body, list[str]], Sent], float] = {
    _value_swapped: 3,
    _constant_swapped: 4,
    _key_lost: 1.5,
    _parts_swapped: 1.5,
    _nodes_swapped: 2,
    _function_renamed: 4,
    _argument_changed: 1.5,
    _cyclic: 1,
    _asset_renamed: 1,
    _grid_changed: 1.5,
    _region_changed: 1.5,
    _bytes_broken: 1,
    _address_changed: 1,
}


def monsters() -> Iterator[Sent]:
    """Bodies as large, as deep and as wide as fit, and larger."""
    deep = '{"result":"0","values":{"0":%s}}'
    nested = '{"arrayValue":{"values":[' * 300_000 + "]}}" * 300_000
    lists = "[" * 1_000_000 + "]" * 1_000_000
    chain = {str(n): {"arrayValue": {"values": [{"valueReference": str(n + 1)}]}} for n in
             range(60_000)} | {"60000": {"constantValue": 1}}  # fmt: skip
    calls = {str(n): _abs(str(n + 1)) for n in range(40_000)} | {"40000": {"constantValue": 1}}
    wide = ",".join(['{"constantValue":1}'] * 250_000)
    texts = {
        "a constant a million deep": deep % f'{{"constantValue":{lists}}}',
        "lists 300,000 deep": deep % nested,
        "a body a million deep": lists,
        "a chain of 60,000 references": _graph(chain),
        "a chain of 40,000 calls": _graph(calls),
        "a list of 250,000 nodes": deep % f'{{"arrayValue":{{"values":[{wide}]}}}}',
        "a constant of a million numbers": deep % f'{{"constantValue":[{"1," * 1_000_000}1]}}',
        "doubled 64 times": _graph(_doubled(64)),
        "too large": '{"expression":"' + "x" * 11_000_000 + '"}',
    }
    for what, text in texts.items():
        body = text if what.startswith("too") else '{"expression":' + text + "}"
        yield Sent(what, "POST", f"{PROJECT}/value:compute", body.encode())


def _graph(values: dict[str, Any]) -> str:
    return json.dumps({"result": "0", "values": values}, separators=(",", ":"))


def _abs(name: str) -> dict[str, Any]:
    arguments = {"input": {"valueReference": name}}
    return {"functionInvocationValue": {"functionName": "Number.abs", "arguments": arguments}}


def _doubled(times: int) -> dict[str, Any]:
    """A list that holds itself twice, so many times over."""
    pair = {str(n): {"arrayValue": {"values": [{"valueReference": str(n + 1)}] * 2}} for n in
            range(times)}  # fmt: skip
    return pair | {str(times): {"constantValue": 1}}
