"""Linear algebra of arrays and of array images. Source of truth: NumPy and the definitions."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.values import Array

SQUARE = [[4.0, 1.0, -2.0], [1.0, 5.0, 0.5], [-2.0, 0.5, 6.0]]  # symmetric, positive-definite
GENERAL = [[2.0, -1.0, 0.5], [4.0, 3.0, -2.0], [1.0, 0.0, 7.0]]
TALL = [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]
COLUMN = [[3.0], [1.0], [2.0]]

CASES: dict[str, tuple[Any, Any]] = {
    # det by the rule of Sarrus: 2*3*7 + (-1)(-2)1 + 0 - 0.5*3*1 - 0 - (-1)*4*7
    "matrixDeterminant": (GENERAL, 2 * 3 * 7 + 2 - 1.5 + 28),
    "matrixTrace": (GENERAL, 2 + 3 + 7),
    "matrixFnorm": (TALL, np.sqrt(1 + 4 + 9 + 16 + 25 + 49)),
    "matrixDiagonal": (GENERAL, [[2], [3], [7]]),
    "matrixToDiag": (COLUMN, [[3, 0, 0], [0, 1, 0], [0, 0, 2]]),
    "matrixInverse": (GENERAL, np.linalg.inv(GENERAL)),
    "matrixPseudoInverse": (TALL, np.linalg.inv(np.array(TALL).T @ TALL) @ np.array(TALL).T),
    "matrixTranspose": (TALL, np.transpose(TALL)),
}
PRODUCTS: dict[str, tuple[Any, Any, Any]] = {
    "matrixMultiply": (TALL, SQUARE[:2], np.einsum("ij,jk", TALL, SQUARE[:2])),
    "matrixSolve": (GENERAL, COLUMN, np.linalg.inv(GENERAL) @ COLUMN),
}


def _array_image(lab: Any, values: Any) -> Any:
    return lab.call("Image.constant", Array.of(np.array(values)))


def _at_a_pixel(lab: Any, image: Any) -> Any:
    return lab.row(image, lab.grid(1))[0]


@pytest.mark.parametrize("name", CASES)
def test_function_of_a_matrix_when_called_agrees_with_numpy(lab: Any, name: str) -> None:
    matrix, expected = CASES[name]

    of_array = lab.call(f"Array.{name}", matrix)
    of_image = _at_a_pixel(lab, lab.call(f"Image.{name}", _array_image(lab, matrix)))

    np.testing.assert_allclose(getattr(of_array, "data", of_array), expected, atol=1e-12)
    np.testing.assert_allclose(of_image, expected, atol=1e-12)


@pytest.mark.parametrize("name", PRODUCTS)
def test_function_of_two_matrices_when_called_agrees_with_numpy(lab: Any, name: str) -> None:
    left, right, expected = PRODUCTS[name]

    of_array = lab.call(f"Array.{name}", left, right)
    of_image = lab.call(f"Image.{name}", _array_image(lab, left), _array_image(lab, right))

    np.testing.assert_allclose(of_array.data, expected, atol=1e-12)
    np.testing.assert_allclose(_at_a_pixel(lab, of_image), expected, atol=1e-12)


def test_pseudo_inverse_when_a_matrix_lacks_rank_fulfils_penroses_conditions(lab: Any) -> None:
    matrix = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])

    found = lab.call("Array.matrixPseudoInverse", matrix.tolist()).data

    np.testing.assert_allclose(matrix @ found @ matrix, matrix, atol=1e-12)
    np.testing.assert_allclose(found @ matrix @ found, found, atol=1e-12)
    np.testing.assert_allclose((matrix @ found).T, matrix @ found, atol=1e-12)
    np.testing.assert_allclose((found @ matrix).T, found @ matrix, atol=1e-12)


def test_cholesky_when_decomposed_gives_the_lower_factor(lab: Any) -> None:
    of_array = lab.call("Array.matrixCholeskyDecomposition", SQUARE)
    of_image = lab.call("Image.matrixCholeskyDecomposition", _array_image(lab, SQUARE))

    assert list(of_array) == ["L"]  # "a dictionary with 1 entry named 'L'"
    lower = of_array["L"].data
    np.testing.assert_array_equal(lower, np.tril(lower))
    np.testing.assert_allclose(lower @ lower.T, SQUARE, atol=1e-12)
    np.testing.assert_allclose(_at_a_pixel(lab, of_image), lower)


def test_lu_when_decomposed_gives_p_times_input_as_l_times_u(lab: Any) -> None:
    found = {
        key: each.data for key, each in lab.call("Array.matrixLUDecomposition", GENERAL).items()
    }

    assert sorted(found) == ["L", "P", "U"]
    np.testing.assert_allclose(found["P"] @ GENERAL, found["L"] @ found["U"], atol=1e-12)
    np.testing.assert_array_equal(np.diagonal(found["L"]), 1)  # "unit diagonal terms"
    np.testing.assert_array_equal(found["L"], np.tril(found["L"]))
    np.testing.assert_array_equal(found["U"], np.triu(found["U"]))
    assert sorted(found["P"].argmax(axis=1)) == [0, 1, 2]


def test_lu_when_a_matrix_is_not_square_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match=r"square matrix is required\. Found \[3, 2\]"):
        lab.call("Array.matrixLUDecomposition", TALL)


def test_qr_when_decomposed_gives_an_orthogonal_and_an_upper_factor(lab: Any) -> None:
    found = {
        key: each.data for key, each in lab.call("Array.matrixQRDecomposition", GENERAL).items()
    }

    np.testing.assert_allclose(found["Q"] @ found["R"], GENERAL, atol=1e-12)
    np.testing.assert_allclose(found["Q"] @ found["Q"].T, np.eye(3), atol=1e-12)
    np.testing.assert_array_equal(found["R"], np.triu(found["R"]))


def test_svd_when_decomposed_gives_orthogonal_factors_around_a_diagonal(lab: Any) -> None:
    found = {
        key: each.data
        for key, each in lab.call("Array.matrixSingularValueDecomposition", TALL).items()
    }

    values = np.sqrt(np.linalg.eigvalsh(np.array(TALL).T @ TALL))[::-1]
    np.testing.assert_allclose(found["U"] @ found["S"] @ found["V"].T, TALL, atol=1e-12)
    np.testing.assert_allclose(found["U"] @ found["U"].T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(found["V"] @ found["V"].T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.diagonal(found["S"]), values)


def test_eigen_when_symmetric_gives_rows_of_values_and_vectors(lab: Any) -> None:
    found = lab.call("Array.eigen", SQUARE).data

    values, vectors = found[:, 0], found[:, 1:].T
    np.testing.assert_allclose(values, np.linalg.eigvalsh(SQUARE)[::-1])
    np.testing.assert_allclose(np.array(SQUARE) @ vectors, vectors * values, atol=1e-12)


def test_identity_when_made_has_ones_on_its_diagonal(lab: Any) -> None:
    image = lab.call("Image.matrixIdentity", 3)

    assert lab.call("Array.identity", 3).data.tolist() == np.eye(3).tolist()
    assert _at_a_pixel(lab, image) == np.eye(3).tolist()


def test_transpose_when_axes_are_named_exchanges_them(lab: Any) -> None:
    cube = np.arange(24.0).reshape(2, 3, 4)

    of_array = lab.call("Array.matrixTranspose", cube.tolist(), 0, 2)
    of_image = lab.call("Image.matrixTranspose", _array_image(lab, cube), 0, 2)

    assert of_array.data.tolist() == cube.swapaxes(0, 2).tolist()
    assert _at_a_pixel(lab, of_image) == cube.swapaxes(0, 2).tolist()


def test_dot_product_when_pixels_differ_computes_each_by_itself(lab: Any) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 5, 6))
    mask = rng.random((5, 6)) > 0.3
    vectors = lab.call("Image.toArray", lab.image(*values, masks=[mask, None, None, None]))

    found = lab.planes(lab.call("Image.arrayDotProduct", vectors, vectors))["array"]

    np.testing.assert_allclose(found.data[mask], (values**2).sum(axis=0)[mask])
    np.testing.assert_array_equal(found.valid, mask)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("matrixInverse", "square"),
        ("matrixDeterminant", "square"),
        ("matrixTrace", "square"),
        ("matrixToDiag", "single column"),
    ],
)
def test_function_of_a_matrix_when_its_shape_does_not_fit_is_refused(
    lab: Any, name: str, words: str
) -> None:
    with pytest.raises(EarthError, match=words):
        lab.call(f"Array.{name}", TALL)
    with pytest.raises(EarthError, match=words):
        lab.planes(lab.call(f"Image.{name}", _array_image(lab, TALL)), lab.grid(1))


@pytest.mark.parametrize(
    "name", ["matrixInverse", "matrixCholeskyDecomposition", "matrixPseudoInverse"]
)
def test_function_of_a_matrix_when_a_masked_pixel_has_none_computes_the_others(
    lab: Any, name: str
) -> None:
    rows = [lab.image([[4.0, 0.0]], masks=[np.array([True, False])]), lab.image([[1.0, 0.0]])]
    others = [lab.image([[1.0, 0.0]]), lab.image([[2.0, 0.0]])]
    columns = [
        lab.call("Image.toArray", lab.call("Image.addBands", *pair)) for pair in (rows, others)
    ]
    pair = [lab.call("Image.toArray", each, 1) for each in columns]

    found = lab.row(lab.call(f"Image.{name}", lab.call("Image.arrayCat", *pair, 1)))

    expected = lab.call(f"Array.{name}", [[4, 1], [1, 2]])
    expected = expected["L"] if isinstance(expected, dict) else expected
    np.testing.assert_allclose(found[0], expected.data)
    assert found[1] is None


def test_inverse_when_a_valid_pixel_is_singular_is_refused(lab: Any) -> None:
    image = lab.call("Image.matrixInverse", _array_image(lab, [[1.0, 1.0], [1.0, 1.0]]))

    with pytest.raises(EarthError, match="The matrix is singular"):
        lab.planes(image, lab.grid(1))
