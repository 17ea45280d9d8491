"""How quick a page stays while a network trains beside it, and while tiles are drawn."""

import concurrent.futures
import contextlib
import itertools
import os
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

from playwright.sync_api import Page

from benchmarks.app import App, browser_page, running_app
from benchmarks.report import Row, median

TITLE = "A page's rerun"
WORDS = (
    "From changing the number of samples to the new estimate on the page: idle, while a network "
    "trains in a worker, and while a map's tiles are drawn, in turn."
)
CLICKS, ROUNDS, EPOCHS = 8, 3, 2000
LIMIT = 1.5


def measure() -> list[Row]:
    """Click in all three conditions, round by round."""
    idle, training, drawing = [], [], []
    with browser_page() as page, running_app() as app:
        os.environ["LOAM_HOME"] = str(app.home)
        _open_samples(page, app)
        for _ in range(ROUNDS):
            idle.append(_rerun_seconds(page))
            with _training():
                training.append(_rerun_seconds(page))
            with _drawing(app):
                drawing.append(_rerun_seconds(page))
    return [
        Row("idle", f"{median(idle) * 1e3:.0f} ms"),
        _ratio("while a network trains", training, idle),
        _ratio("while tiles are drawn", drawing, idle),
    ]


def _ratio(what: str, busy: list[float], idle: list[float]) -> Row:
    ratio = median([a / b for a, b in zip(busy, idle, strict=True)])
    return Row(what, f"{ratio:.2f} times", f"{LIMIT} times", ratio <= LIMIT)


def _open_samples(page: Page, app: App) -> None:
    page.goto(app.url)
    page.locator(".st-key-blank button").click()
    page.locator(".st-key-primary button:has-text('demo')").click()
    page.locator(".st-key-primary button:has-text('Go on')").click()
    page.get_by_text(re.compile("Draw up to")).wait_for()
    _rerun_seconds(page)


def _rerun_seconds(page: Page) -> float:
    plus = page.get_by_test_id("stNumberInputStepUp").first
    sentence = page.locator(".st-key-bottom-words")
    seconds = []
    for _ in range(CLICKS):
        before = sentence.inner_text()
        started = time.perf_counter()
        plus.click()
        page.wait_for_function(
            "before => document.querySelector('.st-key-bottom-words').innerText != before",
            arg=before,
        )
        seconds.append(time.perf_counter() - started)
    return median(seconds)


@contextlib.contextmanager
def _training() -> Iterator[None]:
    """A worker that trains for as long as the block lasts."""
    from lib.core.model_plan import ModelPlan
    from lib.workflow import samples, train
    from lib.workflow.project import demo_project, new_workspace

    plan = ModelPlan(epochs=EPOCHS, patience=EPOCHS, batch_size=8)
    workspace = new_workspace(project=replace(demo_project(), model=plan))
    samples.start(workspace)
    _until(lambda: workspace.find("samples") is not None)
    train.start(workspace)
    _until(lambda: len(train.history(workspace)) > 1)
    yield
    train.cancel(workspace)
    _until(lambda: (status := train.job(workspace)) is not None and not status.live)


@contextlib.contextmanager
def _drawing(app: App) -> Iterator[None]:
    """A visitor's map that asks for four new tiles at a time, for as long as the block lasts."""
    from lib.workflow import imagery
    from lib.workflow.project import demo_project, new_workspace

    view = imagery.look(new_workspace(project=demo_project()))
    if view is None:
        raise RuntimeError("The demo has no area.")
    template, stop = view.layers[0].url, threading.Event()
    tiles = itertools.count()

    def draw() -> None:
        while not stop.is_set():
            number = next(tiles)
            address = template.format(z=15, x=17160 + number % 40, y=11430 + number // 40)
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{app.url}/{address}", timeout=60).read()  # noqa: S310

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(draw) for _ in range(4)]
        yield
        stop.set()
        for one in asked:
            one.result()


def _until(happened: Callable[[], bool]) -> None:
    limit = time.monotonic() + 120
    while not happened():
        if time.monotonic() > limit:
            raise TimeoutError("What the benchmark waits for did not happen within two minutes.")
        time.sleep(0.1)
