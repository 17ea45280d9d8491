"""Array images as matrices: products, solutions, inverses and decompositions."""

# ruff: noqa: ARG005 - type rules are all called alike

from collections.abc import Callable

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_array import mapped, paired
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.image import BandSpec, Image, Plane, image_from
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Banded, Constant, Pixels, from_source
from lib.localearth.registry import implements, register


def _kind(left: PixelType, right: PixelType) -> PixelType:
    return types.with_range(types.union([left, right]).precision, None, 2)


@implements("Image.matrixMultiply")
def matrix_multiply(image1: Image, image2: Image) -> Image:
    """The matrix product of band pairs; a constant factor makes it one large product."""
    return paired(image1, image2, product, _kind)


def product(left: Pixels, right: Pixels, kind: PixelType) -> Pixels:
    """Matrix products of pixels `(h, w, n, k)` and `(h, w, k, m)`; h and w may be 1.

    Raises:
        EarthError: The matrices do not fit.
    """
    if left.ndim != 4 or right.ndim != 4:
        raise EarthError(
            "Image.matrixMultiply: Both inputs must be 2-D arrays. "
            f"Got {left.ndim - 2} and {right.ndim - 2} dimensions."
        )
    if left.shape[3] != right.shape[2]:
        raise EarthError(
            f"Image.matrixMultiply: Matrices of {left.shape[2]}x{left.shape[3]} and "
            f"{right.shape[2]}x{right.shape[3]} cannot be multiplied."
        )
    wide = np.dtype(np.int64) if kind.precision == "int" else kind.dtype
    left, right = left.astype(wide, copy=False), right.astype(wide, copy=False)
    if left.shape[:2] == (1, 1):
        return _constant_left(left[0, 0], right)
    if right.shape[:2] == (1, 1):
        return np.swapaxes(_constant_left(right[0, 0].T, np.swapaxes(left, 2, 3)), 2, 3)
    return np.asarray(np.matmul(left, right))


def _constant_left(matrix: Pixels, right: Pixels) -> Pixels:
    """One matrix times the matrices of all pixels, as one product over all their columns."""
    height, width, rows, columns = right.shape
    apart = np.moveaxis(right, 2, 0).reshape(rows, height * width * columns)
    found = (matrix @ apart).reshape(len(matrix), height, width, columns)
    return np.moveaxis(found, 0, 2)


@implements("Image.matrixSolve")
def matrix_solve(image1: Image, image2: Image) -> Image:
    """Solve A x = B, in the least-squares sense where A has more rows than columns."""

    def solve(left: Pixels, right: Pixels, kind: PixelType) -> Pixels:
        left, right = left.astype(np.float64), right.astype(np.float64)
        if left.shape[2] == left.shape[3]:
            return _solved(np.linalg.solve, left, right)
        return np.asarray(np.matmul(np.linalg.pinv(left), right))

    return paired(_sound(image1), image2, solve, lambda a, b: PixelType("double", dimensions=2))


@implements("Image.matrixIdentity")
def matrix_identity(size: int) -> Image:
    """The identity matrix everywhere."""
    kind = PixelType("int", 0, 1, 2)
    return image_from(Constant([np.eye(size, dtype=np.uint8)]), [BandSpec("constant", kind)])


def _sound(image: Image) -> Image:
    """The image with the identity where it is masked: what lies there may not be solvable."""

    def compute(index: int, planes: list[Plane]) -> Plane:
        (plane,) = planes
        if plane.data.ndim != 4 or plane.valid.all():
            return plane
        identity = np.eye(*plane.data.shape[2:], dtype=plane.data.dtype)
        return Plane(np.where(plane.valid[..., None, None], plane.data, identity), plane.mask)

    return from_source(image, Banded([image], compute))


def _solved(compute: Callable[..., Pixels], *arguments: Pixels) -> Pixels:
    try:
        return compute(*arguments)
    except np.linalg.LinAlgError:
        raise EarthError("The matrix is singular or the computation did not converge.") from None


def _registered(
    function: Callable[[Pixels], Pixels], rank: int, *, square: bool
) -> Callable[[Image], Image]:
    """A function of matrices as one of images, whose results have a number of dimensions."""

    def checked(data: Pixels) -> Pixels:
        if data.ndim != 4:
            raise EarthError(f"A 2-D array is required. Found {data.ndim - 2} dimensions.")
        if square and data.shape[2] != data.shape[3]:
            raise EarthError(f"A square matrix is required. Found {list(data.shape[2:])}.")
        return _solved(function, data.astype(np.float64))

    def apply(value: Image) -> Image:
        kinds = [PixelType("double", dimensions=rank) for _ in value.bands]
        return mapped(_sound(value), checked, kinds)

    return apply


def _diagonal_matrix(data: Pixels) -> Pixels:
    if data.shape[3] != 1:
        raise EarthError(f"A matrix of a single column is required. Found {list(data.shape[2:])}.")
    return data * np.eye(data.shape[2])


for _name, _function, _rank, _of_square in (
    ("matrixInverse", np.linalg.inv, 2, True),
    ("matrixPseudoInverse", np.linalg.pinv, 2, False),
    ("matrixDeterminant", np.linalg.det, 0, True),
    ("matrixTrace", lambda data: np.trace(data, axis1=2, axis2=3), 0, True),
    ("matrixFnorm", lambda data: np.linalg.norm(data, axis=(2, 3)), 0, False),
    ("matrixDiagonal", lambda data: np.diagonal(data, axis1=2, axis2=3)[..., None], 2, False),
    ("matrixToDiag", _diagonal_matrix, 2, False),
):
    register(f"Image.{_name}", _registered(_function, _rank, square=_of_square))


@implements("Image.matrixCholeskyDecomposition")
def cholesky(image: Image) -> Image:
    """The lower triangular factor."""
    return _registered(np.linalg.cholesky, 2, square=True)(image)
