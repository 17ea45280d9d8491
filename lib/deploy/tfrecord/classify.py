"""Patches of an export through a network, in their order."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError
from lib.core.grid import Grid, Window
from lib.core.legend import Legend
from lib.deploy.disk import full_disk
from lib.deploy.geotiff import class_codes
from lib.deploy.native.compile import CLASS_BAND
from lib.deploy.raster.engine import RasterEngine, model_digest, open_engine
from lib.deploy.raster.rounds import Stopped, nobody
from lib.deploy.raster.shares import pack, shares_of
from lib.deploy.tfrecord.mixer import Mixer
from lib.deploy.tfrecord.records import Patches, count_records, read_patches, write_classes
from lib.earthengine.fetching import OnProgress
from lib.models.artifact import Artifact

VALID = "valid"
"""The band that tells where all predictors were observed, 1 or 0."""

Inside = Callable[[Window], NDArray[np.bool_]]
_AT_ONCE = 4


def _never() -> bool:
    return False


def classify_patches(
    artifact_dir: Path,
    patches: Patches,
    out_dir: Path,
    *,
    legend: Legend,
    grid: Grid,
    keep: Path,
    aoi: Aoi | None = None,
    on_progress: OnProgress = nobody,
    should_stop: Callable[[], bool] = _never,
) -> Patches:
    """Classify patches, a file for each file, in the same order.

    A run that was stopped goes on with the first file that is not there. Pixels without imagery
    get `geotiff.NODATA`.

    Args:
        artifact_dir: Run folder of the network.
        patches: What Earth Engine exported for it.
        out_dir: Gets the files; the mixer file stays where it is.
        legend: Classes of the network.
        grid: As for `start_patches`; pixels outside of it get no class.
        keep: Folder for the network's TFLite file.
        aoi: Pixels outside of it get no class.
        on_progress: Called with the share done, a few words, and None.
        should_stop: Asked before each patch; may also raise.

    Raises:
        ModelError: There is no network.
        DeploymentError: A file cannot be read, patches are missing, or the disk is full.
        Stopped: `should_stop` said so.
    """
    mixer = Mixer.read(patches.mixer)
    inside = _inside(mixer.grid, grid, aoi)
    work = _Work(artifact_dir, mixer, legend, keep, inside)
    out_dir.mkdir(parents=True, exist_ok=True)
    made, done = [], 0
    for file in patches.files:
        path = out_dir / f"{file.name.split('.')[0]}-{model_digest(artifact_dir)[:8]}.tfrecord"
        if path.exists():
            done += count_records(path)
        else:
            answers = _watched(work.classes(file, done), done, work.mixer, on_progress, should_stop)
            try:
                done += write_classes(path, answers, CLASS_BAND)
            except OSError as error:
                raise full_disk(path, error) from error
        made.append(path)
    if done != work.mixer.total:
        raise DeploymentError(
            f"The files hold {done} patches, and their mixer file tells of {work.mixer.total}.",
            hint="Fetch all files of the export, those of no other, and classify them again.",
        )
    on_progress(1.0, "All patches are classified", None)
    return Patches(tuple(made), patches.mixer)


def _inside(whole: Grid, grid: Grid, aoi: Aoi | None) -> Inside:
    """Tell which pixels of a window of all patches are wanted."""
    x, y = (np.array([grid.transform[place]]) for place in (2, 5))
    a, b, c, d, e, f = whole.transform
    cols, rows = np.linalg.solve([[a, b], [d, e]], [x - c, y - f]).round().astype(int).ravel()

    def inside(window: Window) -> NDArray[np.bool_]:
        down = np.arange(window[0].start, window[0].stop)[:, None] - rows
        right = np.arange(window[1].start, window[1].stop)[None] - cols
        wanted = (down >= 0) & (down < grid.shape[0]) & (right >= 0) & (right < grid.shape[1])
        chosen: NDArray[np.bool_] = wanted
        return chosen if aoi is None else chosen & whole.window(window).inside(aoi)

    return inside


class _Work:
    """A network over patches."""

    def __init__(
        self, artifact_dir: Path, mixer: Mixer, legend: Legend, keep: Path, inside: Inside
    ) -> None:
        self.mixer = mixer
        self._engine: RasterEngine = open_engine(artifact_dir, keep)
        self._bands = [
            *self._engine.layout.bands(Artifact.load(artifact_dir).card.predictors),
            VALID,
        ]
        self._codes, self._inside = class_codes(legend), inside

    def classes(self, file: Path, first: int) -> Iterator[NDArray[np.uint8]]:
        """Classes of the patches of a file, some of them under way at once."""
        lap = 2 * self._engine.layout.margin
        shape = (self.mixer.height + lap, self.mixer.width + lap)
        numbered = enumerate(read_patches(file, self._bands, shape), start=first)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for group in _groups(numbered, _AT_ONCE):
                yield from pool.map(self._classes_of, group)

    def _classes_of(self, numbered: tuple[int, NDArray[np.float32]]) -> NDArray[np.uint8]:
        number, patch = numbered
        valid = patch[..., -1] > 0
        shares = shares_of(self._engine, np.ascontiguousarray(patch[..., :-1]), valid)
        shares[~self._inside(self.mixer.window(number))] = np.nan
        return pack(shares, self._codes)[0]


def _watched(
    answers: Iterator[NDArray[np.uint8]],
    done: int,
    mixer: Mixer,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
) -> Iterator[NDArray[np.uint8]]:
    for number, answer in enumerate(answers, start=done + 1):
        if should_stop():
            raise Stopped(
                f"The map was stopped after {number - 1} of {mixer.total} patches.",
                hint="Start it again to go on with the file that it was at.",
            )
        on_progress(number / (mixer.total + 1), f"Patch {number} of {mixer.total}", None)
        yield answer


def _groups(
    items: Iterable[tuple[int, NDArray[np.float32]]], count: int
) -> Iterator[list[tuple[int, NDArray[np.float32]]]]:
    group = []
    for item in items:
        group.append(item)
        if len(group) == count:
            yield group
            group = []
    if group:
        yield group
