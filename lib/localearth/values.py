"""Values of Earth Engine that plain Python has no type for.

Number, String, Boolean, List, Dictionary and null are Python's int or float, str, bool, list,
dict and None. Functions that a graph defines are Python callables.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType, type_of_dtype


@dataclass(frozen=True)
class Date:
    """Milliseconds since 1970-01-01T00:00Z."""

    millis: float


@dataclass(frozen=True)
class DateRange:
    """From `start` (inclusive) to `end` (exclusive), in milliseconds; None is unbounded."""

    start: float | None
    end: float | None


@dataclass(frozen=True, eq=False)
class Array:
    """An n-dimensional array of one pixel type."""

    data: NDArray[Any]
    type: PixelType

    @classmethod
    def of(cls, data: Any) -> "Array":
        """An array whose type is the smallest integer type of its values, or that of floats."""
        values = np.asarray(data)
        if values.dtype.kind in "iub":
            values = values.astype(smallest_integer(values))
        return cls(values, type_of_dtype(values.dtype))


def smallest_integer(values: NDArray[Any]) -> np.dtype[np.generic]:
    """The smallest integer type that holds all values."""
    if not values.size:
        return np.dtype(np.int8)
    return PixelType("int", int(values.min()), int(values.max())).dtype


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Counts of reference against map.

    Attributes:
        counts: `(classes, classes)`; rows are the actual values, columns the predicted ones.
        order: The class value of each row and column.
    """

    counts: NDArray[Any]
    order: tuple[int, ...]

    def describe(self) -> Any:
        """The counts, as the REST API sends them."""
        return self.counts.tolist()


@dataclass(frozen=True)
class ErrorMargin:
    """How far a geometry may deviate; value None is infinite."""

    value: float | None
    unit: str = "meters"


@dataclass(frozen=True)
class Feature:
    """A geometry with properties; "system:index" among them is its id."""

    geometry: Geometry | None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Narrowing:
    """What a filter tells a catalogue in advance: dates in milliseconds and a place.

    Attributes:
        start, end: `[start, end)` of "system:time_start", None where open.
        place: Geometry that the footprint must meet, or None.
    """

    start: float | None = None
    end: float | None = None
    place: Geometry | None = None


Element = Image | Feature


class Collection:
    """Images or features in order, listed when they are first needed.

    Args:
        list_elements: Lists them.
        of_images: Whether it is an ImageCollection.
        properties: Metadata of the collection.
        asset_id: Its id where it was loaded.
        narrow: For catalogues too large to list: returns the collection within a narrowing.
        stream: Gives the elements one by one, for who wants but the first of many.
    """

    def __init__(
        self,
        list_elements: Callable[[], Iterable[Element]],
        *,
        of_images: bool,
        properties: Mapping[str, Any] | None = None,
        asset_id: str = "",
        narrow: "Callable[[Narrowing], Collection] | None" = None,
        stream: Callable[[], Iterable[Element]] | None = None,
    ) -> None:
        """Keep how to list the elements; nothing is listed yet."""
        self._list_elements = list_elements
        self._elements: list[Element] | None = None
        self.of_images = of_images
        self.properties = dict(properties or {})
        self.asset_id = asset_id
        self.narrow = narrow
        self._stream = stream

    @property
    def elements(self) -> list[Element]:
        """All elements, in order."""
        if self._elements is None:
            self._elements = list(self._list_elements())
        return self._elements

    def stream(self) -> Iterator[Element]:
        """The elements one by one, in order; no more of them are made than are taken."""
        if self._elements is not None or self._stream is None:
            return iter(self.elements)
        return iter(self._stream())

    def head(self, count: int) -> list[Element]:
        """The first elements."""
        return list(itertools.islice(self.stream(), max(count, 0)))

    @classmethod
    def of(cls, elements: Iterable[Element], *, of_images: bool, **metadata: Any) -> "Collection":
        """A collection of elements at hand."""
        listed = list(elements)
        return cls(lambda: listed, of_images=of_images, **metadata)


@dataclass(frozen=True)
class Kernel:
    """Weights around a pixel.

    Attributes:
        weights: `(rows, columns)`.
        x, y: Column and row of the focus within the weights.
        sized: Of a kernel in metres: makes it for pixels of so many metres. Its own weights are
            those of infinitely large pixels.
    """

    weights: NDArray[np.float64]
    x: int
    y: int
    sized: "Callable[[float], Kernel] | None" = None

    def at(self, pixel_m: float) -> "Kernel":
        """The kernel for pixels of so many metres; one that is made of pixels stays as it is."""
        return self if self.sized is None else self.sized(pixel_m)
