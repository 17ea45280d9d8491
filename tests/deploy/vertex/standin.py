"""A small stand-in for Vertex AI, Cloud Storage and Google's token address, over loopback.

It keeps the rules that matter to whoever deploys: a bearer token on every request, operations
that take some polls, nothing deletable while it is deployed, and numbered versions for
TensorFlow Serving. What is deployed answers `:predict` with the very files that were uploaded.
Switches make it refuse; see `StandIn`.
"""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lib.models.servable import RequestError, Servable

TOKEN = "token-of-the-stand-in"  # noqa: S105 - not a secret
SINCE = "2026-11-22T10:00:00.123456789Z"


class Refusal(Exception):
    """An answer with an error in Google's form."""

    def __init__(self, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = code
        self.body = {"error": {"code": code, "message": message, **more}}


class Lost(Exception):
    """The connection breaks before the answer arrives."""


@dataclass
class StandIn:
    """State and switches.

    Attributes:
        folder: Where uploaded objects lie.
        buckets: Buckets that there are.
        machine_types: Those that the region offers.
        polls: Times that an operation must be asked for before it is done.
        api_enabled: Whether the project has switched Vertex AI on.
        quota_spent: Whether deploying a model fails for lack of quota.
        container_fails: Whether the container never becomes ready.
        refuse: Answers by "METHOD fragment-of-path" that are refused: (status, message).
        lose: Fragments of paths whose next POST is performed, and its answer lost.
        broken_pieces: PUTs of an upload that are answered with 503 first.
        kept_of_piece: Bytes that are kept of the next piece of an upload; None for all.
        first_id: Of models and endpoints.
        seen: Every request as (method, path, body as JSON, headers in lower case).
    """

    folder: Path
    buckets: set[str] = field(default_factory=lambda: {"meadow"})
    machine_types: set[str] = field(default_factory=lambda: {"n1-standard-2"})
    polls: int = 2
    api_enabled: bool = True
    quota_spent: bool = False
    container_fails: bool = False
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    lose: set[str] = field(default_factory=set)
    broken_pieces: int = 0
    kept_of_piece: int | None = None
    first_id: int = 1
    seen: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: dict[str, Path] = field(default_factory=dict)
    url: str = ""
    _servables: dict[str, Servable] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.RLock)

    def objects(self) -> list[str]:
        """Names of all objects with their buckets."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in files)

    def handle(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, Any, Any]:
        """Answer a request: status, headers, JSON or None."""
        parts = urlsplit(path)
        where, query = unquote(parts.path), {k: v[0] for k, v in parse_qs(parts.query).items()}
        if where == "/token":
            return 200, {}, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        with self._lock:
            if not where.endswith(":predict"):
                self.seen.append((method, where, _json(body), headers))
                self._check(method, where, headers)
            for pattern, kind, function in ROUTES:
                found = re.fullmatch(pattern, where)
                if found and kind == method:
                    answer = function(self, found.groupdict(), body, query, headers)
                    self._lose(method, where)
                    return answer if isinstance(answer, tuple) else (200, {}, answer)
        raise Refusal(404, f"No such path: {method} {where}")

    def _check(self, method: str, where: str, headers: Any) -> None:
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "Request had invalid authentication credentials.")
        for key, (status, message) in self.refuse.items():
            wanted, fragment = key.split(" ", 1)
            if wanted == method and fragment in where:
                raise Refusal(status, message)
        if where.startswith("/v1/") and not self.api_enabled:
            info = {"reason": "SERVICE_DISABLED", "domain": "googleapis.com"}
            metadata = {"service": "aiplatform.googleapis.com", "consumer": "projects/1"}
            raise Refusal(
                403,
                "Vertex AI API has not been used in project 1 before or it is disabled. Enable it "
                "by visiting https://console.developers.google.com/apis/api/x then retry.",
                status="PERMISSION_DENIED",
                details=[info | {"metadata": metadata}],
            )

    def _lose(self, method: str, where: str) -> None:
        for fragment in [part for part in self.lose if part in where and method == "POST"]:
            self.lose.remove(fragment)
            raise Lost

    def operation(self, owner: str, action: Any) -> dict[str, Any]:
        """Begin something that is done after some polls; `action` gives response or Refusal."""
        name = f"{owner}/operations/{len(self.operations) + 1}"
        self.operations[name] = {"left": self.polls, "action": action, "answer": None}
        return {"name": name}

    # Cloud Storage

    def bucket(self, found: dict[str, str], *_: Any) -> dict[str, Any]:
        if found["bucket"] not in self.buckets:
            raise Refusal(404, "The specified bucket does not exist.")
        return {"name": found["bucket"], "location": "US-CENTRAL1"}

    def upload(self, found: dict[str, str], body: bytes, query: Any, headers: Any) -> Any:
        self.bucket(found)
        path = self.folder / found["bucket"] / query["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if query["uploadType"] == "media" else b"")
        if query["uploadType"] == "media":
            return {"name": query["name"]}
        self.uploads[f"/session/{len(self.uploads)}"] = path
        return 200, {"Location": self.url + [*self.uploads][-1]}, {}

    def piece(self, found: dict[str, str], body: bytes, query: Any, headers: Any) -> Any:
        path = self.uploads[found["session"]]
        size = path.stat().st_size
        span, whole = headers["content-range"].removeprefix("bytes ").split("/")
        if span != "*" and self.broken_pieces:
            self.broken_pieces -= 1
            raise Refusal(503, "Backend Error")
        if span != "*" and int(span.split("-")[0]) == size:
            with path.open("ab") as file:
                size += file.write(body[: self.kept_of_piece])
            self.kept_of_piece = None
        if size == int(whole):
            return {"name": path.name}
        return 308, ({"Range": f"bytes=0-{size - 1}"} if size else {}), None

    def list_objects(self, found: dict[str, str], body: bytes, query: Any, *_: Any) -> Any:
        """In pages of two."""
        self.bucket(found)
        place = found["bucket"] + "/"
        names = [name.removeprefix(place) for name in self.objects() if name.startswith(place)]
        names = [name for name in names if name.startswith(query.get("prefix", ""))]
        first = int(query.get("pageToken", 0))
        more = {"nextPageToken": str(first + 2)} if first + 2 < len(names) else {}
        return {"items": [{"name": name} for name in names[first : first + 2]], **more}

    def get_object(self, found: dict[str, str], *_: Any) -> Any:
        path = self.folder / found["bucket"] / found["object"]
        if not path.is_file():
            raise Refusal(404, f"No such object: {found['object']}")
        return 200, {}, path.read_bytes()

    def delete_object(self, found: dict[str, str], *_: Any) -> Any:
        path = self.folder / found["bucket"] / found["object"]
        if not path.is_file():
            raise Refusal(404, f"No such object: {found['object']}")
        path.unlink()
        return 204, {}, None

    # Vertex AI

    def upload_model(self, found: dict[str, str], body: bytes, *_: Any) -> Any:
        model = json.loads(body)["model"]
        name = f"{found['parent']}/models/{len(self.models) + self.first_id}"

        def make() -> dict[str, Any]:
            if not model["containerSpec"]["imageUri"]:
                raise Refusal(400, "Image is required.")
            self.models[name] = {"name": name, **model}
            return {"model": name, "modelVersionId": "1"}

        return self.operation(name, make)

    def create_endpoint(self, found: dict[str, str], body: bytes, *_: Any) -> Any:
        name = f"{found['parent']}/endpoints/{len(self.endpoints) + self.first_id}"

        def make() -> dict[str, Any]:
            self.endpoints[name] = {"name": name, **json.loads(body), "deployedModels": []}
            return self.endpoints[name]

        return self.operation(name, make)

    def deploy_model(self, found: dict[str, str], body: bytes, *_: Any) -> Any:
        endpoint, model = self._endpoint(found), json.loads(body)["deployedModel"]
        machine = model["dedicatedResources"]["machineSpec"]["machineType"]
        if machine not in self.machine_types:
            raise Refusal(400, f"Unsupported machine type '{machine}' for model deployment.")

        def make() -> dict[str, Any]:
            if self.quota_spent:
                metric = "aiplatform.googleapis.com/custom_model_serving_cpus"
                raise Refusal(8, f"The following quota metrics exceed quota limits: {metric}")
            if self.container_fails:
                raise Refusal(9, "Model server never became ready. Please validate your model.")
            deployed = {**model, "id": str(17 + len(endpoint["deployedModels"]))}
            deployed["createTime"] = SINCE
            endpoint["deployedModels"].append(deployed)
            return {"deployedModel": deployed}

        return self.operation(endpoint["name"], make)

    def undeploy_model(self, found: dict[str, str], body: bytes, *_: Any) -> Any:
        endpoint, wanted = self._endpoint(found), json.loads(body)["deployedModelId"]

        def make() -> dict[str, Any]:
            kept = [one for one in endpoint["deployedModels"] if one["id"] != wanted]
            endpoint["deployedModels"] = kept
            return {}

        return self.operation(endpoint["name"], make)

    def delete(self, found: dict[str, str], *_: Any) -> Any:
        name, kept = found["name"], {**self.models, **self.endpoints}
        if name not in kept:
            raise Refusal(404, f"{name} is not found.")
        used = [one["model"] for e in self.endpoints.values() for one in e["deployedModels"]]
        if name in used or kept[name].get("deployedModels"):
            raise Refusal(400, f"{name} has or is a deployed model.", status="FAILED_PRECONDITION")

        def make() -> dict[str, Any]:
            self.models.pop(name, None)
            self.endpoints.pop(name, None)
            return {}

        return self.operation(name, make)

    def list_all(self, found: dict[str, str], body: bytes, query: Any, *_: Any) -> Any:
        kind = found["kind"]
        entries = list((self.models if kind == "models" else self.endpoints).values())
        wanted = re.fullmatch(r"labels\.loam(?:=(.+)|:\*)", query.get("filter", ""))
        if wanted:
            entries = [e for e in entries if wanted[1] in (None, e.get("labels", {}).get("loam"))]
        return {kind: entries} if entries else {}

    def get_endpoint(self, found: dict[str, str], *_: Any) -> Any:
        return self._endpoint(found)

    def poll(self, found: dict[str, str], *_: Any) -> Any:
        name = found["name"]
        if name not in self.operations:
            raise Refusal(404, f"Operation {name} is not found.")
        state = self.operations[name]
        if state["left"] > 0:
            state["left"] -= 1
            return {"name": name}
        if state["answer"] is None:
            try:
                state["answer"] = {"response": state["action"]()}
            except Refusal as refusal:
                state["answer"] = {"error": refusal.body["error"]}
        return {"name": name, "done": True, **state["answer"]}

    def cancel(self, found: dict[str, str], *_: Any) -> Any:
        raise Refusal(501, "Operation is not implemented, or supported, or enabled.")

    def predict(self, found: dict[str, str], body: bytes, *_: Any) -> Any:
        """With the files that lie in the bucket, as the container would."""
        endpoint = self._endpoint(found)
        model = self.models[endpoint["deployedModels"][0]["model"]]
        place = model["artifactUri"].removeprefix("gs://")
        if place not in self._servables:
            self._servables[place] = Servable(self.folder / place / "1", name="network")
        try:
            return {"predictions": self._servables[place].predict(body), "deployedModelId": "17"}
        except RequestError as error:
            raise Refusal(error.status, str(error)) from None

    def _endpoint(self, found: dict[str, str]) -> dict[str, Any]:
        if found["name"] not in self.endpoints:
            raise Refusal(404, f"The Endpoint {found['name']} is not found.")
        return self.endpoints[found["name"]]


_PARENT = r"/v1/(?P<parent>projects/[^/]+/locations/[^/]+)"
_ENDPOINT = r"/v1/(?P<name>projects/[^/]+/locations/[^/]+/endpoints/[^/:]+)"
_BUCKET = r"/b/(?P<bucket>[^/]+)"
_OPERATION = r"/v1/(?P<name>projects/.+/operations/\d+)"
ROUTES = (
    (r"/storage/v1" + _BUCKET, "GET", StandIn.bucket),
    (r"/upload/storage/v1" + _BUCKET + "/o", "POST", StandIn.upload),
    (r"(?P<session>/session/\d+)", "PUT", StandIn.piece),
    (r"/storage/v1" + _BUCKET + "/o", "GET", StandIn.list_objects),
    (r"/storage/v1" + _BUCKET + "/o/(?P<object>.+)", "GET", StandIn.get_object),
    (r"/storage/v1" + _BUCKET + "/o/(?P<object>.+)", "DELETE", StandIn.delete_object),
    (_PARENT + "/models:upload", "POST", StandIn.upload_model),
    (_PARENT + "/endpoints", "POST", StandIn.create_endpoint),
    (_PARENT + "/(?P<kind>models|endpoints)", "GET", StandIn.list_all),
    (_ENDPOINT + ":deployModel", "POST", StandIn.deploy_model),
    (_ENDPOINT + ":undeployModel", "POST", StandIn.undeploy_model),
    (_ENDPOINT + ":predict", "POST", StandIn.predict),
    (_ENDPOINT, "GET", StandIn.get_endpoint),
    (_OPERATION + ":cancel", "POST", StandIn.cancel),
    (_OPERATION, "GET", StandIn.poll),
    (r"/v1/(?P<name>projects/[^/]+/locations/[^/]+/\w+/[^/:]+)", "DELETE", StandIn.delete),
)


def _text(found: Any) -> bytes:
    return b"" if found is None else json.dumps(found).encode()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


@contextlib.contextmanager
def running(state: StandIn) -> Iterator[StandIn]:
    """Serve on a free port of 127.0.0.1; the address is in `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                status, headers, found = state.handle(self.command, self.path, body, self.headers)
            except Refusal as refusal:
                status, headers, found = refusal.status, {}, refusal.body
            except Lost:
                self.close_connection = True
                return
            content = found if isinstance(found, bytes) else _text(found)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - names of http.server

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
