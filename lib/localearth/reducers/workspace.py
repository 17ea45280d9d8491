"""What reducers hold while they work, for estimates of memory.

The numbers were measured with `tracemalloc` under Python 3.11 and NumPy 2.4: peaks of all reducers
over stacks `(49, 16, 16)` and over 10,000 plain values of 1, 4 and 8 bytes each, less what they
were given; members of a family lie within a factor of two of it. The tests of `memory` compare.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

PAIRS_AT_ONCE = 2_000_000  # of observations, where all pairs are compared


@dataclass(frozen=True)
class Workspace:
    """Bytes that a reducer holds at once for each observation, beside values and weights.

    Attributes:
        copies: Of the values, in their own types.
        extra: Further bytes.
        plain: Bytes more where plain values are reduced, not stacks of pixels.
        pair: Bytes for each pair of observations.
        kept: Bytes of an answer that grows with the observations.
    """

    copies: float = 0.0
    extra: float = 4.0
    plain: float = 0.0
    pair: float = 0.0
    kept: float = 0.0

    def over_stack(self, itemsizes: Sequence[int], count: int, pixels: int) -> float:
        """Bytes for a stack.

        Args:
            itemsizes: Bytes of a value, for each input.
            count: Observations of each pixel.
            pixels: How many.
        """
        pairs = count * (count - 1) / 2
        at_once = min(pairs * pixels, max(pairs, PAIRS_AT_ONCE))
        each = self.copies * sum(itemsizes) + self.extra
        return each * count * pixels + self.pair * at_once

    def over_values(self, itemsizes: Sequence[int], count: int) -> float:
        """Bytes for plain values, the answer not included."""
        return self.over_stack(itemsizes, count, 1) + self.plain * count


LOOKING = Workspace()  # knows which values are valid, and little more
LISTING = Workspace(plain=30)  # makes Python's objects of plain values
ADDING = Workspace(plain=30)  # layer by layer; plain values as products with their weights
FILLING = Workspace(copies=1)  # puts a neutral value where values are masked
SORTING = Workspace(copies=2)  # fills and sorts
DOUBLING = Workspace(extra=22)  # two or three copies as doubles or indices
MOMENTS = Workspace(extra=42)  # weights, values, deviations, powers and products as doubles
PER_INPUT = 28  # bytes of regressions and correlations: each input as doubles, and centred
PAIRING = Workspace(extra=20, pair=35)  # all pairs of observations
TABLES = Workspace(extra=65)  # one Python array a pixel
COLLECTING = Workspace(kept=32)  # a Python number and its place in a list
FEATURES = Workspace(kept=360)  # a feature with its dictionary
TUPLE = 70  # bytes of a list of an observation's values
APART = 130  # bytes of a value that is taken apart as a list of its own
GROUPED = 60  # bytes of an observation that is chosen for its group
RECKONED = 12  # bytes of an observation whose weight is made of something else


def and_more(space: Workspace, *, extra: float = 0.0, plain: float = 0.0) -> Workspace:
    """What a reducer holds that does more to an observation before it passes it on."""
    return replace(space, extra=space.extra + extra, plain=space.plain + plain)


def of_inputs(inputs: int) -> Workspace:
    """What a regression or correlation of so many inputs holds."""
    return Workspace(extra=PER_INPUT * inputs)


def together(parts: Sequence[tuple[Workspace, int]], inputs: int) -> Workspace:
    """What reducers hold that work one after the other and keep all answers.

    Args:
        parts: Each with its number of inputs.
        inputs: Of all of them.
    """
    spaces = [space for space, _ in parts]
    return Workspace(
        copies=max(space.copies * own for space, own in parts) / inputs,
        extra=max(space.extra for space in spaces),
        plain=max(space.plain for space in spaces),
        pair=max(space.pair for space in spaces),
        kept=sum(space.kept for space in spaces),
    )
