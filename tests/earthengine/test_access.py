import json
import threading
from typing import Any

import ee
import pytest

from lib.core.errors import (
    AccessError,
    LimitError,
    ServiceError,
    SignInError,
    UnreachableError,
)
from lib.earthengine.access import Connection, map_requests, post, with_connection
from lib.earthengine.connection import over_http, verify
from tests.earthengine.conftest import Loopback


@with_connection
def number(connection: Connection) -> Any:
    return ee.Number(1).add(2).getInfo()


def test_request_when_no_connection_is_set_raises_instead_of_using_another(
    loopback: Loopback,
) -> None:
    loopback.reply = lambda *_: (200, {"result": 3})
    assert number(over_http(loopback.url)) == 3

    with pytest.raises(RuntimeError, match="outside of a function with_connection"):
        ee.Number(1).getInfo()


def test_request_when_sent_carries_project_and_token_of_its_connection(loopback: Loopback) -> None:
    loopback.reply = lambda *_: (200, {"result": 3})

    number(over_http(loopback.url, project="field-trip-1", token="t-1"))  # noqa: S106

    path, headers = loopback.asked[-1]
    assert path.startswith("/v1/projects/field-trip-1/value:compute")
    assert headers["authorization"] == "Bearer t-1"
    assert headers["x-goog-user-project"] == "field-trip-1"


def test_connections_when_used_by_four_threads_at_once_are_never_mixed_up(
    loopback: Loopback,
) -> None:
    def who(path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        return 200, {"result": [path.split("/")[3], headers["authorization"]]}

    loopback.reply = who
    opened = [over_http(loopback.url, project=f"project-{n}", token=f"token-{n}") for n in range(4)]
    answers: dict[int, set[tuple[str, ...]]] = {n: set() for n in range(4)}

    def ask(n: int) -> None:
        for _ in range(25):
            answers[n].add(tuple(number(opened[n])))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {n: {(f"project-{n}", f"Bearer token-{n}")} for n in range(4)}


def test_function_when_it_calls_another_with_another_connection_keeps_its_own(
    loopback: Loopback,
) -> None:
    loopback.reply = lambda path, *_: (200, {"result": path.split("/")[3]})
    outer = over_http(loopback.url, project="outer-1")
    inner = over_http(loopback.url, project="inner-1")

    @with_connection
    def both(connection: Connection) -> list[Any]:
        return [number(inner), ee.Number(1).getInfo()]

    assert both(outer) == ["inner-1", "outer-1"]


def test_map_requests_when_many_run_at_once_gives_results_in_order(loopback: Loopback) -> None:
    loopback.reply = lambda _, __, body: (200, json.loads(body)["n"])
    seen: list[tuple[int, int]] = []

    found = map_requests(
        over_http(loopback.url),
        lambda n: int(post("value:compute", {"n": n})),
        range(20),
        on_done=lambda done, count: seen.append((done, count)),
    )

    assert found == list(range(20))
    assert seen == [(n + 1, 20) for n in range(20)]


def test_map_requests_when_one_fails_raises_its_error(loopback: Loopback) -> None:
    def refuse_third(path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if b'"n":3' in body:
            return 400, {"error": {"message": "User memory limit exceeded."}}
        return 200, {}

    loopback.reply = refuse_third

    with pytest.raises(LimitError, match="ran out of memory"):
        map_requests(over_http(loopback.url), lambda n: post("value:compute", {"n": n}), range(6))


def test_request_when_token_is_refused_twice_raises_sign_in_error(loopback: Loopback) -> None:
    loopback.reply = lambda *_: (401, {"error": {"message": "expired"}})

    with pytest.raises(SignInError, match="sign-in has expired"):
        number(over_http(loopback.url, token="old"))  # noqa: S106


@pytest.mark.usefixtures("no_waiting")
def test_request_when_service_is_busy_once_is_repeated(loopback: Loopback) -> None:
    def busy_first(*_: object) -> tuple[int, Any]:
        if len(loopback.asked) == 1:
            return 503, {"error": {"message": "try again"}}
        return 200, {"result": 3}

    loopback.reply = busy_first

    assert number(over_http(loopback.url)) == 3
    assert len(loopback.asked) == 2


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("ask", [number, verify])
def test_request_when_nobody_answers_says_that_the_service_is_out_of_reach(ask: Any) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached"):
        ask(over_http("http://127.0.0.1:1"))


def test_request_when_service_refuses_speaks_our_sentence(loopback: Loopback) -> None:
    message = (
        "Caller does not have required permission to use project field-trip-1. Grant the caller "
        "the roles/serviceusage.serviceUsageConsumer role."
    )
    loopback.reply = lambda *_: (403, {"error": {"code": 403, "message": message}})

    with pytest.raises(AccessError, match=r"may not use project field-trip-1\.") as caught:
        number(over_http(loopback.url))
    assert caught.value.field == "project"


def test_verify_when_service_answers_an_error_translates_it(loopback: Loopback) -> None:
    loopback.reply = lambda *_: (404, {"error": {"message": "Project 'nowhere-1' not found."}})

    with pytest.raises(ServiceError, match="There is no project nowhere-1"):
        verify(over_http(loopback.url))


def test_post_when_body_is_larger_than_the_limit_sends_nothing(loopback: Loopback) -> None:
    @with_connection
    def send(connection: Connection) -> bytes:
        return post("value:compute", {"text": "x" * connection.can.request_bytes})

    with pytest.raises(LimitError, match="10485760 bytes"):
        send(over_http(loopback.url))
    assert loopback.asked == []
