"""What a network will need of memory on the service, before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.deploy.native.signal import LayerCost

TILE = 256
"""Side of the tiles that Earth Engine computes, in pixels."""

NUMBER_BYTES = 8
MOST_BYTES = 100 * 2**20
"""Above this a tile is not known to pass: Earth Engine's limit on a computed value is 100 MiB."""


@dataclass(frozen=True)
class Estimate:
    """Memory for one tile.

    Attributes:
        layer: The layer that holds the most.
        size_bytes: Its numbers of a pixel x 8 bytes x pixels of the tile with its margin.
        reach: How far the network looks, in pixels; the margin of the first layer.
    """

    layer: str
    size_bytes: int
    reach: int


def estimate(costs: Sequence[LayerCost]) -> Estimate:
    """Give the memory of the layer that needs the most."""
    reach = max(cost.reach for cost in costs)
    sizes = {cost.name: _size(cost, reach) for cost in costs}
    layer = max(sizes, key=lambda name: sizes[name])
    return Estimate(layer, sizes[layer], reach)


def _size(cost: LayerCost, reach: int) -> int:
    side = TILE + 2 * (reach - cost.reach)
    return cost.values * NUMBER_BYTES * side * side
