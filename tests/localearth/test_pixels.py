"""Images on grids become files, in parts."""

import io

import numpy as np
import pytest

from lib.localearth import pixels
from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from tests.localearth.shapes import ColumnRow, column_row


def request(width, height, *, scale=1.0, x=0.0, y=0.0, **more):
    affine = {"scaleX": scale, "scaleY": -scale, "translateX": x, "translateY": y}
    size = {"width": width, "height": height}
    grid = {"dimensions": size, "affineTransform": affine, "crsCode": "EPSG:4326"}
    return {"grid": grid, "fileFormat": "NPY", **more}


def table(image, body):
    _, data = pixels.answer(image, body, simulated=lambda: False)
    return np.load(io.BytesIO(data))


def test_answer_when_npy_is_asked_gives_pixel_centres_and_zero_where_masked():
    found = table(column_row(), request(4, 2, x=-2.0, y=1.0))

    assert found["x"].tolist() == [[0, 0, 0.5, 1.5], [0, 0, 0.5, 1.5]]
    assert found["y"].tolist() == [[0.5] * 4, [-0.5] * 4]


def test_answer_when_grid_is_large_reads_parts_of_512_that_agree_with_the_whole():
    source = ColumnRow()

    found = table(column_row(source), request(1100, 700, scale=0.01))

    parts = [grid for grid in source.grids if grid.width > 64]  # smaller ones are probes
    assert {(grid.width, grid.height) for grid in parts} == {
        (512, 512), (76, 512), (512, 188), (76, 188),
    }  # fmt: skip
    x, y = Grid("EPSG:4326", (0.01, 0.0, 0.0, 0.0, -0.01, 0.0), 1100, 700).centres()
    np.testing.assert_allclose(found["x"], x, rtol=1e-6)
    np.testing.assert_allclose(found["y"], y, rtol=1e-6)


def test_answer_when_bands_are_named_keeps_their_order():
    found = table(column_row(), request(1, 1, bandIds=["y", "x"]))

    assert found.dtype.names == ("y", "x")


REFUSED = {
    "48 MB": (request(4000, 4000), r"size \(128000000 bytes\) must be .* 50331648 bytes\."),
    "side": (request(32769, 1), "must be less than or equal to 32768"),
    "unknown band": (request(1, 1, bandIds=["z"]), r"Band 'z' not found. Available.*: \[x, y\]"),
    "unknown format": (request(1, 1, fileFormat="XLS"), "Unsupported file format: XLS"),
    "grid without size": (request(0, 1), "needs dimensions"),
    "no grid": ({"fileFormat": "NPY"}, "no fixed projection"),
    "unknown CRS": (
        {"grid": {**request(1, 1)["grid"], "crsCode": "EPSG:999999"}},
        "could not be parsed: 'EPSG:999999'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED)
def test_answer_when_request_is_too_large_or_odd_refuses(body, message):
    with pytest.raises(EarthError, match=message):
        pixels.answer(column_row(), body, simulated=lambda: False)


def test_answer_when_picture_is_opaque_chooses_jpeg_else_png():
    body = request(2, 1, fileFormat="AUTO_JPEG_PNG", bandIds=["y"])

    opaque, _ = pixels.answer(column_row(), body, simulated=lambda: False)
    masked, _ = pixels.answer(
        column_row(), request(2, 1, x=-1.0, fileFormat="AUTO_JPEG_PNG"), simulated=lambda: False
    )

    assert (opaque, masked) == ("image/jpeg", "image/png")


def test_answer_when_data_are_simulated_says_so_in_the_file():
    import rasterio

    body = request(2, 2, x=5.0, fileFormat="GEO_TIFF")
    _, data = pixels.answer(column_row(), body, simulated=lambda: True)

    with rasterio.MemoryFile(data) as file, file.open() as dataset:
        assert dataset.tags()["SIMULATED"].startswith("yes")
