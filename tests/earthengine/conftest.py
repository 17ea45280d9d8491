"""A service of the test's own on loopback, and keys that it knows."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.earthengine.scene import Scene, make_scene

Reply = tuple[int, Any]


@dataclass
class Loopback:
    """Answers every POST by a function of the test; keeps what was asked."""

    url: str = ""
    reply: Callable[[str, dict[str, str], bytes], Reply] = lambda path, headers, body: (200, {})
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    service = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.asked.append((self.path, headers))
            status, answer = service.reply(self.path, headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client's retries follow one another at once: they wait `random() * 2**n` s."""
    monkeypatch.setattr("googleapiclient.http.random.random", lambda: 0.0)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene"))
