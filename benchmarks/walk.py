"""The whole guided walk in a browser, and the same project from the command line."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.app import ROOT, App, browser_page, running_app
from benchmarks.report import Row, bounded

TITLE = "The walk"
WORDS = (
    "Seconds that a first visitor waits on the guided walk, from the first click to the class map, "
    "step by step; then the scores of both networks there and of `python -m lib run "
    "examples/demo.json`."
)
STEPS = ("samples", "train", "deploy", "results")


def measure() -> list[Row]:
    """Walk in a browser, then run the same project without one."""
    with browser_page() as page, running_app() as app:
        waits = _walk(page, app)
        there = _scores_under(app.home)
    here = _scores_of_command()
    rows = [Row(step, f"{seconds:.1f} s") for step, seconds in waits.items()]
    same = there == here
    return [
        *rows,
        bounded("all waiting", sum(waits.values()), 45.0, "s"),
        Row("overall accuracy in the browser", _words(there)),
        Row("overall accuracy from the command line", _words(here)),
        Row("all scores the same", "yes" if same else "no", "yes", same),
    ]


def _walk(page: Page, app: App) -> dict[str, float]:
    page.goto(app.url)
    page.get_by_role("heading", name="Teach a network to read the land").wait_for()
    waits = {"imagery": _timed(page, ".st-key-guided button")}
    for step in STEPS:
        waits[step] = _timed(page, ".st-key-primary button", last=step == "results")
    _await_second_network(app.home)
    return waits


def _timed(page: Page, button: str, *, last: bool = False) -> float:
    step = page.url.split("?")[0]
    started = time.perf_counter()
    page.locator(button).click()
    page.wait_for_function("before => location.href.split('?')[0] != before", arg=step)
    if last:
        page.get_by_text("The walk is finished").wait_for()
    else:
        page.locator(".st-key-primary button:has-text('Go on')").wait_for()
    return time.perf_counter() - started


def _await_second_network(home: Path) -> None:
    limit = time.monotonic() + 60
    while not list(home.glob("projects/*/results/other_split/*/result.json")):
        if time.monotonic() > limit:
            raise TimeoutError("The second network was not trained within a minute.")
        time.sleep(0.2)


def _scores_under(home: Path) -> dict[str, Any]:
    scores = {}
    for kind in ("train", "other_split"):
        (note,) = home.glob(f"**/results/{kind}/*/result.json")
        scores[kind] = json.loads(note.read_text())["summary"]["scores"]
    return scores


def _scores_of_command() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lib", "run", "examples/demo.json", "--out", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return _scores_under(Path(folder))


def _words(scores: dict[str, Any]) -> str:
    return " and ".join(f"{scores[kind]['overall_accuracy']:.4f}" for kind in scores)
