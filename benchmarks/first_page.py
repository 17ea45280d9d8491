"""From `streamlit run` to the home page's heading, and what the web process weighs."""

import time

from benchmarks.app import browser_page, running_app
from benchmarks.report import Row, bounded, median

TITLE = "The first page"
WORDS = (
    "From starting the server to the home page's heading being visible in a browser that is "
    "already open; then the web process's resident memory."
)
RUNS = 3


def measure() -> list[Row]:
    """Start the app several times; the first run warms the file cache and is not counted."""
    runs = [_once() for _ in range(RUNS + 1)][1:]
    return [
        bounded("start to heading", median([seconds for seconds, _ in runs]), 4.0, "s"),
        bounded("web process", median([memory for _, memory in runs]), 350.0, "MB"),
    ]


def _once() -> tuple[float, float]:
    with browser_page() as page, running_app() as app:
        page.goto(app.url)
        page.get_by_role("heading", name="Teach a network to read the land").wait_for()
        return time.monotonic() - app.started, app.memory_mb
