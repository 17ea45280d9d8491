"""What flows between layers: an image of columns, with arithmetic that is still to be written.

An affine map is kept back until something not affine follows, so that scaling, batch
normalisation and a dense layer become one matrix and one bias in the expression.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.deploy.native.forms import FORMS

Numbers = NDArray[np.float64]

# float32 holds 7 digits; products of folded layers keep two more, as large terms may cancel.
DIGITS = 7
FOLDED_DIGITS = 9


@dataclass
class Writing:
    """A compilation under way: the forms that it has used, in order of their first use."""

    used: dict[str, None] = field(default_factory=dict)

    def note(self, *forms: str) -> None:
        """Take note of forms."""
        for name in forms:
            self.used[FORMS[name].name] = None

    @property
    def forms(self) -> tuple[str, ...]:
        """Names of all forms used so far."""
        return tuple(self.used)


@dataclass(frozen=True)
class Signal:
    """The output of a layer: `matrix @ (scale * column) + shift`, perhaps through a softmax.

    Attributes:
        column: Array image whose pixels are (values, 1).
        width: Number of values of this output.
        matrix: (width, values of the column) or None for the identity.
        scale: (values of the column,) or None for ones; applied before the matrix.
        shift: (width,) or None for zeros.
        folded: Whether the numbers come from more than one layer.
        softmax: Whether a softmax over the values is still to be written.
    """

    column: ee.Image
    width: int
    matrix: Numbers | None = None
    scale: Numbers | None = None
    shift: Numbers | None = None
    folded: bool = False
    softmax: bool = False

    def affine(self, scale: Numbers, shift: Numbers, writing: Writing) -> "Signal":
        """Multiply each value and add to it."""
        if self.softmax:
            return start(self.written(writing), self.width).affine(scale, shift, writing)
        moved = shift if self.shift is None else self.shift * scale + shift
        if self.matrix is not None:
            return replace(self, matrix=self.matrix * scale[:, None], shift=moved, folded=True)
        scaled = scale if self.scale is None else self.scale * scale
        return replace(self, scale=scaled, shift=moved, folded=True)

    def dense(self, matrix: Numbers, bias: Numbers, writing: Writing) -> "Signal":
        """Multiply with a matrix (out, in) and add a bias."""
        if self.softmax or self.matrix is not None:
            return start(self.written(writing), self.width).dense(matrix, bias, writing)
        moved = bias if self.shift is None else matrix @ self.shift + bias
        return replace(self, width=len(matrix), matrix=matrix, shift=moved)

    def written(self, writing: Writing) -> ee.Image:
        """Write all that is kept back; pixels of the result are (width, 1)."""
        image = self._written_affine(writing)
        if not self.softmax:
            return image
        writing.note("column")
        return as_column(softmax_bands(image, _names(self.width), writing))

    def _written_affine(self, writing: Writing) -> ee.Image:
        image, digits = self.column, FOLDED_DIGITS if self.folded else DIGITS
        if self.matrix is not None:
            writing.note("matrix")
            weights = self.matrix if self.scale is None else self.matrix * self.scale
            image = constant(weights, digits).matrixMultiply(image)
        elif self.scale is not None:
            writing.note("factors")
            image = image.multiply(constant(self.scale[:, None], digits))
        if self.shift is not None and self.shift.any():
            writing.note("bias")
            image = image.add(constant(self.shift[:, None], digits))
        return image


def start(column: ee.Image, width: int) -> Signal:
    """A signal with nothing kept back."""
    return Signal(column, width)


def as_column(bands: ee.Image) -> ee.Image:
    """Bands as one array image of columns."""
    column: ee.Image = bands.toArray().toArray(1)
    return column


def as_bands(column: ee.Image, names: list[str], writing: Writing) -> ee.Image:
    """Columns as bands."""
    writing.note("bands")
    bands: ee.Image = column.arrayProject([0]).arrayFlatten([names])
    return bands


def softmax_bands(column: ee.Image, names: list[str], writing: Writing) -> ee.Image:
    """Softmax over the values of columns, as bands: reductions of bands need no array reducer."""
    writing.note("softmax")
    values = as_bands(column, names, writing)
    powers = values.subtract(values.reduce(ee.Reducer.max())).exp()
    shares: ee.Image = powers.divide(powers.reduce(ee.Reducer.sum()))
    return shares


def constant(numbers: Numbers, digits: int) -> ee.Image:
    """A constant array image, rounded to so many significant digits."""
    image: ee.Image = ee.Image(ee.Array(_rounded(numbers.tolist(), digits)))
    return image


def numbers_of(variable: Any) -> Numbers:
    """Weights of a layer as float64."""
    from keras import ops  # slow import

    return np.asarray(ops.convert_to_numpy(variable), dtype=np.float64)


def _rounded(numbers: Any, digits: int) -> Any:
    if isinstance(numbers, list):
        return [_rounded(number, digits) for number in numbers]
    return float(f"{numbers:.{digits}g}")


def _names(width: int) -> list[str]:
    return [f"v{place}" for place in range(width)]
