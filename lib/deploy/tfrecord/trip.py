"""The round trip: export patches, fetch them, classify them here, and ingest what came of it.

https://developers.google.com/earth-engine/guides/tfrecord: records follow the patches row by row,
patches that overlap are cut to their middle before they go back, and what is uploaded has as many
patches in the same order, with the mixer file of the export behind them.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.grid import Grid, Window
from lib.core.legend import Legend
from lib.deploy.disk import full_disk
from lib.deploy.geotiff import NODATA, SIMULATED, class_codes
from lib.deploy.ingest import ingest
from lib.deploy.native.compile import CLASS_BAND
from lib.deploy.raster.engine import RasterEngine, model_digest, open_engine
from lib.deploy.raster.rounds import Stopped, nobody
from lib.deploy.raster.shares import pack, shares_of
from lib.deploy.storage import Bucket, OnProgress
from lib.deploy.tasks import Task, edge_pixels, inner_region, task_of
from lib.deploy.tfrecord.mixer import Mixer
from lib.deploy.tfrecord.records import count_records, read_patches, write_classes
from lib.earthengine import fetching
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_image
from lib.earthengine.pixels import with_validity
from lib.models.artifact import Artifact

PATCH = 256
"""Side of a patch without its overlap, in pixels."""

FILE_BYTES = 128 * 2**20
"""Of a file before it is compressed: what is read and classified in one go."""

VALID = "valid"
Inside = Callable[[Window], NDArray[np.bool_]]
_AT_ONCE = 4
_MIXER = "mixer.json"


@dataclass(frozen=True)
class Patches:
    """Files of patches.

    Attributes:
        files: In their order.
        mixer: The mixer file.
    """

    files: tuple[Path, ...]
    mixer: Path


def _never() -> bool:
    return False


@with_connection
def start_patches(
    connection: Connection,
    predictors: Expression,
    artifact_dir: Path,
    grid: Grid,
    *,
    bucket: str,
    name: str,
    keep: Path,
    patch: int = PATCH,
) -> Task:
    """Start a task that writes a network's predictors as patches into a bucket.

    Patches begin a little outside of the grid's corner, since Earth Engine masks what lies beyond
    an export, and the network must see it; the last of a row and of a column reach further beyond,
    since what does not fill a patch is left out. `classify_patches` takes the surplus away.

    Args:
        connection: Service that performs it.
        predictors: The image that the network reads.
        artifact_dir: Run folder of the network.
        grid: Pixels of the map.
        bucket: Bucket without "gs://".
        name: How the objects' names begin, folders included.
        keep: Folder for the network's TFLite file.
        patch: Side of a patch without its overlap, rounded up to what the network needs.

    Raises:
        ModelError: There is no network.
        ServiceError: The service refuses, in a sentence.
    """
    engine = open_engine(artifact_dir, keep)
    step, margin = engine.layout.multiple, engine.layout.margin
    side = _multiple(patch, step)
    wide = _filled(grid, side, around=_multiple(margin + 1, step))
    image = with_validity(predictors, engine.layout.bands(_predictors_of(artifact_dir)))
    task = ee.batch.Export.image.toCloudStorage(
        image=to_image(image).toFloat(),
        description=f"patches_{name.replace('/', '_')}"[:100],
        bucket=bucket,
        fileNamePrefix=name,
        region=inner_region(wide),
        crs=wide.crs,
        crsTransform=list(wide.transform),
        maxPixels=wide.size + edge_pixels(wide),
        fileFormat="TFRecord",
        formatOptions={
            "patchDimensions": [side, side],
            "kernelSize": [2 * margin, 2 * margin],
            "compressed": True,
            "maxFileSize": FILE_BYTES,
        },
    )
    task.start()
    return task_of(connection, str(task.id))


def fetch_patches(
    bucket: Bucket, name: str, folder: Path, *, on_progress: OnProgress | None = None
) -> Patches:
    """Fetch what `start_patches` wrote; files that are there already are not fetched again.

    Args:
        bucket: The bucket.
        name: As for `start_patches`.
        folder: Where the files go.
        on_progress: Called with the share of files that are here, and a few words.

    Raises:
        DeploymentError: There are no patches of that name, or the disk is full.
        ServiceError: The bucket refuses.
    """
    names = bucket.names(name)
    folder.mkdir(parents=True, exist_ok=True)
    for done, one in enumerate(names):
        path = folder / Path(one).name
        if on_progress:
            on_progress(done / len(names), f"Fetching {path.name}")
        if not path.exists():
            try:
                bucket.download(one, path)
            except OSError as error:
                raise full_disk(path, error) from error
    return patches_in(folder)


def patches_in(folder: Path) -> Patches:
    """Find the files of an export in a folder.

    Raises:
        DeploymentError: There are no records, or there is no mixer file.
    """
    files = tuple(sorted([*folder.glob("*.tfrecord"), *folder.glob("*.tfrecord.gz")]))
    mixers = sorted(folder.glob(f"*{_MIXER}"))
    if not files or len(mixers) != 1:
        raise DeploymentError(
            f"{folder.name} holds {len(files)} files of records and {len(mixers)} mixer files; "
            "an export has some and one.",
            hint="Fetch all files of one export into a folder of its own.",
        )
    return Patches(files, mixers[0])


def classify_patches(
    artifact_dir: Path,
    patches: Patches,
    out_dir: Path,
    *,
    legend: Legend,
    grid: Grid,
    keep: Path,
    aoi: Aoi | None = None,
    on_progress: fetching.OnProgress = nobody,
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


@with_connection
def upload_patches(
    connection: Connection,
    patches: Patches,
    bucket: Bucket,
    *,
    asset: str,
    folder: str,
    on_progress: OnProgress | None = None,
) -> Task:
    """Put classes and their mixer file into a bucket, and start the task that ingests them.

    Args:
        connection: Service that keeps the asset.
        patches: What `classify_patches` made.
        bucket: The bucket.
        asset: Id of the image.
        folder: Where in the bucket the files go.
        on_progress: Called with the share of files that are up, and a few words.

    Raises:
        ServiceError: The bucket or the service refuses, in a sentence.
    """
    uris = []
    files = (*patches.files, patches.mixer)
    for done, path in enumerate(files):
        if on_progress:
            on_progress(done / len(files), f"Uploading {path.name}")
        uris.append(bucket.upload_file(path, f"{folder}/{path.name}"))
    simulated = Mixer.read(patches.mixer).simulated
    properties = {"simulated": SIMULATED} if simulated else {}
    return ingest(connection, asset, uris, missing=NODATA, properties=properties, overwrite=True)


def upload_command(asset: str, uris: Iterable[str]) -> str:
    """The same ingestion as a command of Earth Engine's own client."""
    options = f"--asset_id={asset} --pyramiding_policy=mode --nodata_value={NODATA}"
    return f"earthengine upload image {options} {' '.join(uris)}"


def _inside(whole: Grid, grid: Grid, aoi: Aoi | None) -> Inside:
    """Tell which pixels of a window of all patches are wanted."""
    x, y = (np.array([grid.transform[place]]) for place in (2, 5))
    a, b, c, d, e, f = whole.transform
    cols, rows = np.linalg.solve([[a, b], [d, e]], [x - c, y - f]).round().astype(int).ravel()

    def inside(window: Window) -> NDArray[np.bool_]:
        down = np.arange(window[0].start, window[0].stop)[:, None] - rows
        right = np.arange(window[1].start, window[1].stop)[None] - cols
        wanted = (down >= 0) & (down < grid.shape[0]) & (right >= 0) & (right < grid.shape[1])
        return wanted if aoi is None else wanted & whole.window(window).inside(aoi)

    return inside


class _Work:
    """A network over patches."""

    def __init__(
        self, artifact_dir: Path, mixer: Mixer, legend: Legend, keep: Path, inside: Inside
    ) -> None:
        self.mixer = mixer
        self._engine: RasterEngine = open_engine(artifact_dir, keep)
        self._bands = [*self._engine.layout.bands(_predictors_of(artifact_dir)), VALID]
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
    on_progress: fetching.OnProgress,
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


def _filled(grid: Grid, side: int, *, around: int) -> Grid:
    """The grid with pixels around it, and more to the right and below so that patches fill it."""
    height, width = (_multiple(length + 2 * around, side) for length in grid.shape)
    return grid.window((slice(-around, height - around), slice(-around, width - around)))


def _multiple(number: int, step: int) -> int:
    """The least multiple of a step that is not below a number."""
    return -(-number // step) * step


def _predictors_of(artifact_dir: Path) -> tuple[str, ...]:
    return Artifact.load(artifact_dir).card.predictors
