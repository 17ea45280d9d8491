"""What an expression reads is told without evaluating it."""

from lib.localearth.reads import assets_read
from tests.localearth.graphs import array, call, expression, function, reference


def test_assets_read_when_ids_are_anywhere_finds_them_all():
    graph = expression(
        call("Image.cat", images=array(call("Image.load", id="A"), reference("two"))),
        two=call("Collection.map", collection=reference("three"), baseAlgorithm=function("f", "x")),
        three=call("ImageCollection.load", id=reference("name")),
        name={"constantValue": "B/C"},
        f=call("Image.clip", geometry=call("Collection.loadTable", tableId="T")),
    )

    assert assets_read(graph) == {"A", "B/C", "T"}


def test_assets_read_when_a_constant_only_looks_like_a_call_ignores_it():
    inert = {"functionInvocationValue": {"functionName": "Image.load"}}

    assert assets_read(expression({"constantValue": inert})) == set()
