"""Maps of stored rasters: right, without seams, whatever the blocks, and whatever goes wrong."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError, RasterError
from lib.core.legend import Legend
from lib.core.uncertainty import entropy
from lib.deploy.geotiff import NODATA, class_codes
from lib.deploy.raster.plan import RasterPlan
from lib.deploy.raster.rounds import Stopped
from lib.deploy.raster.run import RasterResult, run_raster_file
from lib.deploy.raster.shares import SHARE_STEPS
from lib.earthengine.stack import series_names
from lib.models.artifact import Artifact
from tests.deploy.conftest import LEGEND, NAMES
from tests.deploy.raster.networks import HOLE, network_of, write_raster

Save = Callable[[Any], Path]
ROOT = Path(__file__).parents[3]


def mapped(raster: Path, run_dir: Path, out: Path, side: int = 32, **more: Any) -> RasterResult:
    plan = RasterPlan(block_side=side)
    keep = out.with_suffix(".keep")
    return run_raster_file(raster, run_dir, out, legend=LEGEND, keep=keep, plan=plan, **more)


def read(path: Path) -> Any:
    with rasterio.open(path) as file:
        return file.read()


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    return write_raster(tmp_path / "predictors.tif")


def test_map_of_pixels_is_what_keras_says_and_holds_nothing_without_imagery(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("mlp"))
    expected = Artifact.load(run_dir).predict(np.moveaxis(read(raster), 0, -1))

    result = mapped(raster, run_dir, tmp_path / "map.tif")

    classes, levels = read(result.path)[0], read(result.probabilities or Path())
    hole = np.zeros(classes.shape, bool)
    hole[HOLE] = True
    codes = class_codes(LEGEND)[expected.argmax(-1)]
    assert np.array_equal(classes[~hole], codes[~hole])
    assert (classes[hole] == NODATA).all()
    assert (levels[:, hole] == NODATA).all()
    # Half a step, and what LiteRT differs by.
    shares = np.moveaxis(levels[:-1], 0, -1)[~hole] / SHARE_STEPS
    assert np.abs(shares - expected[~hole]).max() <= 0.5 / SHARE_STEPS + 1e-5
    nats = entropy(expected, normalised=True)
    assert np.abs(levels[-1][~hole] / SHARE_STEPS - nats[~hole]).max() <= 0.5 / SHARE_STEPS + 1e-4
    assert (result.pixels, result.masked_pixels) == (96 * 96 - 84, 84)
    assert sum(result.area_ha) == pytest.approx((96 * 96 - 84) * 0.01)
    assert result.engine == "LiteRT"


def test_map_is_a_cloud_optimised_geotiff_with_colours_names_and_its_making(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    result = mapped(raster, save_network(network_of("mlp")), tmp_path / "map.tif", tags={"A": "b"})

    with rasterio.open(result.path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.colormap(1)[10][:3] == tuple(bytes.fromhex(LEGEND.colors[0][1:]))
        assert (file.nodata, file.descriptions, file.crs.to_epsg()) == (NODATA, ("class",), 32633)
        tags = file.tags()
    assert tags["PREDICTORS"] == ",".join(NAMES)
    assert (tags["CLASS_10"], tags["A"], tags["ENGINE"]) == (LEGEND.names[0], "b", "LiteRT")
    with rasterio.open(result.probabilities) as file:
        assert file.descriptions[0] == f"probability of {LEGEND.names[0]}"
        assert file.descriptions[-1] == "entropy"
        assert file.scales[0] == pytest.approx(1 / SHARE_STEPS)


@pytest.mark.parametrize("family", ["mlp", "patch_cnn", "fcn", "unet"])
def test_map_does_not_depend_on_how_it_is_cut_into_blocks(
    family: str, raster: Path, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of(family))
    small = mapped(raster, run_dir, tmp_path / "small.tif", 16)
    large = mapped(raster, run_dir, tmp_path / "large.tif", 96)

    assert (small.blocks, large.blocks) == (36, 1)
    assert np.array_equal(read(small.path), read(large.path))
    levels = [read(one.probabilities or Path()).astype(int) for one in (small, large)]
    # Rounding may fall to either side.
    assert np.abs(levels[0] - levels[1]).max() <= 1
    assert (levels[0] == levels[1]).mean() > 0.999


def test_patch_network_gives_each_pixel_what_keras_gives_the_patch_around_it(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("patch_cnn", side=7))
    values = np.moveaxis(read(raster), 0, -1)
    valid = values[..., 0] != -9999
    filled = np.where(valid[..., None], values, 0)
    at = [(3, 3), (40, 60), (29, 45), (92, 92)]
    cuts = [(slice(row - 3, row + 4), slice(col - 3, col + 4)) for row, col in at]
    expected = Artifact.load(run_dir).predict(
        np.stack([filled[cut] for cut in cuts]), np.stack([valid[cut] for cut in cuts])
    )

    levels = read(mapped(raster, run_dir, tmp_path / "map.tif").probabilities or Path())

    came = np.array([levels[:-1, row, col] for row, col in at]) / SHARE_STEPS
    assert np.abs(came - expected).max() <= 0.5 / SHARE_STEPS + 1e-5


def test_tiles_are_means_of_overlapping_patches_weighed_to_their_middle(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("unet", side=8))
    values = np.moveaxis(read(raster), 0, -1)
    corners = [(row, col) for row in (56, 60) for col in (64, 68)]
    tiles = np.stack([values[row : row + 8, col : col + 8] for row, col in corners])
    shares = Artifact.load(run_dir).predict(tiles, dense=True)
    line = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8) / 8)
    weights = [line[61 - row] * line[70 - col] for row, col in corners]
    each = [tile[61 - row, 70 - col] for tile, (row, col) in zip(shares, corners, strict=True)]
    expected = np.average(each, axis=0, weights=weights)

    levels = read(mapped(raster, run_dir, tmp_path / "map.tif").probabilities or Path())

    assert np.abs(levels[:-1, 61, 70] / SHARE_STEPS - expected).max() <= 0.5 / SHARE_STEPS + 1e-4


def test_series_are_read_date_by_date_with_their_flags(save_network: Save, tmp_path: Path) -> None:
    values, flags = series_names(NAMES, 5)
    raster = write_raster(tmp_path / "series.tif", side=32, bands=(*values, *flags))
    run_dir = save_network(network_of("gru"))
    pixels = np.moveaxis(read(raster), 0, -1)
    series = pixels[..., : len(values)].reshape(32, 32, 5, len(NAMES))
    expected = Artifact.load(run_dir).predict(series, pixels[..., len(values) :] > 0.5)

    result = mapped(raster, run_dir, tmp_path / "map.tif", 16)

    seen = np.ones((32, 32), bool)
    seen[HOLE] = False
    levels = np.moveaxis(read(result.probabilities or Path())[:-1], 0, -1)
    assert np.abs(levels[seen] / SHARE_STEPS - expected[seen]).max() <= 0.5 / SHARE_STEPS + 1e-5


KILLED = """
import os, sys
from pathlib import Path
from lib.deploy.raster import rounds
from lib.core.legend import Legend
from lib.deploy.raster.plan import RasterPlan
from lib.deploy.raster.run import run_raster_file
rounds._SAVED_EVERY_S = 0.0
raster, run_dir, out = map(Path, sys.argv[1:])
def die(share, words, seconds):
    if words.startswith("Block 5 "):
        os.kill(os.getpid(), 9)
run_raster_file(raster, run_dir, out, legend=Legend.from_values([10, 20, 30, 40]),
    keep=out.with_suffix(".keep"), plan=RasterPlan(block_side=32), on_progress=die)
"""


def test_map_that_was_killed_goes_on_where_it_was_and_ends_the_same(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("fcn"))
    whole = mapped(raster, run_dir, tmp_path / "whole.tif")
    out = tmp_path / "again.tif"
    # With the TFLite file at hand the process needs no TensorFlow.
    shutil.copytree(tmp_path / "whole.keep", tmp_path / "again.keep")

    command = [sys.executable, "-c", KILLED, str(raster), str(run_dir), str(out)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    again = mapped(raster, run_dir, out)

    assert ended.returncode == -9, ended.stderr
    assert 1 <= again.resumed_blocks <= 5
    assert again.path.read_bytes() == whole.path.read_bytes()
    assert again.probabilities is not None
    assert whole.probabilities is not None
    assert again.probabilities.read_bytes() == whole.probabilities.read_bytes()
    assert not (tmp_path / "again.keep" / "manifest.json").exists()


def test_stopped_map_says_how_far_it_came_and_another_network_starts_anew(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("mlp"))
    told: list[str] = []

    def stop_after_three() -> bool:
        return len(told) >= 3

    with pytest.raises(Stopped, match=r"stopped after [3-6] of 36 blocks"):
        mapped(
            raster, run_dir, tmp_path / "map.tif", 16,
            on_progress=lambda share, words, left: told.append(words), should_stop=stop_after_three,
        )  # fmt: skip
    save_network(network_of("fcn"))

    assert mapped(raster, run_dir, tmp_path / "map.tif", 16).resumed_blocks == 0


def test_pixels_outside_of_the_area_get_no_class(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    from tests.deploy.raster.networks import grid_of

    lon, lat = grid_of(raster).lonlat([80, 20], [20, 80])
    aoi = Aoi.from_bounds(lon[0], lat[0], lon[1], lat[1])

    result = mapped(raster, save_network(network_of("mlp")), tmp_path / "map.tif", aoi=aoi)

    inside = grid_of(raster).inside(aoi)
    inside[HOLE] = False
    assert np.array_equal(read(result.path)[0] != NODATA, inside)


def test_area_without_imagery_is_told(raster: Path, save_network: Save, tmp_path: Path) -> None:
    with rasterio.open(raster, "r+") as file:
        file.write(np.full((3, 96, 96), np.nan, np.float32))

    with pytest.raises(DeploymentError, match="No pixel of the area of interest has imagery"):
        mapped(raster, save_network(network_of("mlp")), tmp_path / "map.tif")


def test_full_disk_is_told_before_and_while_files_are_written(
    save_network: Save, tmp_path: Path
) -> None:
    raster = write_raster(tmp_path / "noise.tif", side=300)
    run_dir = save_network(network_of("mlp"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Raw probabilities take 450,000 bytes; with overviews and headers the GeoTIFF takes more than
    # the classes alone, so that the second limit is met by the first file that is compressed.
    errors = []
    for limit in (300_000, 451_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            mapped(raster, run_dir, tmp_path / "map.tif", 96)
        except DeploymentError as error:
            errors.append(str(error))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "probabilities.raw could not be written" in errors[0]
    assert "The map needs 450 kB" in errors[0]
    assert all("disk is full" in error for error in errors)
    assert mapped(raster, run_dir, tmp_path / "map.tif", 96).pixels > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: setattr(file, "descriptions", ("east", "other", "wave")), "band “north”"),
    ],
)
def test_raster_that_lacks_a_predictor_is_refused_by_its_name(
    change: Callable[[Any], None], words: str, raster: Path, save_network: Save, tmp_path: Path
) -> None:
    with rasterio.open(raster, "r+") as file:
        change(file)

    with pytest.raises(RasterError, match=words):
        mapped(raster, save_network(network_of("mlp")), tmp_path / "map.tif")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_raster_that_lies_nowhere_is_refused(save_network: Save, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.tif"
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 3, "dtype": "float32"}
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.zeros((3, 4, 4), np.float32))

    with pytest.raises(RasterError, match="no coordinate system"):
        mapped(path, save_network(network_of("mlp")), tmp_path / "map.tif")
    assert NotGeoreferencedWarning


def test_legend_of_another_network_is_refused(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    with pytest.raises(DeploymentError, match="legend has 2 classes and the network 4"):
        run_raster_file(
            raster, save_network(network_of("mlp")), tmp_path / "map.tif",
            legend=Legend.from_values([1, 2]), keep=tmp_path / "keep",
        )  # fmt: skip


def test_map_without_probabilities_is_one_file(
    raster: Path, save_network: Save, tmp_path: Path
) -> None:
    plan = replace(RasterPlan(), probabilities=False)

    result = run_raster_file(
        raster, save_network(network_of("mlp")), tmp_path / "map.tif",
        legend=LEGEND, keep=tmp_path / "keep", plan=plan,
    )  # fmt: skip

    assert result.probabilities is None
    assert result.path.exists()
