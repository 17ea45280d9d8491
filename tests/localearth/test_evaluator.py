"""Expressions become values: constants, calls, functions and references."""

import pytest

from lib.localearth.context import Context
from lib.localearth.errors import EarthError, NotImplementedHere
from lib.localearth.evaluator import evaluate
from lib.localearth.functions import load_all
from tests.localearth.graphs import argument, array, call, expression, function, reference


@pytest.fixture
def context() -> Context:
    load_all()
    return Context(open_asset=lambda _: None)


CASES = {
    "constant": (expression({"constantValue": [1, "a", None]}), [1, "a", None]),
    "large integer": (expression({"integerValue": "9007199254740993"}), 9007199254740993),
    "list of nodes": (expression(array(1, call("Number.add", left=1, right=2))), [1, 3]),
    "dictionary of nodes": (
        expression({"dictionaryValue": {"values": {"a": {"constantValue": 5}}}}),
        {"a": 5},
    ),
    "reference": (expression(reference("x"), x={"constantValue": 7}), 7),
    "nested call": (
        expression(call("Number.add", left=call("Number.add", left=1, right=2), right=3)),
        6,
    ),
    "mapped function": (
        expression(
            call("List.map", list=[1, 2, 3], baseAlgorithm=function("body", "x")),
            body=call("Number.add", left=argument("x"), right=10),
        ),
        [11, 12, 13],
    ),
}


@pytest.mark.parametrize(("graph", "expected"), CASES.values(), ids=CASES)
def test_evaluate_when_graph_is_sound_gives_its_value(graph, expected, context):
    assert evaluate(graph, context) == expected


def test_evaluate_when_functions_are_nested_sees_arguments_of_both(context):
    inner = call("Number.add", left=argument("outer"), right=argument("inner"))
    middle = call("List.map", list=[10, 20], baseAlgorithm=function("inner_body", "inner"))
    graph = expression(
        call("List.map", list=[1, 2], baseAlgorithm=function("middle", "outer")),
        middle=middle,
        inner_body=inner,
    )

    assert evaluate(graph, context) == [[11, 21], [12, 22]]


def test_evaluate_when_value_is_shared_computes_it_once(context, monkeypatch):
    calls = []
    original = Context.invoke

    def counting(self, entry, given):
        calls.append(entry.signature.name)
        return original(self, entry, given)

    monkeypatch.setattr(Context, "invoke", counting)
    shared = call("Number.add", left=1, right=1)
    body = call("Number.multiply", left=reference("shared"), right=argument("x"))
    graph = expression(
        call("List.map", list=[1, 2, 3], baseAlgorithm=function("body", "x")),
        shared=shared,
        body=body,
    )

    assert evaluate(graph, context) == [2, 4, 6]
    assert calls.count("Number.add") == 1
    assert calls.count("Number.multiply") == 3


def test_evaluate_when_chain_is_2000_deep_answers(context):
    values = {"v0": {"constantValue": 0}}
    for step in range(1, 2001):
        values[f"v{step}"] = call("Number.add", left=reference(f"v{step - 1}"), right=1)

    assert evaluate({"result": "v2000", "values": values}, context) == 2000


REFUSED = {
    "unknown function": (
        expression(call("Image.frobnicate")),
        "Unrecognized function name: 'Image.frobnicate'",
    ),
    "unknown argument": (
        expression(call("Number.add", left=1, right=2, extra=3)),
        "Number.add: Unrecognized argument name: 'extra'",
    ),
    "missing argument": (
        expression(call("Number.add", left=1)),
        r"Number.add: Parameter 'right' is required and may not be null\.",
    ),
    "null argument": (
        expression(call("Number.add", left=1, right=None)),
        r"Number.add: Parameter 'right' is required and may not be null\.",
    ),
    "wrong type": (
        expression(call("Number.add", left=1, right="two")),
        r"Number.add, argument 'right': Invalid.*\nExpected type: Number.\nActual type: String\.",
    ),
    "missing value": (expression(reference("nowhere")), "there is no value 'nowhere'"),
    "cycle": (
        expression(call("Number.add", left=reference("0"), right=1)),
        "refers to itself",
    ),
    "bare cycle": (expression(reference("0")), "refers to itself"),
    "unbound argument": (expression(argument("x")), "argument 'x' is not bound"),
    "unknown node": (expression({"oddValue": 1}), "unknown kind of value"),
    "no values": ({"result": "0"}, "needs 'result' and 'values'"),
    "missing asset": (
        expression(call("Image.load", id="projects/x/assets/y")),
        r"Image.load: Image asset 'projects/x/assets/y' not found \(does not exist or caller",
    ),
}


@pytest.mark.parametrize(("graph", "message"), REFUSED.values(), ids=REFUSED)
def test_evaluate_when_graph_is_wrong_says_why(graph, message, context):
    with pytest.raises(EarthError, match=message):
        evaluate(graph, context)


def test_evaluate_when_function_is_not_implemented_names_it(context):
    with pytest.raises(NotImplementedHere, match=r"not implement Image.cumulativeCost.*of 991"):
        evaluate(expression(call("Image.cumulativeCost", cost=1)), context)


def test_evaluate_when_mapped_function_fails_names_the_element(context):
    """The two lines are Earth Engine's: kaust-halo/geeet issue 26."""
    features = array(call("Feature", geometry=None, metadata={"system:index": "f7"}))
    graph = expression(
        call(
            "Collection.size",
            collection=call(
                "Collection.map",
                collection=call("Collection", features=features),
                baseAlgorithm=function("body", "f"),
            ),
        ),
        body=call("Number.add", left=1, right="two"),
    )

    with pytest.raises(EarthError, match=r"Error in map\(ID=f7\):\nNumber.add, argument 'right'"):
        evaluate(graph, context)


def test_load_when_planet_and_own_data_meet_refuses_with_the_reason():
    from lib.localearth.context import OpenedAsset
    from lib.localearth.raster.image import Image

    load_all()
    mixed = Context(open_asset=lambda name: OpenedAsset(Image(()), simulated=name == "PLANET"))
    mixed.load("PLANET")

    with pytest.raises(EarthError, match=r"cannot be used together, because the planet is not the"):
        mixed.load("projects/local/assets/mine")
