"""A browser for the tests, where there is one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.app import CHROMIUM, browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(autouse=True)
def _workers_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers get ready before they are asked, as on a server."""
    monkeypatch.delenv("LOAM_WAITING_WORKERS", raising=False)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; skips, or fails in CI, where it is absent."""
    if not Path(CHROMIUM).exists():
        reason = f"no Chromium at {CHROMIUM}: install Debian's package “chromium”"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with browser() as opened:
        yield opened
