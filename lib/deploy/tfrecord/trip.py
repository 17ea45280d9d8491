"""The round trip: export patches, fetch them, classify them here, and ingest what came of it.

https://developers.google.com/earth-engine/guides/tfrecord: records follow the patches row by row,
patches that overlap are cut to their middle before they go back, and what is uploaded has as many
patches in the same order, with the mixer file of the export behind them.
"""

from collections.abc import Iterable
from pathlib import Path

import ee

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.deploy.disk import full_disk
from lib.deploy.geotiff import NODATA, SIMULATED
from lib.deploy.ingest import ingest
from lib.deploy.raster.engine import open_engine
from lib.deploy.storage import Bucket, OnProgress
from lib.deploy.tasks import Task, edge_pixels, inner_region, task_of
from lib.deploy.tfrecord.mixer import Mixer
from lib.deploy.tfrecord.records import Patches
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_image
from lib.earthengine.pixels import with_validity
from lib.models.artifact import Artifact

PATCH = 256
"""Side of a patch without its overlap, in pixels."""

FILE_BYTES = 128 * 2**20
"""Of a file before it is compressed: what is read and classified in one go."""

_MIXER = "mixer.json"


def description_of(name: str) -> str:
    """What the task of `start_patches` is called, by which it is found again."""
    return f"patches_{name.replace('/', '_')}"[:100]


def patch_count(grid: Grid, *, side: int = PATCH) -> int:
    """Patches that cover a grid; a network that looks around a pixel may need some more."""
    return _filled(grid, side, around=1).size // side**2


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
    image = with_validity(
        predictors, engine.layout.bands(Artifact.load(artifact_dir).card.predictors)
    )
    task = ee.batch.Export.image.toCloudStorage(
        image=to_image(image).toFloat(),
        description=description_of(name),
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


@with_connection
def upload_patches(
    connection: Connection,
    patches: Patches,
    bucket: Bucket,
    *,
    asset: str,
    folder: str,
    overwrite: bool = True,
    on_progress: OnProgress | None = None,
) -> Task:
    """Put classes and their mixer file into a bucket, and start the task that ingests them.

    Args:
        connection: Service that keeps the asset.
        patches: What `classify.classify_patches` made.
        bucket: The bucket.
        asset: Id of the image.
        folder: Where in the bucket the files go.
        overwrite: Whether an asset of that name is replaced.
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
    return ingest(
        connection, asset, uris, missing=NODATA, properties=properties, overwrite=overwrite
    )


def upload_command(asset: str, uris: Iterable[str]) -> str:
    """The same ingestion as a command of Earth Engine's own client."""
    options = f"--asset_id={asset} --pyramiding_policy=mode --nodata_value={NODATA}"
    return f"earthengine upload image {options} {' '.join(uris)}"


def _filled(grid: Grid, side: int, *, around: int) -> Grid:
    """The grid with pixels around it, and more to the right and below so that patches fill it."""
    height, width = (_multiple(length + 2 * around, side) for length in grid.shape)
    return grid.window((slice(-around, height - around), slice(-around, width - around)))


def _multiple(number: int, step: int) -> int:
    """The least multiple of a step that is not below a number."""
    return -(-number // step) * step
