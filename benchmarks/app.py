"""Starts the app as a person would, and a browser to look at it."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_LIMIT_S = 60
VIEWPORT: ViewportSize = {"width": 1366, "height": 900}


@dataclass(frozen=True)
class App:
    """A running app: its address, process, state folder, and when it was started."""

    url: str
    process: psutil.Process
    home: Path
    started: float

    @property
    def memory_mb(self) -> float:
        """Resident memory of the web process alone."""
        return float(self.process.memory_info().rss) / 1e6


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_app(
    *, script: str = "app.py", settings: Mapping[str, str] | None = None
) -> Iterator[App]:
    """Start `streamlit run` on loopback with a state folder of its own.

    Args:
        script: What is run, from the repository's root.
        settings: Environment variables of the server.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOAM_HOME": home, **(settings or {})}
        command = [sys.executable, "-m", "streamlit", "run", script]
        command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
        command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
        started = time.monotonic()
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_healthy(url)
            yield App(url, psutil.Process(server.pid), Path(home), started)
        finally:
            stop(server)


def wait_until_healthy(url: str) -> None:
    """Wait until the server answers."""
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)  # noqa: S310
            return
        time.sleep(0.02)
    raise TimeoutError(f"The app did not answer at {url} within {START_LIMIT_S} s.")


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End the server and every worker that it left behind."""
    children = psutil.Process(server.pid).children(recursive=True)
    server.terminate()
    server.wait(timeout=20)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium; every context of it is a visitor of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@contextlib.contextmanager
def browser_page() -> Iterator[Page]:
    """One visitor's page."""
    with browser() as opened:
        page = opened.new_page(viewport=VIEWPORT)
        page.set_default_timeout(60_000)
        yield page
