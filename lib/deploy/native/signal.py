"""What flows between layers: an image of arrays, with arithmetic that is still to be written.

The array of a pixel has a row for each channel and a column for each date, or one column where
there is no axis of time. An affine map is kept back until something not affine follows, so that
scaling, batch normalisation and a dense layer become one matrix and one bias in the expression.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.deploy.native.forms import FORMS
from lib.deploy.native.neighbours import Offsets

Numbers = NDArray[np.float64]

# What float32 holds.
DIGITS = 7
_MOST_MORE = 6


@dataclass(frozen=True)
class LayerCost:
    """What a layer holds of a pixel.

    Attributes:
        name: Its name.
        values: Most numbers that it holds of one pixel at once.
        reach: How far the network has looked up to it, in pixels.
    """

    name: str
    values: int
    reach: int


@dataclass
class Writing:
    """A compilation under way.

    Attributes:
        offsets: How neighbours are named; None where no network may look at them.
        used: Forms in order of their first use.
        costs: What each layer holds, in the order of the network.
        recurrent: Whether a layer reads its own answer again.
        held: Most numbers that the layer under way holds of one pixel.
    """

    offsets: Offsets | None = None
    used: dict[str, None] = field(default_factory=dict)
    costs: list[LayerCost] = field(default_factory=list)
    recurrent: bool = False
    held: int = 0
    _written: dict[int, tuple["Signal", ee.Image]] = field(default_factory=dict)

    def note(self, *forms: str) -> None:
        """Take note of forms."""
        for name in forms:
            self.used[FORMS[name].name] = None

    def hold(self, values: int) -> None:
        """Take note of numbers of one pixel that are held at once."""
        self.held = max(self.held, values)

    def finish(self, name: str, answer: "Signal") -> None:
        """Take note of a layer whose answer is known."""
        self.hold(answer.width * answer.layout.columns)
        self.costs.append(LayerCost(name, self.held, answer.layout.reach))
        self.held = 0

    def once(self, signal: "Signal") -> ee.Image:
        """Write a signal, or give what was written of it before."""
        if id(signal) not in self._written:
            self._written[id(signal)] = (signal, signal.write(self))
        return self._written[id(signal)][1]

    @property
    def forms(self) -> tuple[str, ...]:
        """Names of all forms used so far."""
        return tuple(self.used)


@dataclass(frozen=True)
class Layout:
    """What the numbers of a pixel are, beside channels.

    Attributes:
        steps: Dates, a column each; 0 where there is no axis of time.
        sides: Rows and columns of the patch that Keras sees, None where it takes any; empty
            where there is no patch.
        reach: How far has been looked from the centre, in pixels.
        half: Pixels of the patch on each side of its centre; None where there may be any.
    """

    steps: int = 0
    sides: tuple[int | None, ...] = ()
    reach: int = 0
    half: int | None = None

    @property
    def columns(self) -> int:
        """Columns of the array of a pixel."""
        return max(self.steps, 1)

    @property
    def rank(self) -> int:
        """Axes that Keras sees, without that of the batch."""
        return 1 + bool(self.steps) + len(self.sides)


@dataclass(frozen=True)
class Signal:
    """The output of a layer: `matrix @ (scale * column) + shift`, perhaps through a softmax.

    Attributes:
        column: Array image whose pixels are (values, columns).
        width: Number of channels of this output.
        layout: What the columns are.
        matrix: (width, values of the column) or None for the identity.
        scale: (values of the column,) or None for ones; applied before the matrix.
        shift: (width,) or None for zeros.
        digits: Significant digits of the numbers: more than float32 has where a scaling is folded
            in whose terms are large and cancel.
        softmax: Whether a softmax over the channels is still to be written.
    """

    column: ee.Image
    width: int
    layout: Layout = Layout()
    matrix: Numbers | None = None
    scale: Numbers | None = None
    shift: Numbers | None = None
    digits: int = DIGITS
    softmax: bool = False

    def after(self, column: ee.Image, width: int | None = None, **layout: Any) -> "Signal":
        """A signal with nothing kept back, of the same layout but for what is given."""
        changed = replace(self.layout, **layout)
        return Signal(column, self.width if width is None else width, changed)

    def affine(self, scale: Numbers, shift: Numbers, writing: Writing) -> "Signal":
        """Multiply each channel and add to it."""
        if self.softmax:
            return self.after(self.written(writing)).affine(scale, shift, writing)
        moved = shift if self.shift is None else self.shift * scale + shift
        if self.matrix is not None:
            return replace(self, matrix=self.matrix * scale[:, None], shift=moved)
        scaled = scale if self.scale is None else self.scale * scale
        return replace(self, scale=scaled, shift=moved, digits=DIGITS + _more_digits(moved))

    def dense(self, matrix: Numbers, bias: Numbers, writing: Writing) -> "Signal":
        """Multiply each column with a matrix (out, in) and add a bias."""
        if self.softmax or self.matrix is not None:
            return self.after(self.written(writing)).dense(matrix, bias, writing)
        moved = bias if self.shift is None else matrix @ self.shift + bias
        return replace(self, width=len(matrix), matrix=matrix, shift=moved)

    def written(self, writing: Writing) -> ee.Image:
        """All that is kept back, written; pixels of the result are (width, columns)."""
        return writing.once(self)

    def write(self, writing: Writing) -> ee.Image:
        """Write all that is kept back, each time anew."""
        image = self._written_affine(writing)
        if not self.softmax:
            return image
        if self.layout.columns > 1:
            return softmax_columns(image, self.width, writing)
        writing.note("column")
        return as_column(softmax_bands(image, value_names(self.width), writing))

    def _written_affine(self, writing: Writing) -> ee.Image:
        image, digits = self.column, self.digits
        if self.matrix is not None:
            writing.note("matrix")
            weights = self.matrix if self.scale is None else self.matrix * self.scale
            image = constant(weights, digits).matrixMultiply(image)
        elif self.scale is not None:
            writing.note("factors")
            image = image.multiply(self.spread(self.scale, writing, digits=digits))
        if self.shift is not None and self.shift.any():
            writing.note("bias")
            image = image.add(self.spread(self.shift, writing, digits=digits))
        return image

    def spread(self, numbers: Numbers, writing: Writing, *, digits: int = DIGITS) -> ee.Image:
        """A number for each row, the same in all columns, as a constant array image."""
        column = constant(numbers[:, None], digits)
        return repeated(column, 1, self.layout.columns, writing)


def _more_digits(shift: Numbers) -> int:
    """Digits that are lost where a scaled number is that much smaller than its two terms."""
    greatest = float(np.abs(shift).max(initial=1.0))
    return min(math.ceil(math.log10(max(greatest, 1.0))), _MOST_MORE)


def start(column: ee.Image, width: int) -> Signal:
    """A signal of one column with nothing kept back."""
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


def repeated(image: ee.Image, axis: int, copies: int, writing: Writing) -> ee.Image:
    """An array of length 1 along an axis, so many times."""
    if copies == 1:
        return image
    writing.note("repetition")
    longer: ee.Image = image.arrayRepeat(axis, copies)
    return longer


def part(
    image: ee.Image, axis: int, start_at: int, end: int, writing: Writing, *, step: int = 1
) -> ee.Image:
    """Rows (axis 0) or columns (axis 1) of an array."""
    writing.note("part")
    cut: ee.Image = image.arraySlice(axis, start_at, end, step)
    return cut


def reshaped(image: ee.Image, lengths: Sequence[int], writing: Writing) -> ee.Image:
    """The same numbers in another shape, rows first."""
    writing.note("shape")
    shaped: ee.Image = image.arrayReshape(ee.Image(list(lengths)).toArray(), len(lengths))
    return shaped


def transposed(image: ee.Image, writing: Writing) -> ee.Image:
    """Rows as columns."""
    writing.note("transposition")
    turned: ee.Image = image.arrayTranspose()
    return turned


def joined(images: Sequence[ee.Image], axis: int, writing: Writing) -> ee.Image:
    """Arrays below one another (axis 0) or beside one another (axis 1), in halves."""
    if len(images) == 1:
        return images[0]
    writing.note("concatenation")
    middle = len(images) // 2
    first, last = joined(images[:middle], axis, writing), joined(images[middle:], axis, writing)
    whole: ee.Image = first.arrayCat(last, axis)
    return whole


def softmax_bands(column: ee.Image, names: list[str], writing: Writing) -> ee.Image:
    """Softmax over the values of columns, as bands: reductions of bands need no array reducer."""
    writing.note("softmax")
    values = as_bands(column, names, writing)
    powers = values.subtract(values.reduce(ee.Reducer.max())).exp()
    shares: ee.Image = powers.divide(powers.reduce(ee.Reducer.sum()))
    return shares


def softmax_columns(image: ee.Image, width: int, writing: Writing) -> ee.Image:
    """Softmax over the rows of each column; a matrix of ones makes the sums."""
    writing.note("reduction", "difference", "exponential", "matrix", "quotient")
    greatest = image.arrayReduce(ee.Reducer.max(), [0])
    powers = image.subtract(repeated(greatest, 0, width, writing)).exp()
    shares: ee.Image = powers.divide(constant(np.ones((width, width)), 1).matrixMultiply(powers))
    return shares


def constant(numbers: Numbers, digits: int) -> ee.Image:
    """A constant array image, rounded to so many significant digits."""
    image: ee.Image = ee.Image(ee.Array(_rounded(numbers.tolist(), digits)))
    return image


def numbers_of(variable: Any) -> Numbers:
    """Weights of a layer as float64."""
    from keras import ops  # slow import

    return np.asarray(ops.convert_to_numpy(variable), dtype=np.float64)


def value_names(width: int) -> list[str]:
    """Names of the channels as bands."""
    return [f"v{place}" for place in range(width)]


def _rounded(numbers: Any, digits: int) -> Any:
    """Round nested lists; whole numbers lose their point, as zeros of sparse matrices are many."""
    if isinstance(numbers, list):
        return [_rounded(number, digits) for number in numbers]
    rounded = float(f"{numbers:.{digits}g}")
    return int(rounded) if rounded in (0.0, 1.0) else rounded
