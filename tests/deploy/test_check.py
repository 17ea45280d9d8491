import pytest

from lib.deploy.check import CheckRow, run_checks
from lib.deploy.check_forms import form_checks
from lib.deploy.check_layers import CHECKS
from lib.deploy.native.forms import FORMS
from lib.deploy.native.registry import writers
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import over_http


def test_checks_of_local_earth_all_pass(earth: Connection) -> None:
    told: list[CheckRow] = []

    rows = run_checks(earth, on_row=told.append)

    assert [(row.name, row.expected, row.came) for row in rows if not row.passed] == []
    assert tuple(told) == rows


def test_every_form_of_the_compiler_is_checked(earth: Connection) -> None:
    @with_connection
    def names(connection: Connection) -> set[str]:
        return {check.form for check in form_checks()}

    assert names(earth) - {"whole network"} == set(FORMS)


def test_every_layer_of_the_compiler_is_checked() -> None:
    assert set(CHECKS) == set(writers())


def test_check_when_nobody_answers_tells_so_in_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    # The client waits random() * 2**n seconds between its retries.
    monkeypatch.setattr("googleapiclient.http.random.random", lambda: 0.0)

    rows = run_checks(over_http("http://127.0.0.1:1"))

    assert not any(row.passed for row in rows)
    assert all("cannot be reached" in row.came for row in rows)
