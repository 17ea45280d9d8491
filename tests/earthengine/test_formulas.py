import math

import ee
import numpy as np
import pytest

from lib.core.errors import PlanError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import FormulaPlan, ImageryPlan
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import local
from lib.earthengine.formulas import CONSTANTS, FUNCTIONS, formula_image, names_in
from lib.earthengine.graphs import to_expression
from lib.earthengine.imagery import predictors
from lib.earthengine.pixels import fetch
from tests.earthengine.observed import PLACE, SUMMER, predicted

PIXEL = Grid("EPSG:32633", (10, 0, 3e5, 0, -10, 5e6), (1, 1))
VALUES = {"a": 0.3, "b": -0.2, "s1_VV": 7.0}


def value(text: str) -> float:
    @with_connection
    def image(connection: Connection) -> Expression:
        bands = {name: ee.Image.constant(number) for name, number in VALUES.items()}
        return to_expression(formula_image(FormulaPlan("mine", text), bands))

    values, _ = fetch(local(), image(local()), PIXEL, ["mine"], dtype=np.float64)
    return float(values[0, 0, 0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a - b) / (a + b)", 0.5 / 0.1),
        ("1/2 * s1_VV", 3.5),
        ("2 ** 3 ** 2 % 100", 512 % 100),
        ("-a ** 2", -0.09),
        ("a > 0 && b > 0 ? 1 : sqrt(abs(b))", math.sqrt(0.2)),
        ("!(a == 0.3) || s1_VV >= 7", 1),
        ("max(a, min(b, 1e3)) + hypot(3, 4)", 5.3),
        ("sin(PI / 2) + log(E)", 2),
        (".5 + 1.5E-1", 0.65),
    ],
)
def test_formula_gives_the_value_of_its_arithmetic(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected)


@pytest.mark.parametrize("function", [name for name, count in FUNCTIONS.items() if count == 1])
def test_function_of_one_value_is_that_of_the_math_library(function: str) -> None:
    known = {"abs": abs, "round": round}

    expected = known.get(function) or getattr(math, function)

    assert value(f"{function}(a)") == pytest.approx(expected(0.3))


def test_names_of_a_formula_are_told_in_order_without_constants() -> None:
    assert names_in(FormulaPlan("x", "b + sqrt(PI * a) - b * E")) == ("b", "a")
    assert CONSTANTS == ("PI", "E")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it ends before it is complete"),
        ("a +", "it ends before it is complete"),
        ("(a", "it ends before it is complete"),
        ("a b", "it has “b” at character 3"),
        ("a + ; b", "it has “;” at character 5"),
        ("a ^ b", "it has “\\^” at character 3"),
        ("a.b", "it has “.” at character 2"),
        ("__import__('os')", "it has “'” at character 12"),
        ("__import__(a)", "calls “__import__” at character 1, which is no function"),
        ("a + exec(b)", "calls “exec” at character 5, which is no function"),
        ("min(a)", "it has “\\)” at character 6"),
        ("a ? b", "it ends before it is complete"),
        ("[x for x in a]", "it has “\\[” at character 1"),
        ("a = 1", "it has “=” at character 3"),
        ("ä * 2", "it has “ä” at character 1"),
        ("(" * 70 + "a" + ")" * 70, "more than 60 brackets"),
    ],
)
def test_formula_that_cannot_be_read_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(PlanError, match=message) as caught:
        names_in(FormulaPlan("mine", text))
    assert caught.value.field == "formulas"


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-b", "ä"])
def test_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match="cannot be the name of a predictor"):
        names_in(FormulaPlan(name, "a"))


def test_formulas_follow_the_predictors_and_may_use_bands_and_earlier_formulas() -> None:
    plan = ImageryPlan(
        bands=("B4", "B8"),
        indices=("NDVI",),
        formulas=(FormulaPlan("ratio", "B11 / B8"), FormulaPlan("both", "ratio * NDVI")),
        **SUMMER,
    )
    with_band = ImageryPlan(bands=("B8", "B11"), indices=(), **SUMMER)

    values, valid = predicted(plan)
    (nir, swir), _ = predicted(with_band)[0].transpose(2, 0, 1), None

    assert valid.all()
    assert np.allclose(values[..., 3], swir / nir, atol=1e-5)
    assert np.allclose(values[..., 4], swir / nir * values[..., 2], atol=1e-5)


def test_formula_of_an_unknown_name_is_refused_with_those_it_may_use() -> None:
    plan = ImageryPlan(
        bands=("B4",), indices=(), formulas=(FormulaPlan("mine", "B4 / B99"),), **SUMMER
    )

    with pytest.raises(PlanError, match="“mine” uses “B99”") as caught:
        predictors(local(), plan, PLACE)
    assert caught.value.hint == "It may use B4."
