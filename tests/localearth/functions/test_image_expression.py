"""The language of Image.expression (semantics 3.4)."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.functions.expression_parser import parse


def _run(lab: Any, text: str, image: Any = None, **images: Any) -> Any:
    names = ["DEFAULT_EXPRESSION_IMAGE", *images]
    function = lab.call("Image.parseExpression", text, "DEFAULT_EXPRESSION_IMAGE", names)
    return function(image, *images.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 / 20", 0),  # 3.4: floor division of integers
        ("10 * 1.0 / 20", 0.5),
        ("7 / 0", 0),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("7 % 4 - 1", 2),
        ("1 < 2 && 3 >= 3", 1),
        ("0 || 5", 1),
        ("1 ^ 1", 0),  # exclusive or
        ("!3", 0),
        ("1 == 1 ? 10 : 20", 10),
        ("0 ? 1 : 0 ? 2 : 3", 3),
        ("sqrt(pow(3, 2) + 16)", 5.0),
        ("max(1, min(9, 4), 3)", 4),
        ("1.5e1 + .5", 15.5),
        ("round(2.5) + floor(-0.5)", 2.0),
        ("2 * -3", -6),
    ],
)
def test_expression_of_numbers_gives_its_value(lab: Any, text: str, expected: float) -> None:
    assert lab.row(_run(lab, text), lab.grid(1)) == [pytest.approx(expected, rel=1e-6)]


def test_bands_when_named_in_every_way_are_found(lab: Any) -> None:
    image = lab.image([[1]], [[10]], [[100]], names=["a", "b", "c"])

    assert lab.values(_run(lab, "b('c') + b(1) + b(\"a\")", image)) == {"c": [[111]]}
    assert lab.values(_run(lab, "x.c + x[1] + x['a']", x=image)) == {"c": [[111]]}
    assert _run(lab, "b() * 2", image).names == ("a", "b", "c")
    assert _run(lab, "b(2, 'a')", image).names == ("c", "a")


def test_assignment_when_given_names_the_result(lab: Any) -> None:
    image = lab.image([[3]], [[4]], names=["a", "b"])

    assert lab.values(_run(lab, "c = sqrt(i.a ** 2 + i.b ** 2)", i=image)) == {"c": [[5.0]]}


def test_vegetation_index_when_scaled_equals_numpys(lab: Any) -> None:
    rng = np.random.default_rng(0)
    nir, red, blue = rng.random((3, 4, 5)).astype(np.float32)
    bands = {n: lab.image(v) for n, v in {"NIR": nir, "RED": red, "BLUE": blue}.items()}

    image = _run(lab, "2.5 * (NIR - RED) / (NIR + 6 * RED - 7.5 * BLUE + 1)", **bands)

    expected = 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)
    found = lab.planes(image, lab.grid(5, 4))["constant"].data
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_integer_bands_when_divided_are_floored(lab: Any) -> None:
    image = lab.image(np.array([[7, 20]], np.uint16), np.array([[2, 0]], np.uint16))

    assert lab.row(_run(lab, "b(0) / b(1)", image)) == [3, 0]
    assert lab.row(lab.call("Image.divide", image, 2)) == [3.5, 10.0]


def test_ternary_when_an_unused_branch_is_masked_is_masked(lab: Any) -> None:
    image = lab.image([[1, 1]], masks=[np.array([True, False])])

    assert lab.row(_run(lab, "1 ? 5 : x", x=image), lab.grid(2)) == [5, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 +", "unexpected the end"),
        ("(1", "unexpected the end"),
        ("1 $ 2", "unexpected"),
        ("1 2", "unexpected '2'"),
        ("a @ b", "unexpected '@'"),
    ],
)
def test_expression_when_malformed_tells_where(text: str, message: str) -> None:
    with pytest.raises(EarthError, match=message):
        parse(text)


def test_expression_when_a_name_is_unknown_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="no variable 'y'"):
        _run(lab, "x + y", x=1)
    with pytest.raises(EarthError, match="Unknown function 'eval' with 1 arguments"):
        _run(lab, "eval(x)", x=1)
