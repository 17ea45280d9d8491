import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("lib/earthengine", "lib/deploy")
# These only read a connection's fields.
SEND_NOTHING = {
    "asset_id", "import_into", "plan_is_simulated", "refuse_table", "secret_of", "with_connection",
}  # fmt: skip
SENDERS = {"getInfo", "post", "value_of", "rows_of", "map_requests", "fetch", "make_map", "send"}
# These are spoken to inside of a function with_connection, and say so.
INNER = {"post", "get", "current", "value_of", "rows_of", "rows_of_graph", "compute_block"}


def modules() -> list[str]:
    files = sorted(file for part in PARTS for file in (ROOT / part).rglob("*.py"))
    names = (file.relative_to(ROOT).with_suffix("").as_posix() for file in files)
    return [name.replace("/", ".").removesuffix(".__init__") for name in names]


def public_functions() -> Iterator[tuple[str, Any]]:
    for name in modules():
        module = importlib.import_module(name)
        for key, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == name and key[0] != "_":
                yield f"{name}.{key}", value


FUNCTIONS = dict(public_functions())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_that_takes_a_connection_takes_it_first_and_is_decorated(name: str) -> None:
    function = FUNCTIONS[name]
    parameters = list(inspect.signature(function).parameters)

    if "connection" in parameters and function.__name__ not in SEND_NOTHING:
        assert parameters[0] == "connection"
        assert hasattr(function, "__takes_connection__"), f"{name} lacks @with_connection"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_that_sends_a_request_takes_a_connection(name: str) -> None:
    function = FUNCTIONS[name]
    source = inspect.getsource(inspect.unwrap(function))
    called = {
        node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
    }

    if called & SENDERS and function.__name__ not in INNER:
        assert hasattr(function, "__takes_connection__"), f"{name} sends, and lacks a connection"


def test_list_of_functions_is_not_empty() -> None:
    decorated = {name for name, f in FUNCTIONS.items() if hasattr(f, "__takes_connection__")}

    assert {
        "lib.earthengine.imagery.predictors",
        "lib.earthengine.sampling.draw",
        "lib.earthengine.pixels.fetch",
        "lib.deploy.native.compile.compile_network",
        "lib.deploy.parity.check",
    } <= decorated
