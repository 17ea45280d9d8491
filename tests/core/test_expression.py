"""Expressions are plain data with a size."""

from lib.core.expression import Expression


def test_an_expression_survives_the_way_through_json_and_knows_its_size():
    expression = Expression({"result": "0", "values": {"0": {"constantValue": "ü"}}})

    text = expression.to_json()

    assert text == '{"result":"0","values":{"0":{"constantValue":"\\u00fc"}}}'
    assert expression.size_bytes == len(text)
    assert Expression.from_json(text) == expression
