"""What a convolutional network sees of its surroundings, and what it loses at a border."""

from collections.abc import Iterable
from dataclasses import dataclass

from lib.core.errors import PlanError


@dataclass(frozen=True)
class Window:
    """A convolution or pooling.

    Attributes:
        kernel: Pixels that it sees on each side.
        stride: Pixels that it moves on.
    """

    kernel: int
    stride: int = 1


def receptive_field(layers: Iterable[Window]) -> int:
    """Return how many pixels on a side one output sees: 1 + Σ (k - 1) Π strides before.

    After Araujo, Norris and Sim 2019 (Distill, "Computing receptive fields of convolutional neural
    networks"). What matters in practice is less and falls off towards the edge (Luo et al. 2016),
    so that half of it on each side is a safe overlap of tiles.

    Args:
        layers: From the input on.

    Example:
        >>> receptive_field([Window(3), Window(3), Window(3)])
        7
    """
    seen, step = 1, 1
    for layer in layers:
        seen += (layer.kernel - 1) * step
        step *= layer.stride
    return seen


@dataclass(frozen=True)
class UnetSizes:
    """Sizes of a U-Net whose convolutions are not padded (Ronneberger et al. 2015).

    Attributes:
        output: Side of the map that it gives, in pixels.
        margin: Pixels of the input lost on each side.
        bottleneck_field: Receptive field at the lowest level.
    """

    output: int
    margin: int
    bottleneck_field: int


def unet_sizes(side: int, depth: int, *, kernel: int = 3, convolutions: int = 2) -> UnetSizes:
    """Follow the side of a patch through a U-Net without padding.

    Args:
        side: Pixels of the input on a side.
        depth: Poolings on the way down.
        kernel: Side of each convolution.
        convolutions: Convolutions of each level.

    Raises:
        PlanError: A side is odd where it is halved, or nothing is left.
    """
    lost = convolutions * (kernel - 1)
    size = side
    for _ in range(depth):
        size -= lost
        if size % 2 or size <= 0:
            raise _error(side, depth, size)
        size //= 2
    size -= lost
    for _ in range(depth):
        size = 2 * size - lost
    if size <= 0:
        raise _error(side, depth, size)
    level = [Window(kernel)] * convolutions
    down = [*level, Window(2, 2)] * depth
    return UnetSizes(size, (side - size) // 2, receptive_field([*down, *level]))


def _error(side: int, depth: int, size: int) -> PlanError:
    return PlanError(
        f"A patch of {side} pixels does not go through {depth} poolings: {size} pixels are left "
        "where an even number is needed.",
        hint=f"Choose another size or fewer levels; padded networks need multiples of {2**depth}.",
        field="patch_size",
    )
