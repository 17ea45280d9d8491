"""An ASGI app behind a real port, for as long as a test needs it."""

import contextlib
import threading
import time
from collections.abc import Iterator

import requests
import uvicorn


@contextlib.contextmanager
def running(app) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 and give the address."""
    config = uvicorn.Config(
        app, port=0, log_level="critical", ws="none", lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The server did not start.")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Client(requests.Session):
    """A session whose addresses are paths."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def request(self, method, url, *args, **more):
        return super().request(method, self.url + url, *args, **more)


@contextlib.contextmanager
def client_of(app) -> Iterator[Client]:
    """Serve an app and give a session for it."""
    with running(app) as url, Client(url) as client:
        yield client
