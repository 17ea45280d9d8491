"""From the predictors of a block to class, probabilities and entropy as bytes."""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from lib.core.blending import Blend
from lib.deploy.geotiff import NODATA
from lib.deploy.raster.engine import RasterEngine, in_batches
from lib.deploy.raster.layout import ANY_SIZE, CENTRE, SERIES, TILES
from lib.models.artifact import Card

SHARE_STEPS = 250
"""A probability of 1 as a byte: steps of 0.004, which is less than any map is sure of."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def shares_of(engine: RasterEngine, values: Floats, valid: Mask) -> Floats:
    """Give class probabilities inside of a block.

    Args:
        engine: The network.
        values: The bands of its layout with the margin on each side, `(rows, columns, bands)`; 0
            where not valid.
        valid: Where they are all observed, `(rows, columns)`.

    Returns:
        `(rows, columns, classes)` without the margin; NaN where not valid.
    """
    margin = engine.layout.margin
    inside = (slice(margin, values.shape[0] - margin), slice(margin, values.shape[1] - margin))
    seen = valid[inside]
    shares = np.full((*seen.shape, engine.layout.classes), np.nan, np.float32)
    if not seen.any():
        return shares
    if engine.layout.kind in (ANY_SIZE, TILES):
        dense = (_whole if engine.layout.kind == ANY_SIZE else _blended)(engine, values, valid)
        shares[seen] = dense[seen]
    elif engine.layout.kind == CENTRE:
        shares[seen] = _centres(engine, values, valid, seen)
    else:
        shares[seen] = _columns(engine, values if seen.all() else values[valid])
    return shares


def pack(shares: Floats, codes: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Write probabilities as bytes.

    Args:
        shares: `(rows, columns, classes)`, NaN where there is no answer.
        codes: The byte of each class.

    Returns:
        Class codes `(rows, columns)`, and `(rows, columns, classes + 1)` with the probabilities
        and the entropy (1 where all classes are alike) in steps of 1 / `SHARE_STEPS`; `NODATA`
        where there is no answer.
    """
    answered = np.isfinite(shares).all(axis=-1)
    known = shares if answered.all() else shares[answered]
    known = known.reshape(-1, shares.shape[-1])
    classes = np.full(answered.shape, NODATA, np.uint8)
    classes[answered] = codes.astype(np.uint8)[known.argmax(axis=-1)]
    levels = np.full((*answered.shape, shares.shape[-1] + 1), NODATA, np.uint8)
    both = np.empty((len(known), levels.shape[-1]), np.float32)
    both[:, :-1] = known
    both[:, -1] = _entropy(known)
    both *= SHARE_STEPS
    both += 0.5
    levels[answered] = both.astype(np.uint8)
    return classes, levels


def made_by(card: Card, engine: RasterEngine, side: int) -> dict[str, str]:
    """Say how a map was made; nothing of the time, so that equal runs give equal files."""
    return {
        "SOFTWARE": "Loam",
        "MODEL": card.plan.family,
        "MODEL_WEIGHTS": str(card.weight_count),
        "MODEL_VERSIONS": " ".join(f"{name} {text}" for name, text in card.versions.items()),
        "PREDICTORS": ",".join(card.predictors),
        "SPLIT": f"{card.split_kind}, seed {card.split_seed}",
        "ENGINE": engine.name,
        "BLOCKS": f"{side} pixels a side, {engine.layout.margin} pixels of overlap",
        "NODATA_MEANS": "no imagery, or outside of the area of interest",
        "PROBABILITY_UNIT": f"1/{SHARE_STEPS}; entropy 1 where all classes are alike",
        **{f"PLAN_{key.upper()}": str(value) for key, value in _set_of(card).items()},
    }


def _set_of(card: Card) -> dict[str, object]:
    """Settings of a network that differ from nothing."""
    return {key: value for key, value in asdict(card.plan).items() if value not in ((), None, "")}


def _entropy(shares: Floats) -> Floats:
    """As `lib.core.uncertainty.entropy`, in float32 and without its checks."""
    floor = np.finfo(np.float32).tiny
    logs = np.log(np.maximum(shares, floor))
    nats = -np.einsum("nk,nk->n", shares, logs)
    bounded: Floats = np.clip(nats / np.float32(np.log(shares.shape[-1])), 0, 1)
    return bounded


def _columns(engine: RasterEngine, values: Floats) -> Floats:
    """Pixels and series, each by itself; shape (pixels, classes)."""
    layout = engine.layout
    flat = values.reshape(-1, values.shape[-1])
    if layout.kind != SERIES:
        return in_batches(engine, flat, None)
    count = layout.dates * layout.predictors
    series = flat[:, :count].reshape(-1, layout.dates, layout.predictors)
    return in_batches(engine, series, flat[:, count:] > 0.5 if layout.masked else None)


def _centres(engine: RasterEngine, values: Floats, valid: Mask, seen: Mask) -> Floats:
    """The class of the centre of a patch around each pixel; shape (pixels, classes)."""
    side = engine.layout.side
    patches = np.lib.stride_tricks.sliding_window_view(values, (side, side), (0, 1))
    flags = np.lib.stride_tricks.sliding_window_view(valid, (side, side), (0, 1))
    rows, cols = np.nonzero(seen)
    parts = []
    for first in range(0, len(rows), engine.batch):
        at = rows[first : first + engine.batch], cols[first : first + engine.batch]
        parts.append(engine.run(np.moveaxis(patches[at], 1, 3), flags[at]))
    return np.concatenate(parts)


def _whole(engine: RasterEngine, values: Floats, valid: Mask) -> Floats:
    """All pixels at once, then without the margin and what the network cuts itself."""
    margin, multiple = engine.layout.margin, engine.layout.multiple
    height, width = (length - 2 * margin for length in valid.shape)
    lacking = [(0, -length % multiple) for length in valid.shape]
    x = np.pad(values, [*lacking, (0, 0)])[None]
    dense = engine.run(x, np.pad(valid, lacking)[None])[0]
    lost = (x.shape[1] - dense.shape[0]) // 2
    start = margin - lost
    inside: Floats = dense[start : start + height, start : start + width]
    return inside


def _blended(engine: RasterEngine, values: Floats, valid: Mask) -> Floats:
    """Tiles that overlap by half, weighed so that no seam shows.

    Tiles lie on a lattice that starts at the corner of the block's margin. Blocks start on that
    lattice too, so that a tile that two blocks meet is the same for both.
    """
    side, margin = engine.layout.side, engine.layout.margin
    height, width = (length - 2 * margin for length in valid.shape)
    corners = [
        (row, col)
        for row in range(0, height + margin, margin)
        for col in range(0, width + margin, margin)
        if valid[row : row + side, col : col + side].any()
    ]
    padded = np.pad(values, [(0, side), (0, side), (0, 0)])
    flags = np.pad(valid, [(0, side), (0, side)])
    blend = Blend((height, width), engine.layout.classes)
    for first in range(0, len(corners), engine.batch):
        chosen = corners[first : first + engine.batch]
        cuts = [(slice(row, row + side), slice(col, col + side)) for row, col in chosen]
        answers = engine.run(
            np.stack([padded[cut] for cut in cuts]), np.stack([flags[cut] for cut in cuts])
        )
        for (row, col), tile in zip(chosen, answers, strict=True):
            blend.add(tile, row - margin, col - margin)
    return blend.probabilities().astype(np.float32)
