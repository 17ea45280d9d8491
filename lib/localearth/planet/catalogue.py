"""Which assets the planet serves, by their real ids."""

from collections.abc import Callable

from lib.localearth.planet import (
    cloudscore,
    dynamicworld,
    elevation,
    embedding,
    labels,
    landsat8,
    sentinel1,
    sentinel2,
)
from lib.localearth.planet.scene import Series
from lib.localearth.raster.image import Image
from lib.localearth.values import Collection

SERIES: dict[str, Series] = {
    series.asset_id: series
    for series in (
        sentinel2.SERIES, cloudscore.SERIES, landsat8.SERIES, sentinel1.SERIES,
        dynamicworld.SERIES, embedding.SERIES,
    )
}  # fmt: skip
SINGLE: dict[str, Callable[[], Image | Collection]] = {
    elevation.ASSET: elevation.image,
    labels.ASSET: labels.collection,
    f"{labels.ASSET}/2021": labels.image,
}


def asset_ids() -> tuple[str, ...]:
    """Ids of all collections and images of the planet."""
    return tuple(sorted({*SERIES, elevation.ASSET, labels.ASSET}))


def open_asset(asset_id: str) -> Image | Collection | None:
    """A collection or image of the planet, or one scene of a collection; None for other ids."""
    if asset_id in SERIES:
        return SERIES[asset_id].collection()
    if asset_id in SINGLE:
        return SINGLE[asset_id]()
    parent, _, index = asset_id.rpartition("/")
    return SERIES[parent].find(index) if parent in SERIES else None
