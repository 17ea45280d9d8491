"""Signing in and working through Local Earth's HTTP door, which asks for tokens."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ee
import numpy as np
import pytest

from lib.core.errors import AccessError, SignInError
from lib.core.grid import Grid
from lib.core.plan import LabelPlan, SamplingPlan
from lib.earthengine import imagery, labels, sampling
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import ServiceAccountKey, earth_engine, over_http, verify
from lib.earthengine.pixels import fetch
from lib.localearth.server import api_app
from lib.localearth.service import Service
from lib.localearth.tokens import Account, TokenOffice
from tests.earthengine.scene import BANDS, CRS, SHAPE, TRANSFORM, Scene
from tests.keys import new_key_pair
from tests.localearth.serving import running

PROJECTS = ("field-trip-1", "field-trip-2")
GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Registered:
    """A key and the account that the service knows it by."""

    key: ServiceAccountKey
    account: Account


@pytest.fixture(scope="module")
def accounts() -> tuple[Registered, ...]:
    return tuple(_registered(project) for project in PROJECTS)


def _registered(project: str) -> Registered:
    pem, public = new_key_pair()
    email = f"walker@{project}.iam.gserviceaccount.com"
    text = json.dumps({"client_email": email, "private_key": pem, "project_id": project})
    return Registered(ServiceAccountKey.from_text(text), Account(email, public, (project,)))


@contextlib.contextmanager
def serving(
    home: Path,
    accounts: tuple[Registered, ...],
    monkeypatch: pytest.MonkeyPatch,
    *,
    lifetime_s: float = 3600,
) -> Iterator[str]:
    office = TokenOffice(tuple(one.account for one in accounts), lifetime_s=lifetime_s)
    with running(api_app(Service(home, tokens=office), tokens=office)) as url:
        monkeypatch.setenv("LOAM_EARTHENGINE_URL", url)
        monkeypatch.setenv("LOAM_TOKEN_URL", f"{url}/token")
        yield url


@with_connection
def total(connection: Connection, number: int) -> Any:
    return ee.Number(number).add(1).getInfo()


def test_two_accounts_at_once_each_use_their_own_project(
    home: Path, accounts: tuple[Registered, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, list[Any]] = {}

    def work(account: Registered) -> None:
        connection = earth_engine("", account.key)
        answers[connection.project] = [total(connection, number) for number in range(10)]

    with serving(home, accounts, monkeypatch):
        threads = [threading.Thread(target=work, args=(account,)) for account in accounts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == {project: list(range(1, 11)) for project in PROJECTS}


def test_account_that_may_not_use_a_project_is_told_so(
    home: Path, accounts: tuple[Registered, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        serving(home, accounts, monkeypatch),
        pytest.raises(AccessError, match=r"may not use project field-trip-2\."),
    ):
        verify(earth_engine("field-trip-2", accounts[0].key))


def test_account_that_is_not_registered_is_told_so(
    home: Path, accounts: tuple[Registered, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        serving(home, accounts[:1], monkeypatch),
        pytest.raises(SignInError, match="Google does not accept these credentials"),
    ):
        verify(earth_engine("", accounts[1].key))


def test_token_that_expires_at_once_ends_in_a_sentence(
    home: Path, accounts: tuple[Registered, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        serving(home, accounts, monkeypatch, lifetime_s=-1),
        pytest.raises(SignInError, match="sign-in has expired"),
    ):
        total(earth_engine("", accounts[0].key), 1)


def test_request_without_a_token_is_refused(
    home: Path, accounts: tuple[Registered, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(home, accounts, monkeypatch) as url, pytest.raises(SignInError):
        verify(over_http(url, project=PROJECTS[0]))


def test_samples_and_pixels_are_the_same_through_both_doors(scene: Scene) -> None:
    plan = imagery.default_plan(scene.earth, scene.image)
    label_plan = LabelPlan(kind="features", source=scene.polygons, band="", class_property="cover")
    legend = labels.default_legend(scene.earth, label_plan)

    def work(connection: Connection) -> Any:
        predictors = imagery.predictors(connection, plan, scene.aoi)
        samples, _ = sampling.draw(
            connection,
            predictors,
            label_plan,
            plan=SamplingPlan(per_class=20),
            imagery=plan,
            legend=legend,
            aoi=scene.aoi,
        )
        values, valid = fetch(connection, predictors, GRID, BANDS, block_pixels=300)
        return samples.ids, samples.predictors, values, valid

    with running(api_app(Service(Path(scene.earth.secret["home"])))) as url:
        through_port = work(over_http(url))

    for one, other in zip(work(scene.earth), through_port, strict=True):
        assert np.array_equal(one, other)
