"""How long a person waits for a training to begin, and to end when it is cancelled."""

import contextlib
import os
import re
import time
from collections.abc import Iterator

import psutil
from playwright.sync_api import Page

from benchmarks.app import App, browser_page, running_app
from benchmarks.memory import workspace_of
from benchmarks.report import Row, bounded, median
from lib.core.model_plan import ModelPlan

TITLE = "From click to training, and to its end"
WORDS = (
    "Seconds in a browser on the train page, with 5,000 samples: from the click on the button to "
    "the first batch or epoch on screen, with a worker that waits (the page starts one while the "
    "person still chooses) and with none; then from the click on Cancel until the page says that "
    "training was cancelled, its best epoch kept."
)
SAMPLES, PREDICTORS, EPOCHS, ROUNDS = 5_000, 12, 2_000, 2
PLAN = ModelPlan(hidden_units=(32,), epochs=EPOCHS, patience=EPOCHS, batch_size=8, forest_trees=10)
_WARM_BYTES = 400_000_000
"""A worker that has imported TensorFlow holds more than this."""
_SETTLED_S = 2.0


def measure() -> list[Row]:
    """Train and cancel in turn with a worker that waits and with none."""
    begun: dict[bool, list[float]] = {True: [], False: []}
    ended = []
    for _ in range(ROUNDS):
        for waiting in (True, False):
            with _project() as (page, app):
                start, stop = _once(page, app, waiting=waiting)
            begun[waiting].append(start)
            ended.append(stop)
    return [
        bounded("click to the first batch, a worker waits", median(begun[True]), 8.0, "s"),
        bounded("click to the first batch, no worker", median(begun[False]), 12.0, "s"),
        bounded("a cancelled training gone", median(ended), 3.0, "s"),
    ]


@contextlib.contextmanager
def _project() -> Iterator[tuple[Page, App]]:
    """Open the train page of a project with samples in an app of its own."""
    before = os.environ.get("LOAM_HOME", "")
    with running_app() as app, browser_page() as page:
        os.environ["LOAM_HOME"] = str(app.home)
        try:
            workspace = workspace_of((SAMPLES, PREDICTORS), PLAN)
        finally:
            os.environ.pop("LOAM_HOME")
            if before:
                os.environ["LOAM_HOME"] = before
        page.goto(f"{app.url}/train?project={workspace.id}")
        page.get_by_role("button", name="Train", exact=True).wait_for()
        yield page, app


def _once(page: Page, app: App, *, waiting: bool) -> tuple[float, float]:
    """Seconds from click to the first batch, and from Cancel to the end."""
    _settle(app, waiting=waiting)
    started = time.perf_counter()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function(
        f"/Epoch \\d+ of {EPOCHS:,}|Epoch \\d+ of {EPOCHS}/.test("
        "document.querySelector('.st-key-progress')?.innerText)"
    )
    begun = time.perf_counter() - started
    page.get_by_text(re.compile(r"learning rate [\d.]")).wait_for()
    started = time.perf_counter()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_test_id("stBottom").get_by_text("Training cancelled after").wait_for()
    return begun, time.perf_counter() - started


def _settle(app: App, *, waiting: bool) -> None:
    """Wait until the worker of the project is ready, or end it."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        workers = _workers(app)
        if workers and not waiting:
            for worker in workers:
                worker.kill()
            time.sleep(_SETTLED_S)
            return
        if workers and all(worker.memory_info().rss > _WARM_BYTES for worker in workers):
            time.sleep(_SETTLED_S)
            return
        time.sleep(0.1)
    raise TimeoutError("No worker was ready within a minute.")


def _workers(app: App) -> list[psutil.Process]:
    found = []
    for process in app.process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "lib.workflow.worker" in process.cmdline():
                found.append(process)
    return found
