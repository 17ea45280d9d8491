"""Two visitors, two keys, two projects: no request goes out under the other's name."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.app import App, running_app
from lib.localearth.server import api_app
from lib.localearth.service import Service
from lib.localearth.tokens import TokenOffice
from tests.keys import new_key_pair
from tests.localearth.serving import running

WHO = ("ada", "ben")


def key_pair(who: str) -> tuple[dict[str, str], dict[str, object]]:
    """A service-account key as Google hands it out, and what the registry knows of it."""
    pem, public = new_key_pair()
    email, project = f"{who}@project-{who}.iam.gserviceaccount.com", f"project-{who}"
    key = {
        "type": "service_account",
        "client_email": email,
        "private_key": pem,
        "project_id": project,
        "token_uri": "http://127.0.0.1:9/never-asked",
    }
    return key, {"client_email": email, "public_key": public, "projects": [project]}


@dataclass
class Recorder:
    """Passes requests on to an app and notes the project and the token of each."""

    app: Any
    seen: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        project = re.match(r"/v1/projects/([^/]+)/value:compute", scope["path"])
        if project:
            headers = dict(scope["headers"])
            self.seen.append((project[1], headers.get(b"authorization", b"").decode()))
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class Setting:
    """A service that requires tokens, the folder of its visitors' keys, and what it was asked."""

    url: str
    keys: Path
    recorder: Recorder

    @property
    def variables(self) -> dict[str, str]:
        return {
            "LOAM_EARTHENGINE_URL": self.url,
            "LOAM_TOKEN_URL": f"{self.url}/token",
            "KEYS_FOLDER": str(self.keys),
        }


@contextlib.contextmanager
def guarded_service(folder: Path) -> Iterator[Setting]:
    pairs = {who: key_pair(who) for who in WHO}
    for who, (key, _) in pairs.items():
        (folder / f"{who}.json").write_text(json.dumps(key))
    registry = folder / "registry.json"
    registry.write_text(json.dumps({"keys": [known for _, known in pairs.values()]}))
    office = TokenOffice.from_file(registry)
    recorder = Recorder(api_app(Service(folder / "home", tokens=office), tokens=office))
    with running(recorder) as url:
        yield Setting(url, folder, recorder)


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    with guarded_service(tmp_path_factory.mktemp("keys")) as found:
        yield found


def visit(chromium: Browser, app: App, who: str) -> Page:
    page = chromium.new_context().new_page()
    page.goto(f"{app.url}/?who={who}")
    expect(page.get_by_text(f"signed in to project-{who}")).to_be_visible(timeout=30_000)
    return page


def test_two_sessions_ask_from_fragment_timer_and_callback_each_under_its_own_project(
    chromium: Browser, setting: Setting
) -> None:
    setting.recorder.seen.clear()
    with running_app(script="tests/e2e/two_sessions_page.py", settings=setting.variables) as app:
        pages = [visit(chromium, app, who) for who in WHO]
        for count in (1, 2):
            for page in pages:
                page.get_by_role("button", name="Ask from a callback").click()
                expect(page.get_by_text(f"callback {count}")).to_be_visible()
            for page in pages:
                page.get_by_role("button", name="Ask from a fragment").click()
                expect(page.get_by_text(f"fragment {count}")).to_be_visible()
        for page in pages:
            expect(page.get_by_text("timer 4")).to_be_visible()

    tokens = {project: set() for project, _ in setting.recorder.seen}
    for project, token in setting.recorder.seen:
        tokens[project].add(token)
    counts = {who: sum(p == f"project-{who}" for p, _ in setting.recorder.seen) for who in WHO}

    # One request at sign-in, two from callbacks, two from fragments, four from timers; a timer may
    # tick once more while a whole run is under way.
    assert all(count >= 9 for count in counts.values())
    assert all(len(found) == 1 for found in tokens.values())
    assert tokens["project-ada"].isdisjoint(tokens["project-ben"])


REFUSED = {
    "no key": ("{}", "client_email"),
    "no json": ("key", "JSON"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_home_page_given_a_wrong_key_says_so_beside_the_control(
    chromium: Browser, setting: Setting, text: str, words: str
) -> None:
    with running_app(settings=setting.variables) as app:
        page = chromium.new_context().new_page()
        page.goto(app.url)
        page.get_by_label("Service-account key (JSON)").fill(text)
        page.get_by_role("button", name="Sign in", exact=True).click()

        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible(timeout=20_000)


def test_home_page_given_a_key_signs_in_and_a_reload_asks_again(
    chromium: Browser, setting: Setting
) -> None:
    with running_app(settings=setting.variables) as app:
        page = chromium.new_context().new_page()
        page.goto(app.url)
        page.get_by_label("Service-account key (JSON)").fill(
            (setting.keys / "ada.json").read_text()
        )
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_text("Signed in as")).to_be_visible(timeout=30_000)
        left_on_disk = [
            path
            for path in app.home.rglob("*")
            if path.is_file() and b"PRIVATE" in path.read_bytes()
        ]
        page.reload()

        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        assert left_on_disk == []
        assert "PRIVATE" not in page.url
