"""Functions of numbers, strings, lists, dictionaries, dates, arrays, kernels and projections.

Answers that the documents print are in `test_conformance`; here stand those that it lacks.
"""

from typing import Any

import pytest

from lib.localearth.context import Context
from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.evaluator import evaluate
from lib.localearth.functions import load_all
from tests.localearth.graphs import array, call, expression, function, reference

load_all()


def ask(node: Any, **values: Any) -> Any:
    return encode(evaluate(expression(node, **values), Context(lambda asset: None)))


def date(text: str) -> Any:
    return call("Date", value=text)


CASES = {
    # The API reference's list of operators, by hand where nothing is printed
    "add keeps integers": (call("Number.add", left=2**53, right=1), 2**53 + 1),
    "divide by zero": (call("Number.divide", left=1, right=0), 0),
    "cast clamps": (call("Number.toInt8", input=300), 127),
    "cast truncates": (call("Number.toInt8", input=-2.9), -2),
    "clamp": (call("Number.clamp", number=7, min=0, max=5), 5),
    "unitScale of nothing": (call("Number.unitScale", number=7, min=5, max=5), 0),
    "format half up": (call("Number.format", number=0.125, pattern="%.2f"), "0.13"),
    "format sign and comma": (call("Number.format", number=12345.5, pattern="%+,.1f"), "+12,345.5"),
    "format text around": (call("Number.format", number=5, pattern="%03d %%"), "005 %"),
    "expression floors integers": (
        call("Number.expression", expression="7 / 2 + x.y", vars={"x": {"y": 1}}),
        4,
    ),
    "expression minus name": (call("Number.expression", expression="-a ** 2", vars={"a": 3}), -9),
    "string of float": (call("String", input=1.5), "1.5"),
    "split keeps leading": (call("String.split", string=",a,,", regex=","), ["", "a"]),
    "replace group": (
        call("String.replace", input="a1b2", regex="([0-9])", replacement="<$1>", flags="g"),
        "a<1>b<2>",
    ),
    "posix class": (call("String.match", input="ab 12", regex="[[:digit:]]+"), ["12"]),
    "encodeJSON": (
        call("String.encodeJSON", object={"b": 1, "a": [None, "x"]}),
        '{"a":[null,"x"],"b":1}',
    ),
    "list get from the end": (call("List.get", list=[1, 2, 3], index=-1), 3),
    "list equality across number types": (call("List.contains", list=[1, 2], element=1.0), True),
    "list flatten": (call("List.flatten", list=[1, [2, [3, []]]]), [1, 2, 3]),
    "list rotate": (call("List.rotate", list=[1, 2, 3, 4], distance=1), [2, 3, 4, 1]),
    "list sort by keys": (call("List.sort", list=["a", "b", "c"], keys=[3, 1, 2]), ["b", "c", "a"]),
    "list zip": (call("List.zip", list=[1, 2, 3], other=["a", "b"]), [[1, "a"], [2, "b"]]),
    "list splice": (
        call("List.splice", list=[0, 1, 2, 3], start=1, count=2, other=["x"]),
        [0, "x", 3],
    ),
    "sequence by count": (call("List.sequence", start=0, end=10, count=3), [0, 5, 10]),
    "sequence downwards": (call("List.sequence", start=3, end=1, step=-1), [3, 2, 1]),
    "dictionary from pairs": (call("Dictionary", input=["a", 1, "b", 2]), {"a": 1, "b": 2}),
    "dictionary select by pattern": (
        call("Dictionary.select", dictionary={"b1": 1, "b2": 2, "c": 3}, selectors=["b.*"]),
        {"b1": 1, "b2": 2},
    ),
    "dictionary values by key": (call("Dictionary.values", dictionary={"b": 1, "a": 2}), [2, 1]),
    "dictionary get default": (call("Dictionary.get", dictionary={}, key="a", defaultValue=4), 4),
    "date in a zone": (
        call("Date.millis", date=call("Date", value="2020", timeZone="US/Mountain")),
        1577862000000,
    ),
    "date month end": (
        call(
            "Date.format",
            date=call("Date.advance", date=date("2020-01-31"), delta=1, unit="months"),
        ),
        "2020-02-29T00:00:00",
    ),
    "date over summer time": (
        call(
            "Date.millis",
            date=call(
                "Date.advance",
                date=call("Date", value="2020-03-29", timeZone="Europe/Berlin"),
                delta=1,
                unit="day",
                timeZone="Europe/Berlin",
            ),
        ),
        1585436400000 + 23 * 3600000,
    ),
    "date week": (call("Date.get", date=date("2021-01-03"), unit="week"), 53),
    "date fraction": (call("Date.getFraction", date=date("2020-01-01T12:00"), unit="day"), 0.5),
    "date week starts on monday": (
        call(
            "Date.format",
            date=call(
                "DateRange.start",
                dateRange=call("Date.getRange", date=date("2020-01-01"), unit="week"),
            ),
        ),
        "2019-12-30T00:00:00",
    ),
    "date pattern": (
        call(
            "Date.format",
            date=date("2020-07-04T15:04:05.678"),
            format="E d MMM yy h:mm:ss.SSS a 'at' DDD",
        ),
        "Sat 4 Jul 20 3:04:05.678 PM at 186",
    ),
    "date parse": (
        call(
            "Date.millis", date=call("Date.parse", format="yyyyMMdd'T'HHmm", date="20200102T0304")
        ),
        1577934240000,
    ),
    "date unit larger": (
        call("Date.getRelative", date=date("2020-05-05"), unit="year", inUnit="month"),
        0,
    ),
    "range intersects": (
        call(
            "DateRange.intersects",
            dateRange=call("DateRange", start="2020", end="2021"),
            other=call("DateRange", start="2021", end="2022"),
        ),
        False,
    ),
    "array type": (
        call("Array.get", array=call("Array.divide", left=[3, 4], right=2), position=[0]),
        1.5,
    ),
    "array pseudo inverse": (
        call("Array.matrixSolve", left=[[1, 0], [0, 1], [1, 1]], right=[[1], [2], [3]]),
        [[pytest.approx(1)], [pytest.approx(2)]],
    ),
    "array pad": (call("Array.pad", array=[[1, 2]], lengths=[2, 3], pad=9), [[1, 2, 9], [9, 9, 9]]),
    "array project": (call("Array.project", array=[[[1], [2]]], axes=[1]), [1, 2]),
    "array sort by keys": (
        call("Array.sort", array=[[1, 2], [3, 4]], keys=[[2], [1]]),
        [[3, 4], [1, 2]],
    ),
    "projection scaled": (
        call(
            "Projection.scale",
            projection=call("Projection", crs="EPSG:32632", transform=[30, 0, 5, 0, -30, 7]),
            x=2,
            y=3,
        ),
        {"type": "Projection", "crs": "EPSG:32632", "transform": [60, 0, 5, 0, -90, 7]},
    ),
    "projection of known wkt": (
        call(
            "Projection.crs",
            projection=call("Projection", crs=call("Projection.wkt", projection="EPSG:27572")),
        ),
        "EPSG:27572",
    ),
    "error margin": (
        call("ErrorMargin", value=-1),
        {"type": "ErrorMargin", "unit": "meters", "value": 1},
    ),
    "f-score": (
        call(
            "ConfusionMatrix.fscore",
            confusionMatrix=call("ConfusionMatrix", array=[[2, 0], [2, 0]]),
        ),
        [pytest.approx(2 / 3), 0],
    ),
    "if of an empty list": (call("If", condition=[], trueCase=1, falseCase=2), 2),
    "object type": (call("ObjectType", value="a"), "String"),
}


@pytest.mark.parametrize(("node", "expected"), CASES.values(), ids=CASES)
def test_function_when_called_answers(node, expected):
    assert ask(node) == expected


ERRORS = {
    "missing key": (
        call("Dictionary.get", dictionary={"a": 1}, key="x"),
        r"Dictionary\.get: Dictionary does not contain key: 'x'\.",
    ),
    "index": (call("List.get", list=[1], index=1), r"between 0 and 0, or -1 and -1\. Found 1"),
    "date": (call("Date", value="yesterday"), "Invalid date string 'yesterday'"),
    "zone": (call("Date", value="2020", timeZone="Moon/Base"), "Unknown time zone 'Moon/Base'"),
    "unit": (
        call("Date.advance", date=0, delta=1, unit="fortnight"),
        "Unknown unit 'fortnight'.*year",
    ),
    "pattern letter": (call("Date.format", date=0, format="Q"), "Illegal pattern component: Q"),
    "ragged array": (call("Array", values=[[1], [1, 2]]), "rectangular"),
    "empty array": (call("Array", values=[]), "pixel type is required"),
    "shapes": (call("Array.add", left=[1, 2], right=[1, 2, 3]), r"Got \[2\] and \[3\]"),
    "singular": (call("Array.matrixInverse", input=[[1, 1], [1, 1]]), "singular"),
    "number text": (call("Number.parse", input="1x"), "Failed to parse number '1x'"),
    "regex": (call("String.match", input="a", regex="("), r"Invalid regular expression '\('"),
    "kernel units": (
        call("Kernel.square", radius=1, units="feet"),
        "Expected 'pixels' or 'meters'",
    ),
    "odd coordinates": (
        call("GeometryConstructors.LineString", coordinates=[1, 2, 3]),
        "3 numbers",
    ),
    "two points": (
        call("GeometryConstructors.Polygon", coordinates=[[[0, 0], [1, 1]]]),
        "at least 3 points",
    ),
    "empty dates": (
        call(
            "Filter.dateRangeContains",
            leftValue=call("DateRange", start="2020", end="2019"),
            rightField="system:time_start",
        ),
        "Empty date ranges not supported",
    ),
}


@pytest.mark.parametrize(("node", "message"), ERRORS.values(), ids=ERRORS)
def test_function_when_arguments_are_wrong_says_what_came(node, message):
    with pytest.raises(EarthError, match=message):
        ask(node)


def features(*rows: dict[str, Any]) -> Any:
    return call("Collection", features=array(*(call("Feature", metadata=row) for row in rows)))


ROWS = features({"a": 3, "k": "x"}, {"a": 1, "k": "y"}, {"k": "x"}, {"a": 2, "k": "x"})


def column(collection: Any, name: str) -> Any:
    return call("AggregateFeatureCollection.array", collection=collection, property=name)


def test_limit_when_sorted_downwards_puts_elements_without_the_key_last():
    ordered = call("Collection.limit", collection=ROWS, key="a", ascending=False)

    assert ask(column(ordered, "system:index")) == ["0", "3", "1", "2"]


def test_reduce_columns_when_grouped_gives_one_table_a_group():
    reducer = call("Reducer.group", reducer=call("Reducer.mean"), groupField=1, groupName="k")

    groups = ask(
        call("Collection.reduceColumns", collection=ROWS, reducer=reducer, selectors=["a", "k"])
    )

    assert groups == {"groups": [{"k": "x", "mean": 2.5}, {"k": "y", "mean": 1}]}


def test_reduce_columns_when_there_are_too_many_selectors_names_the_reducer():
    with pytest.raises(
        EarthError, match=r"Collection\.reduceColumns: Need 1 inputs for Reducer\.mean, got 2"
    ):
        ask(
            call(
                "Collection.reduceColumns",
                collection=ROWS,
                reducer=call("Reducer.mean"),
                selectors=["a", "k"],
            )
        )


def test_distinct_when_elements_share_a_value_keeps_the_first():
    assert ask(
        column(call("Collection.distinct", collection=ROWS, properties="k"), "system:index")
    ) == ["0", "1"]


def test_random_column_when_asked_again_depends_on_seed_and_index_only():
    def drawn(seed: int, rows: Any = ROWS) -> Any:
        return ask(column(call("Collection.randomColumn", collection=rows, seed=seed), "random"))

    alone = call("Collection.filter", collection=ROWS, filter="k == 'y'")
    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1, alone) == drawn(1)[1:2]
    assert all(0 <= value < 1 for value in drawn(7))


def test_flatten_when_collections_are_nested_joins_indices():
    nested = call(
        "Collection", features=array(ROWS, call("Collection.limit", collection=ROWS, limit=1))
    )

    assert ask(column(call("Collection.flatten", collection=nested), "system:index")) == [
        "0_0",
        "0_1",
        "0_2",
        "0_3",
        "1_0",
    ]


def test_map_when_the_function_fails_names_the_element():
    body = call("Element.set", object={"argumentReference": "f"}, key="b", value=reference("sum"))
    failing = call(
        "Number.add",
        left=call("Element.get", object={"argumentReference": "f"}, property="a"),
        right=1,
    )
    graph = call(
        "Collection.size",
        collection=call("Collection.map", collection=ROWS, baseAlgorithm=function("body", "f")),
    )

    with pytest.raises(
        EarthError, match=r"Error in map\(ID=2\):\nNumber\.add: Parameter 'left' is required"
    ):
        ask(graph, body=body, sum=failing)


def test_error_matrix_when_an_order_is_given_counts_only_its_values():
    pairs = features({"a": 1, "p": 1}, {"a": 1, "p": 3}, {"a": 3, "p": 3}, {"a": 2, "p": 2})

    assert ask(
        call("Collection.errorMatrix", collection=pairs, actual="a", predicted="p", order=[3, 1])
    ) == [
        [1, 0],
        [1, 1],
    ]


def test_save_best_when_several_match_keeps_the_nearest_with_its_measure():
    near = call("Filter.maxDifference", difference=5, leftField="a", rightField="a")
    joined = call(
        "Join.apply",
        join=call("Join.saveBest", matchKey="best", measureKey="apart"),
        primary=features({"a": 10}),
        secondary=features({"a": 6}, {"a": 12}, {"a": 30}),
        condition=near,
    )

    best = ask(call("Collection.first", collection=joined))["properties"]["best"]

    assert best["properties"] == {"a": 12, "apart": 2}


def test_inner_join_when_values_are_equal_across_number_types_pairs_them_in_order():
    same = call("Filter.equals", leftField="a", rightField="b")
    joined = call(
        "Join.apply",
        join=call("Join.inner"),
        primary=features({"a": 1}, {"a": "x"}, {"c": 0}),
        secondary=features({"b": "x"}, {"b": 1.0}, {"b": 1}, {"c": 2}),
        condition=same,
    )

    # The third has no `a` and the fourth no `b`: null equals null, as `eq(p, null)` does
    assert ask(column(joined, "system:index")) == ["0_1", "0_2", "1_0", "2_3"]


def test_copy_properties_when_none_are_named_leaves_those_of_the_system():
    source = call("Feature", metadata={"a": 1, "b": 2, "system:time_start": 5})

    copied = ask(
        call("Element.copyProperties", destination=call("Feature"), source=source, exclude=["b"])
    )

    assert copied["properties"] == {"a": 1}


def test_rectangle_when_it_has_a_pixel_projection_counts_in_pixels():
    projection = call("Projection", crs="EPSG:32632", transform=[30, 0, 500000, 0, -30, 5000000])
    square = call(
        "GeometryConstructors.Rectangle", coordinates=[0, 0, 10, 10], crs=projection, geodesic=False
    )

    assert ask(call("Geometry.area", geometry=square, proj="EPSG:32632")) == pytest.approx(300**2)


def test_feature_buffer_when_measured_keeps_properties():
    point = call(
        "Feature",
        geometry=call("GeometryConstructors.Point", coordinates=[9, 48]),
        metadata={"a": 1},
    )

    grown = ask(call("Feature.buffer", feature=point, distance=1000, maxError=1))

    assert (grown["geometry"]["type"], grown["properties"]) == ("Polygon", {"a": 1})


def test_kernel_when_in_metres_resizes_with_the_pixels():
    kernel = evaluate(
        expression(call("Kernel.circle", radius=30, units="meters", normalize=False)),
        Context(lambda asset: None),
    )

    assert kernel.at(10.0).weights.sum() == 29  # the documented circle(3) has 29 cells
    assert kernel.at(20.0).weights.shape == (3, 3)


def test_kernel_when_rotated_turns_clockwise_and_takes_its_focus_along():
    # ee_kernel_rotate of the API reference: sobel turned once
    turned = ask(call("Kernel.rotate", kernel=call("Kernel.sobel"), rotations=1))
    off = ask(
        call(
            "Kernel.rotate", kernel=call("Kernel.fixed", weights=[[1, 2, 3]], x=0, y=0), rotations=1
        )
    )

    assert turned["weights"] == "\n  [-1.0, -2.0, -1.0]\n  [0.0, 0.0, 0.0]\n  [1.0, 2.0, 1.0]\n"
    assert off["center"] == [0, 0]


def test_kernel_when_normalised_with_negative_weights_sums_to_zero():
    kernel = evaluate(
        expression(call("Kernel.fixed", weights=[[1, 2], [-9, 4]], normalize=True)),
        Context(lambda asset: None),
    )

    assert kernel.weights.sum() == pytest.approx(0)
