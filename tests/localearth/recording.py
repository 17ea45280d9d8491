"""A pytest plugin that writes down which functions of Earth Engine took part in passing tests.

`scripts/docs` runs it: `pytest -p tests.localearth.recording`. Functions that Local Earth calls
while it answers a documented expression are "documented", those of other tests "reference".
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.localearth.context import Context

TARGET = Path(__file__).with_name("exercised.json")
_found: dict[str, set[str]] = {"documented": set(), "reference": set()}
_called: set[str] = set()


def pytest_configure() -> None:
    original = Context.invoke

    def invoke(self: Context, entry: Any, given: Any) -> Any:
        _called.add(entry.signature.name)
        return original(self, entry, given)

    Context.invoke = invoke  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    _called.clear()
    yield  # a test that fails raises here
    _found["documented" if "test_conformance" in item.nodeid else "reference"].update(_called)


def pytest_sessionfinish(exitstatus: int) -> None:
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and _found["documented"]:
        text = json.dumps({key: sorted(names) for key, names in _found.items()}, indent=0)
        TARGET.write_text(text + "\n")
