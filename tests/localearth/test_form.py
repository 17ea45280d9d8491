"""Expressions of a wrong form are refused before anything is evaluated."""

import pytest

from lib.localearth.errors import EarthError
from lib.localearth.form import check_form
from tests.localearth.graphs import array, call, expression, function, reference

MALFORMED = {
    "no object": ([], "needs 'result' and 'values'"),
    "values that are a list": ({"result": "0", "values": []}, "needs 'result' and 'values'"),
    "result that is nowhere": ({"result": "7", "values": {}}, "there is no value '7'"),
    "result that is a number": ({"result": 0, "values": {}}, "there is no value '0'"),
    "node that is a text": ({"result": "0", "values": {"0": "x"}}, "unknown kind of value x"),
    "node of two kinds": (
        {"result": "0", "values": {"0": {"constantValue": 1, "integerValue": "1"}}},
        "unknown kind of value",
    ),
    "integer of letters": (expression({"integerValue": "x"}), "malformed integerValue x"),
    "integer of 400 digits": (expression({"integerValue": "9" * 400}), "malformed integerValue"),
    "bytes that are not base64": (expression({"bytesValue": "abc"}), "malformed bytesValue"),
    "array of nothing": (expression({"arrayValue": None}), "malformed arrayValue None"),
    "call of a list": (
        expression({"functionInvocationValue": {"functionName": ["x"]}}),
        "malformed functionInvocationValue",
    ),
    "function without body": (
        expression({"functionDefinitionValue": {"argumentNames": []}}),
        "malformed functionDefinitionValue",
    ),
    "cycle through a function": (
        {"result": "0", "values": {"0": function("1", "x"), "1": array(reference("0"))}},
        "value '0' refers to itself",
    ),
    "broken part that nothing uses": (
        expression(call("Number.abs", input=1), unused={"oddValue": 1}),
        "unknown kind of value",
    ),
}


@pytest.mark.parametrize(("graph", "message"), MALFORMED.values(), ids=MALFORMED)
def test_check_form_when_malformed_says_where(graph, message):
    with pytest.raises(EarthError, match=message):
        check_form(graph)


def test_check_form_when_a_value_is_used_twice_passes():
    check_form(expression(array(reference("a"), reference("a")), a={"constantValue": {"x": 1}}))


def test_check_form_when_50_000_deep_does_not_recurse():
    values = {str(n): array(reference(str(n + 1))) for n in range(50_000)}

    check_form({"result": "0", "values": values | {"50000": {"constantValue": 1}}})
