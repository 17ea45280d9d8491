"""Exports of images as TFRecord patches, with the mixer file that says where each patch lies.

Form: developers.google.com/earth-engine/guides/tfrecord. Records follow the patches row by row;
what does not fill a patch at the right and lower edge is left out; all numbers are floats; a patch
is a tensor of channels, rows and columns.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import memory, tfrecord
from lib.localearth.batch import Job
from lib.localearth.errors import EarthError
from lib.localearth.export_options import PatchOptions
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading

_STRIP = 512  # pixels of a row of patches that are evaluated at once
_MEMO_BYTES = 64 * 2**20
Files = list[tuple[str, Path]]


def write(job: Job, image: Image, grid: Grid, options: PatchOptions, *, simulated: bool) -> Files:
    """Write the records and the mixer.

    Args:
        job: Told how far it is.
        image: What is exported.
        grid: Its pixels.
        options: How.
        simulated: Whether the mixer shall say that the data are simulated.

    Returns:
        Suffixes of names, and the files.

    Raises:
        EarthError: The image is smaller than a patch, or an array-valued band has no depth.
    """
    _check(image, grid, options)
    across, down = grid.width // options.patch[0], grid.height // options.patch[1]
    files = _write_records(job, _patches(image, grid, options), options, across * down)
    if options.max_masked == 1:
        mixer = job.scratch(".json")
        told = {"simulated": True} if simulated else {}
        mixer.write_text(json.dumps(_mixer(grid, options, across, down) | told, indent=2))
        files.append(("-mixer.json", mixer))
    return files


def _check(image: Image, grid: Grid, options: PatchOptions) -> None:
    width, height = options.patch
    if grid.width < width or grid.height < height:
        raise EarthError(
            f"The image of {grid.width}x{grid.height} pixels is smaller than a patch of "
            f"{width}x{height}."
        )
    for band in image.bands:
        if band.type.dimensions > 1 or (band.type.dimensions and band.name not in options.depths):
            raise EarthError(
                f"Band '{band.name}' is array-valued: it must have one dimension, and a depth in "
                "'tensorDepths'."
            )


def _mixer(grid: Grid, options: PatchOptions, across: int, down: int) -> dict[str, object]:
    return {
        "projection": {"crs": grid.crs, "affine": {"doubleMatrix": list(grid.transform)}},
        "patchDimensions": list(options.patch),
        "patchesPerRow": across,
        "totalPatches": across * down,
    }


def _write_records(
    job: Job, patches: Iterator["_Patch"], options: PatchOptions, total: int
) -> Files:
    suffix = ".tfrecord.gz" if options.compress else ".tfrecord"
    files: Files = []
    file: tfrecord.RecordFile | None = None
    try:
        for done, patch in enumerate(patches):
            job.progress(done / total)
            for data in _records(patch, options):
                if file is None or file.size + len(data) > options.max_bytes:
                    if file is not None:
                        file.close()
                    files.append((f"-{len(files):05d}{suffix}", job.scratch(suffix)))
                    file = tfrecord.RecordFile(files[-1][1], compress=options.compress)
                file.write(data)
    finally:
        if file is not None:
            file.close()
    return files


@dataclass(frozen=True)
class _Patch:
    """A patch with its margin: `(channels, rows, columns)` by band, and its masked share.

    Attributes:
        tensors: One channel, or as many as an array-valued band has values.
        arrays: Names of the array-valued bands.
        masked: Share of pixels that any band masks.
    """

    tensors: Mapping[str, NDArray[np.float32]]
    arrays: frozenset[str]
    masked: float


def _together(image: Image, grid: Grid, options: PatchOptions) -> int:
    """How many patches of a row are evaluated at once: as many as fit into memory.

    Raises:
        EarthError: Not even one fits.
    """
    (width, height), (wider, higher) = options.patch, options.margin
    need = memory.probe(image, grid)
    memory.require(need.at(max(width + wider, height + higher)), f"A patch of {width} x {height}")
    fitting = memory.part_side(need, 0) ** 2 // (height + higher)
    return max(1, min(_STRIP, fitting) // width)


def _patches(image: Image, grid: Grid, options: PatchOptions) -> Iterator[_Patch]:
    """All patches, row by row; several of a row are evaluated together."""
    (width, height), (wider, higher) = options.patch, options.margin
    across, down = grid.width // width, grid.height // height
    together = _together(image, grid, options)
    for row in range(down):
        for first in range(0, across, together):
            count = min(together, across - first)
            window = grid.window(
                first * width - wider // 2,
                row * height - higher // 2,
                count * width + wider,
                height + higher,
            )
            planes = image.planes(window, Reading(_MEMO_BYTES))
            for number in range(count):
                columns = slice(number * width, (number + 1) * width + wider)
                yield _patch(image, [_cut(plane, columns) for plane in planes], options)


def _cut(plane: Plane, columns: slice) -> Plane:
    mask = None if plane.mask is None else plane.mask[:, columns]
    return Plane(plane.data[:, columns], mask)


def _patch(image: Image, planes: Sequence[Plane], options: PatchOptions) -> _Patch:
    tensors, arrays = {}, set()
    missing = np.zeros(planes[0].data.shape[:2], bool)
    for band, plane in zip(image.bands, planes, strict=True):
        partial = plane.weights < 1  # masked in part counts as masked
        missing |= partial
        values = plane.data[..., None]
        if band.type.dimensions:
            arrays.add(band.name)
            values = _deepened(plane.data, options.depths[band.name], options.default)
        chosen = np.where(partial[..., None], np.float32(options.default), values)
        tensors[band.name] = np.moveaxis(chosen.astype(np.float32), -1, 0)
    return _Patch(tensors, frozenset(arrays), float(missing.mean()))


def _deepened(data: NDArray[Any], depth: int, default: float) -> NDArray[Any]:
    """Cut the arrays of pixels to a depth, or fill them up to it."""
    lacking = max(0, depth - data.shape[-1])
    filled = np.pad(data, ((0, 0), (0, 0), (0, lacking)), constant_values=default)
    return filled[..., :depth]


def _records(patch: _Patch, options: PatchOptions) -> Iterator[bytes]:
    if patch.masked > options.max_masked:
        return
    if options.sequences:
        yield from _sequences(patch)
    elif options.collapse:
        name = next(iter(patch.tensors))
        yield tfrecord.example({name: np.concatenate(list(patch.tensors.values())).ravel()})
    else:
        yield tfrecord.example({name: tensor.ravel() for name, tensor in patch.tensors.items()})


def _sequences(patch: _Patch) -> Iterator[bytes]:
    """One record for each pixel: plain bands are its context, arrays its steps."""
    flat = {name: t.reshape(len(t), -1).T for name, t in patch.tensors.items()}
    for pixel in range(len(next(iter(flat.values())))):
        context = {name: v[pixel] for name, v in flat.items() if name not in patch.arrays}
        steps = {name: [[x] for x in flat[name][pixel]] for name in sorted(patch.arrays)}
        yield tfrecord.sequence_example(context, steps)
