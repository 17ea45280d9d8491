"""A training in a browser: watched, left, found again, cancelled and resumed."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.app import running_app
from lib.core.model_plan import ModelPlan
from tests.e2e.hands import SLOW_MS, press, see, see_below, visitor
from tests.workflow.trained import workspace_with_samples

EPOCHS = 400
LONG = ModelPlan(hidden_units=(16,), epochs=EPOCHS, patience=EPOCHS, batch_size=1)


def test_training_is_watched_left_found_again_cancelled_and_resumed(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_app() as app:
        monkeypatch.setenv("LOAM_HOME", str(app.home))
        project = workspace_with_samples(model=LONG).id
        page = visitor(chromium, app, f"train?project={project}")
        page.get_by_role("button", name="Train", exact=True).dblclick()
        first = epoch_after(page, 1)
        see(page, re.compile(r"learning rate .* samples a second .* of memory"))
        page.close()

        again = visitor(chromium, app, f"train?project={project}")
        second = epoch_after(again, first)
        assert len(list((app.home / "jobs").glob("*/spec.json"))) == 1
        press(again, "Cancel")
        cancelled = epochs_kept(again, "cancelled")
        assert cancelled >= second
        see(again, "Overall accuracy")

        press(again, "Resume training")
        assert epoch_after(again, cancelled) > cancelled
        press(again, "Cancel")
        assert epochs_kept(again, "cancelled", more_than=cancelled) > cancelled
        expect(again.get_by_role("alert")).to_have_count(0)


def epoch_after(page: Page, epoch: int) -> int:
    """Wait until training has come further than an epoch, and return how far."""
    found = page.wait_for_function(
        """([epoch, epochs]) => {
            const shown = document.querySelector(".st-key-progress")?.innerText;
            const found = new RegExp(`Epoch (\\\\d+) of ${epochs}`).exec(shown);
            return found && Number(found[1]) > epoch ? Number(found[1]) : 0;
        }""",
        arg=[epoch, EPOCHS],
        timeout=SLOW_MS,
    )
    return int(found.json_value())


def epochs_kept(page: Page, how: str, *, more_than: int = 0) -> int:
    """Wait until the bar says how training ended, and return after how many epochs."""
    words = re.compile(rf"Training {how} after (\d+) epochs")
    see_below(page, words)
    bar = page.get_by_test_id("stBottom")
    expect(bar).not_to_contain_text(f"after {more_than} epochs", timeout=SLOW_MS)
    found = words.search(bar.inner_text())
    assert found is not None
    return int(found[1])
