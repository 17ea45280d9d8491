"""Every form that the compiler writes, with numbers whose results are known."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import ee
import numpy as np

from lib.deploy.native import activations, kept
from lib.deploy.native.compile import entropy_of
from lib.deploy.native.signal import (
    DIGITS,
    Writing,
    as_bands,
    as_column,
    constant,
    reshaped,
    softmax_bands,
    start,
)

INPUT = (1.5, -2.0, 0.25)
_X = np.array(INPUT)
_MATRIX = np.array([[0.5, -1.0, 2.0], [0.25, 0.125, -4.0]])
_BIAS = np.array([0.75, -0.5])
_LAST = np.array([[1.0, 2.0], [-1.0, 0.5], [0.25, 0.25]])


@dataclass(frozen=True)
class FormCheck:
    """A form applied to the column `INPUT`.

    Attributes:
        form: Its name in `forms.FORMS`.
        write: Gets the column and returns an image with a band for each expected value.
        expected: The values, computed here.
    """

    form: str
    write: Callable[[ee.Image], ee.Image]
    expected: tuple[float, ...]


def _values(numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(float(number) for number in numbers.ravel())


def bands_of(column: ee.Image, count: int) -> ee.Image:
    """The values of a column as bands v0, v1 and so on."""
    return as_bands(column, band_names(count), Writing())


def band_names(count: int) -> list[str]:
    """Names of the bands that a check returns."""
    return [f"v{place}" for place in range(count)]


def column_of(numbers: tuple[float, ...]) -> ee.Image:
    """A constant column, made of bands as the predictors are."""
    return as_column(ee.Image.constant(list(numbers)).toFloat())


def _elementwise(
    form: str,
    write: Callable[[ee.Image], ee.Image],
    expected: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> FormCheck:
    return FormCheck(form, lambda x: bands_of(write(x), len(expected)), _values(expected))


def form_checks() -> tuple[FormCheck, ...]:
    """All checks of forms; the client must have started."""
    softmax = np.exp(_X - _X.max()) / np.exp(_X - _X.max()).sum()
    squares = _X * _X
    return (
        _elementwise("column", lambda x: x, _X),
        _elementwise("bands", lambda x: x, _X),
        _elementwise("matrix", lambda x: constant(_MATRIX, DIGITS).matrixMultiply(x), _MATRIX @ _X),
        _elementwise("bias", lambda x: x.add(constant(squares[:, None], DIGITS)), _X + squares),
        _elementwise("factors", lambda x: x.multiply(constant(_X[:, None], DIGITS)), squares),
        FormCheck("argmax", _argmax, (0.0,)),
        FormCheck(
            "softmax", lambda x: softmax_bands(x, band_names(3), Writing()), _values(softmax)
        ),
        _elementwise("positive part", lambda x: x.max(0), np.maximum(_X, 0)),
        _elementwise("negative part", lambda x: x.min(0), np.minimum(_X, 0)),
        _elementwise("upper limit", lambda x: x.min(1), np.minimum(_X, 1)),
        _elementwise("tanh", lambda x: activations.tanh(x, Writing()), np.tanh(_X)),
        _elementwise("sigmoid", lambda x: activations.sigmoid(x, Writing()), 1 / (1 + np.exp(-_X))),
        _elementwise("exponential", lambda x: x.exp(), np.exp(_X)),
        _elementwise("magnitude", lambda x: x.abs(), np.abs(_X)),
        _elementwise("logarithm", lambda x: x.abs().log(), np.log(np.abs(_X))),
        _elementwise("error function", lambda x: x.erf(), np.array([math.erf(v) for v in INPUT])),
        _elementwise("square root", lambda x: x.abs().sqrt(), np.sqrt(np.abs(_X))),
        _elementwise("product", lambda x: x.multiply(x), squares),
        _elementwise("quotient", lambda x: x.divide(x.abs().add(1)), _X / (1 + np.abs(_X))),
        _elementwise("sum", lambda x: x.add(x.abs()), _X + np.abs(_X)),
        _elementwise("difference", lambda x: x.subtract(x.abs()), _X - np.abs(_X)),
        _elementwise("greater", lambda x: x.max(x.multiply(x)), np.maximum(_X, squares)),
        _elementwise(
            "repetition",
            lambda x: _first_column(x.arrayRepeat(1, 3)),
            _X,
        ),
        _elementwise("part", lambda x: x.arraySlice(0, 1, 3, 1), _X[1:]),
        _elementwise(
            "shape",
            lambda x: reshaped(reshaped(x, (1, 3), Writing()), (3, 1), Writing()),
            _X,
        ),
        _elementwise("transposition", lambda x: x.arrayTranspose().arrayTranspose(), _X),
        _elementwise(
            "reduction", lambda x: x.arrayReduce(ee.Reducer.max(), [0]), _X.max(keepdims=True)
        ),
        _elementwise(
            "matrix on the right",
            lambda x: x.matrixMultiply(constant(np.array([[2.0, 3.0]]), DIGITS)).arraySlice(1, 1),
            3 * _X,
        ),
        _elementwise("kept weights", _kept_weights, _MATRIX @ _X),
        FormCheck("neighbours", _neighbours, (_X[0],) * 2),
        FormCheck("filled", _filled, (0.0, _X[0])),
        FormCheck("entropy", _entropy, (1.0,)),
        _elementwise("concatenation", lambda x: x.arrayCat(x, 0), np.concatenate([_X, _X])),
        FormCheck("whole network", _network, _network_expected()),
    )


def _kept_weights(column: ee.Image) -> ee.Image:
    """A matrix read from a table that is no asset, so that nothing is left behind."""
    table = kept.table_of(kept.in_rows(_MATRIX), 7)
    product: ee.Image = ee.Image(kept.reading([table], 7, _MATRIX)).matrixMultiply(column)
    return product


def _first_column(image: ee.Image) -> ee.Image:
    column: ee.Image = image.arraySlice(1, 0, 1)
    return column


def _neighbours(column: ee.Image) -> ee.Image:
    """Of an image that is the same everywhere, two neighbours by their names."""
    near = bands_of(column, 3).neighborhoodToBands(ee.Kernel.fixed(3, 3, [[1] * 3] * 3))
    image: ee.Image = near.select(["v0_1_0", "v0_0_-1"]).rename(band_names(2))
    return image


def _filled(column: ee.Image) -> ee.Image:
    band = bands_of(column, 3).select("v0")
    empty = band.updateMask(ee.Image.constant(0)).unmask(0, False)
    image: ee.Image = empty.addBands(band.unmask(0, False)).rename(band_names(2))
    return image


def _entropy(column: ee.Image) -> ee.Image:
    even = bands_of(column, 3).multiply(0).add(1 / 3)
    image: ee.Image = entropy_of(even, 3).rename("v0")
    return image


def _argmax(column: ee.Image) -> ee.Image:
    index: ee.Image = column.arrayProject([0]).arrayArgmax().arrayGet(0)
    return index.rename("v0")


def _network(column: ee.Image) -> ee.Image:
    """Two dense layers as the compiler writes them, probabilities at the end."""
    writing = Writing()
    hidden = start(column, 3).dense(_MATRIX, _BIAS, writing).written(writing)
    rectified = start(activations.relu(hidden, writing), 2)
    logits = rectified.dense(_LAST, np.zeros(3), writing).written(writing)
    return softmax_bands(logits, band_names(3), writing)


def _network_expected() -> tuple[float, ...]:
    logits = _LAST @ np.maximum(_MATRIX @ _X + _BIAS, 0)
    shares = np.exp(logits - logits.max())
    return _values(shares / shares.sum())
