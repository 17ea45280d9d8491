"""Linear algebra on arrays of two dimensions: `Array.matrix*` and `Array.eigen`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.functions.number import plain_number
from lib.localearth.registry import implements
from lib.localearth.values import Array

Data = NDArray[Any]


def _matrix(array: Array) -> Data:
    if array.data.ndim != 2:
        raise EarthError(f"A 2-D array is required. Found {array.data.ndim} dimensions.")
    return array.data.astype(np.float64)


def _square(array: Array) -> Data:
    matrix = _matrix(array)
    if matrix.shape[0] != matrix.shape[1]:
        raise EarthError(f"A square matrix is required. Found {list(matrix.shape)}.")
    return matrix


def _solved(compute: Callable[..., Any], *arguments: Data) -> Any:
    try:
        return compute(*arguments)
    except np.linalg.LinAlgError:
        raise EarthError("The matrix is singular or the computation did not converge.") from None


@implements("Array.matrixMultiply")
def multiply(left: Array, right: Array) -> Array:
    """The matrix product."""
    first, second = _matrix(left), _matrix(right)
    if first.shape[1] != second.shape[0]:
        raise EarthError(
            f"Matrices of shapes {list(first.shape)} and {list(second.shape)} cannot be multiplied."
        )
    if left.data.dtype.kind in "iu" and right.data.dtype.kind in "iu":
        return Array.of(left.data.astype(np.int64) @ right.data.astype(np.int64))
    return Array.of(first @ second)


@implements("Array.matrixSolve")
def solve(left: Array, right: Array) -> Array:
    """X with left * x = right, by least squares where there are too many equations."""
    first, second = _matrix(left), _matrix(right)
    if first.shape[0] == first.shape[1]:
        return Array.of(_solved(np.linalg.solve, first, second))
    return Array.of(_solved(np.linalg.pinv, first) @ second)


@implements("Array.matrixInverse")
def inverse(input: Array) -> Array:  # noqa: A002
    """The inverse."""
    return Array.of(_solved(np.linalg.inv, _square(input)))


@implements("Array.matrixPseudoInverse")
def pseudo_inverse(input: Array) -> Array:  # noqa: A002
    """The Moore-Penrose pseudo-inverse."""
    return Array.of(_solved(np.linalg.pinv, _matrix(input)))


@implements("Array.matrixDeterminant")
def determinant(input: Array) -> float:  # noqa: A002
    """The determinant."""
    return float(np.linalg.det(_square(input)))


@implements("Array.matrixTrace")
def trace(input: Array) -> int | float:  # noqa: A002
    """The sum of the diagonal."""
    return plain_number(np.trace(_square(input)))


@implements("Array.matrixFnorm")
def frobenius_norm(input: Array) -> float:  # noqa: A002
    """The Frobenius norm."""
    return float(np.linalg.norm(_matrix(input)))


@implements("Array.matrixDiagonal")
def diagonal(input: Array) -> Array:  # noqa: A002
    """The diagonal as a column."""
    _matrix(input)
    return Array(np.diagonal(input.data)[:, None], input.type)


@implements("Array.matrixToDiag")
def to_diagonal(input: Array) -> Array:  # noqa: A002
    """A column as the diagonal of a square matrix."""
    if _matrix(input).shape[1] != 1:
        raise EarthError(
            f"A matrix of a single column is required. Found {list(input.data.shape)}."
        )
    return Array(np.diag(input.data[:, 0]), input.type)


@implements("Array.eigen")
def eigen(input: Array) -> Array:  # noqa: A002
    """Rows of an eigenvalue and its vector, the greatest value first.

    Vectors of repeated eigenvalues come as EJML gives them, on which Earth Engine relies.
    """
    matrix = _square(input)
    greatest = np.abs(matrix).max(initial=0.0)
    if greatest > 0 and np.allclose(matrix / greatest, matrix.T / greatest, rtol=0, atol=1e-8):
        values, vectors = _solved(np.linalg.eigh, matrix)
        vectors = vectors * _signs(vectors)
    else:
        values, vectors = _general_eigen(matrix)
    order = np.argsort(-values, kind="stable")
    return Array.of(np.column_stack([values[order], vectors.T[order]]))


def _signs(vectors: Data) -> Data:
    """The sign of each column's largest component."""
    largest = np.abs(vectors).argmax(axis=0)
    signs: Data = np.sign(vectors[largest, np.arange(vectors.shape[1])])
    return signs


def _general_eigen(matrix: Data) -> tuple[Data, Data]:
    """Eigenvalues and vectors, the last first, from a real Schur form.

    Raises:
        EarthError: Some eigenvalues are complex.
    """
    from scipy.linalg import schur  # slow import

    triangle, basis = _solved(schur, matrix)
    if np.abs(np.diagonal(triangle, -1)).max(initial=0.0) > 1e-12 * max(
        np.abs(triangle).max(), 1e-300
    ):
        raise EarthError("The matrix has complex eigenvalues.")
    if not np.array_equal(basis, np.eye(len(basis))):
        turned = -_signs(basis)
        basis, triangle = basis * turned, triangle * turned * turned[:, None]
    values = np.diagonal(triangle)
    vectors = np.zeros_like(triangle)
    for place, value in enumerate(values):
        first = _first_alike(values, value)
        vectors[place, place] = 1.0
        shifted = triangle[:first, :first] - value * np.eye(first)
        vectors[:first, place] = np.linalg.solve(shifted, -triangle[:first, place])
    found = basis @ vectors
    return values[::-1], (found / np.linalg.norm(found, axis=0))[:, ::-1]


def _first_alike(values: Data, value: float) -> int:
    close = np.abs(values - value) <= 1e-13 * max(abs(value), 1.0)
    return int(np.argmax(close))


@implements("Array.matrixCholeskyDecomposition")
def cholesky(array: Array) -> dict[str, Array]:
    """L with L * Lᵀ = array."""
    return {"L": Array.of(_solved(np.linalg.cholesky, _square(array)))}


@implements("Array.matrixSingularValueDecomposition")
def singular_values(array: Array) -> dict[str, Array]:
    """U, S and V with U * S * Vᵀ = array."""
    matrix = _matrix(array)
    u, s, vt = _solved(np.linalg.svd, matrix)
    middle = np.zeros(matrix.shape)
    np.fill_diagonal(middle, s)
    return {"U": Array.of(u), "S": Array.of(middle), "V": Array.of(vt.T)}


@implements("Array.matrixQRDecomposition")
def orthogonal(array: Array) -> dict[str, Array]:
    """Q and R with Q * R = array."""
    q, r = _solved(np.linalg.qr, _matrix(array))
    return {"Q": Array.of(q), "R": Array.of(r)}


@implements("Array.matrixLUDecomposition")
def lower_upper(array: Array) -> dict[str, Array]:
    """L, U and P with P * array = L * U."""
    from scipy.linalg import lu  # slow import

    p, lower, upper = lu(_square(array))
    return {"L": Array.of(lower), "U": Array.of(upper), "P": Array.of(p.T)}
