"""Whatever is sent, Local Earth answers, in the form of Earth Engine's answers and in time."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import geopandas
import numpy as np
import pytest
import shapely

from lib.localearth.functions import load_all
from lib.localearth.importing import import_file
from lib.localearth.pool import Pool
from lib.localearth.registry import entries
from lib.localearth.service import Response, Service
from lib.localearth.signatures import signatures
from tests.localearth.fuzzing import PROJECT, Sent, monsters, stream
from tests.localearth.test_importing import write

DEADLINE_S = 10.0  # of a task; then its process is ended and the answer says so
PATIENCE_S = 3 * DEADLINE_S  # waiting for a process and starting one come on top
CODES = {
    "INVALID_ARGUMENT": 400, "UNIMPLEMENTED": 400, "FAILED_PRECONDITION": 400,
    "ALREADY_EXISTS": 409, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
}  # fmt: skip
COSTLY = ("Computation timed out.", "User memory limit exceeded.")
COSTLY_SHARE = 0.003


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that evaluates in two processes, with the raster and table of the seeds."""
    home = tmp_path_factory.mktemp("fuzz")
    values = np.arange(2 * 20 * 30).reshape(2, 20, 30).astype(np.int16)
    raster = write(home / "scene.tif", values, nodata=0, names=["red", "nir"])
    import_file(raster, name="scene", home=home)
    boxes = [shapely.box(15.0005 + x, 47.851, 15.001 + x, 47.8525) for x in (0, 0.001, 0.002)]
    columns = {"class": [1, 2, 1], "name": ["a", "b", "c"]}
    frame = geopandas.GeoDataFrame(columns, geometry=boxes, crs="EPSG:4326")
    frame.to_file(home / "fields.gpkg")
    import_file(home / "fields.gpkg", name="fields", home=home)
    pool = Pool(home, size=2, deadline_s=DEADLINE_S)
    yield Service(home, pool=pool)
    pool.close()


def answers(service: Service, requests: Iterable[Sent]) -> Iterator[tuple[Sent, Response, float]]:
    """Send requests two at a time and give each with its answer and the seconds it took."""

    def send(sent: Sent) -> tuple[Sent, Response, float]:
        begun = monotonic()
        answer = service.handle(sent.method, sent.path, sent.query, sent.body, {})
        return sent, answer, monotonic() - begun

    with ThreadPoolExecutor(2) as threads:
        yield from threads.map(send, requests)


def fault(answer: Response, seconds: float) -> str | None:
    """What is wrong with an answer, or None."""
    if seconds > PATIENCE_S:
        return f"took {seconds:.0f} s"
    if answer.status == 200:
        if "json" in answer.headers["content-type"]:
            json.loads(answer.body, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
        return None
    if answer.status == 304:
        return None
    told = json.loads(answer.body)["error"]
    if set(told) != {"code", "message", "status"} or not told["message"]:
        return f"is no error of Earth Engine: {told}"
    if not told["code"] == answer.status == CODES.get(told["status"]):
        return f"has code {answer.status} with {told}"
    if "internal error" in told["message"] or "Traceback" in told["message"]:
        return f"is a fault of ours: {told['message'][:200]}"
    return None


def check(service: Service, requests: list[Sent]) -> None:
    """Fail with the first wrong answers, and where the service is dead afterwards."""
    wrong, costly = [], []
    for sent, answer, seconds in answers(service, requests):
        found = fault(answer, seconds)
        if found:
            wrong.append(f"{sent.what}: {found}\n  {sent.path} {sent.body[:300]!r}")
        if any(message.encode() in answer.body for message in COSTLY):
            costly.append(sent.what)
    assert not wrong, "\n".join([f"{len(wrong)} wrong answers", *wrong[:10]])
    assert len(costly) <= max(1, COSTLY_SHARE * len(requests)), costly
    body = b'{"expression":{"result":"0","values":{"0":{"constantValue":7}}}}'
    alive = service.handle("POST", f"{PROJECT}/value:compute", "", body, {})
    assert (alive.status, json.loads(alive.body)) == (200, {"result": 7})


def function_names() -> list[str]:
    """The functions that are implemented, and some of the others."""
    load_all()
    return sorted(entries()) + sorted(signatures())[::20]


def test_service_when_requests_are_mutated_answers_each(service: Service) -> None:
    check(service, list(stream(1, 2_000, function_names())))


@pytest.mark.slow
def test_service_when_bodies_are_monstrous_answers_each(service: Service) -> None:
    check(service, list(monsters()))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2, 12))
def test_service_when_many_requests_are_mutated_answers_each(service: Service, seed: int) -> None:
    check(service, list(stream(seed, 2_000, function_names())))
