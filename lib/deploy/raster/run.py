"""Run a network over an area of any size, block by block, in flat memory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.grid import Grid, Window
from lib.core.legend import Legend
from lib.deploy.geotiff import SIMULATED, class_codes
from lib.deploy.raster.engine import RasterEngine, model_digest, open_engine
from lib.deploy.raster.plan import RasterPlan
from lib.deploy.raster.rounds import Follow, Rounds, nobody
from lib.deploy.raster.shares import made_by, pack, shares_of
from lib.deploy.raster.source import FileSource, ServiceSource, Source
from lib.deploy.raster.store import MapStore
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.fetching import OnProgress, key_of
from lib.earthengine.imagery import is_simulated
from lib.models.artifact import Artifact, Card

FORM_VERSION = 1
"""Raised when the same inputs give other bytes, so that no old blocks are taken over."""

_SHARE_OF_BLOCKS = 0.9
"""Of the progress; the rest is the writing of the files."""


@dataclass(frozen=True)
class RasterResult:
    """A finished map.

    Attributes:
        path: GeoTIFF of the classes, one byte a pixel, with colours.
        probabilities: GeoTIFF of the probabilities and the entropy; None where not asked for.
        pixels: Pixels with a class.
        masked_pixels: Pixels without imagery, or outside of the area of interest.
        area_ha: Hectares of each class, in the order of the legend.
        seconds: Time that this run took.
        blocks: Blocks of the map.
        resumed_blocks: Blocks that an earlier run had done.
        failed_blocks: Row, column and reason of each block that failed for good and holds no
            answer; another run with the same folder tries only these.
        engine: What predicted: "LiteRT" or "TensorFlow".
        simulated: Whether any pixel comes from the simulated planet.
    """

    path: Path
    probabilities: Path | None
    pixels: int
    masked_pixels: int
    area_ha: tuple[float, ...]
    seconds: float
    blocks: int
    resumed_blocks: int
    failed_blocks: tuple[tuple[int, int, str], ...]
    engine: str
    simulated: bool


def _never() -> bool:
    return False


@with_connection
def run_raster(
    connection: Connection,
    predictors: Expression,
    artifact_dir: Path,
    grid: Grid,
    out: Path,
    *,
    legend: Legend,
    keep: Path,
    plan: RasterPlan = RasterPlan(),
    aoi: Aoi | None = None,
    tags: Mapping[str, str] | None = None,
    on_progress: OnProgress = nobody,
    should_stop: Callable[[], bool] = _never,
) -> RasterResult:
    """Map an image of predictors that a connection computes.

    A run that was killed, stopped or failed goes on where it was when it is called again with the
    same `keep`; the result is the same to the byte, whatever requests failed on the way.

    Args:
        connection: Service to ask.
        predictors: The image that the network reads.
        artifact_dir: Run folder of the network.
        grid: Pixels of the map.
        out: GeoTIFF of the classes; probabilities go beside it.
        legend: Classes of the network, in its order.
        keep: Folder for what outlives the job; emptied when the map is whole.
        plan: How the map is made.
        aoi: Pixels outside of it get no class, and blocks outside of it are not asked for.
        tags: More metadata of the files.
        on_progress: Called with the share done, a few words, and seconds left (None if unknown).
        should_stop: Asked a few times a second; may also raise.

    Raises:
        ModelError: There is no network.
        DeploymentError: The disk is full, no pixel has imagery, or the network reads none.
        Stopped: `should_stop` said so.
        ServiceError: The service refuses, or every block failed.
    """
    engine = open_engine(artifact_dir, keep)
    card = Artifact.load(artifact_dir).card
    source = ServiceSource(connection, predictors, engine.layout.bands(card.predictors))
    job = _Job(artifact_dir, engine, source, grid, legend, plan, aoi)
    simulated = is_simulated(connection, predictors)
    stamp = {"SIMULATED": SIMULATED} if simulated else {}
    return job.run(keep, out, {**(tags or {}), **stamp}, on_progress, should_stop)


def run_raster_file(
    raster: Path,
    artifact_dir: Path,
    out: Path,
    *,
    legend: Legend,
    keep: Path,
    grid: Grid | None = None,
    plan: RasterPlan = RasterPlan(),
    aoi: Aoi | None = None,
    tags: Mapping[str, str] | None = None,
    on_progress: OnProgress = nobody,
    should_stop: Callable[[], bool] = _never,
) -> RasterResult:
    """Map a raster file of predictors, without a service; as `run_raster`.

    Args:
        raster: Its bands are the network's predictors, by description or, without any, in order.
        artifact_dir: Run folder of the network.
        out: GeoTIFF of the classes.
        legend: Classes of the network.
        keep: Folder for what outlives the job.
        grid: Pixels of the map, which coincide with the file's; None for all of the file.
        plan: How the map is made.
        aoi: Pixels outside of it get no class.
        tags: More metadata of the files.
        on_progress: As for `run_raster`.
        should_stop: As for `run_raster`.

    Raises:
        RasterError: The file cannot be read, or lacks a predictor.
        DeploymentError: As for `run_raster`.
        Stopped: `should_stop` said so.
    """
    engine = open_engine(artifact_dir, keep)
    card = Artifact.load(artifact_dir).card
    source = FileSource(raster, engine.layout.bands(card.predictors))
    job = _Job(artifact_dir, engine, source, grid or source.grid, legend, plan, aoi)
    return job.run(keep, out, tags or {}, on_progress, should_stop)


class _Job:
    """One map: what it is made of, and the loop over its blocks."""

    def __init__(
        self,
        artifact_dir: Path,
        engine: RasterEngine,
        source: Source,
        grid: Grid,
        legend: Legend,
        plan: RasterPlan,
        aoi: Aoi | None,
    ) -> None:
        if len(legend) != engine.layout.classes:
            raise DeploymentError(
                f"The legend has {len(legend)} classes and the network {engine.layout.classes}.",
                hint="Take the legend that it was trained with.",
            )
        self._card: Card = Artifact.load(artifact_dir).card
        self._engine, self._source, self._grid = engine, source, grid
        self._legend, self._plan, self._aoi = legend, plan, aoi
        self._codes = class_codes(legend)
        side = plan.block_side or source.block_side
        step = engine.layout.multiple
        self._side = -(-side // step) * step
        self._windows = [window for _, window in grid.blocks(side=self._side)]
        self._key = key_of(
            FORM_VERSION, source.key, model_digest(artifact_dir), engine.name, grid, self._side,
            plan.probabilities, legend.to_json(), aoi and aoi.geometry,
        )  # fmt: skip

    def run(
        self,
        keep: Path,
        out: Path,
        tags: Mapping[str, str],
        on_progress: OnProgress,
        should_stop: Callable[[], bool],
    ) -> RasterResult:
        started = time.monotonic()
        store = MapStore(
            keep,
            key=self._key,
            grid=self._grid,
            legend=self._legend,
            count=len(self._windows),
            probabilities=self._plan.probabilities,
        )
        resumed = store.manifest.done
        try:
            follow = Follow(on_progress, should_stop, _SHARE_OF_BLOCKS)
            Rounds(self._block_of(store), store, self._at_once(), follow).run(self._plan.rounds)
            totals = store.totals()
            if not totals.pixels and not store.manifest.failed:
                raise DeploymentError(
                    "No pixel of the area of interest has imagery, so there is nothing to map.",
                    hint="Choose another area, or dates with images that are less clouded.",
                )
            on_progress(_SHARE_OF_BLOCKS, "Writing the map", None)
            shares = store.finish(out, {**made_by(self._card, self._engine, self._side), **tags})
        finally:
            store.close()
        failed = tuple(self._described(*item) for item in sorted(store.manifest.failed.items()))
        if not failed:
            store.delete()
        on_progress(1.0, "The map is written", 0.0)
        return RasterResult(
            path=out,
            probabilities=shares,
            pixels=totals.pixels,
            masked_pixels=totals.masked,
            area_ha=totals.area_ha,
            seconds=time.monotonic() - started,
            blocks=len(self._windows),
            resumed_blocks=resumed,
            failed_blocks=failed,
            engine=self._engine.name,
            simulated="SIMULATED" in tags,
        )

    def _block_of(self, store: MapStore) -> Callable[[int], None]:
        def block(at: int) -> None:
            window = self._windows[at]
            parts = self._predicted(window)
            if parts is not None:
                store.write(window, parts)

        return block

    def _predicted(self, window: Window) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
        """The bytes of a block; None where it lies outside of the area."""
        inside = None if self._aoi is None else self._grid.window(window).inside(self._aoi)
        if inside is not None and not inside.any():
            return None
        margin = self._engine.layout.margin
        wide = [slice(cut.start - margin, cut.stop + margin) for cut in window]
        shares = shares_of(self._engine, *self._source.read(self._grid, (wide[0], wide[1])))
        if inside is not None:
            shares[~inside] = np.nan
        return pack(shares, self._codes)

    def _at_once(self) -> int:
        """Blocks under way at once: as many as the source takes and memory holds."""
        side = self._side + 2 * self._engine.layout.margin
        bands = len(self._engine.layout.bands(self._card.predictors))
        # Values as they come, as an array of their own, and what the network makes of them.
        block_bytes = 4 * side * side * (3 * bands + 2 * len(self._legend))
        fits = self._plan.memory_mb * 2**20 // block_bytes
        return max(1, min(self._source.at_once, fits))

    def _described(self, at: int, why: str) -> tuple[int, int, str]:
        rows, cols = self._windows[at]
        return rows.start, cols.start, why
