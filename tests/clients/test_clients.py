"""Unmodified clients, each in an environment of its own, against `python -m lib earth`.

`scripts/clients` installs them. The raster that they read counts its pixels: 2 bands of 20 rows
and 30 columns, "red" from 0 to 599 (0 is no data) and "nir" from 600 to 1199.
"""

import base64
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image as Picture

from lib.localearth.importing import import_file
from tests.localearth.test_importing import write

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLIENTS = Path(os.environ.get("LOAM_CLIENTS", Path.home() / ".cache" / "loam-clients"))
PYTHON = CLIENTS / "venv" / "bin" / "python"
NODE = CLIENTS / "node"
MEAN_NIR = (600 + 1199) / 2


def need(path: Path) -> None:
    """Skip where a client is not installed, but fail in CI."""
    if not path.exists():
        reason = f"no clients at {path}; run scripts/clients"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Local Earth's own door, with the raster; gives its address."""
    need(CLIENTS)
    home = tmp_path_factory.mktemp("clients")
    values = np.arange(2 * 20 * 30).reshape(2, 20, 30).astype(np.int16)
    raster = write(home / "scene.tif", values, nodata=0, names=["red", "nir"])
    import_file(raster, name="scene", home=home)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "lib", "earth", "--port", str(port)]
    environment = {**os.environ, "LOAM_HOME": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        try:
            yield answering(f"http://127.0.0.1:{port}", server)
        finally:
            server.terminate()


def answering(url: str, server: "subprocess.Popen[bytes]") -> str:
    """Wait until the server answers; gives its address."""
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            requests.get(f"{url}/health", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return url
    pytest.fail("python -m lib earth did not start")


def output_of(*command: object) -> dict:
    """Run a client's script; what it prints last is JSON."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": ""}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True, text=True, timeout=200, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_official_client_when_it_maps_lists_and_downloads_gets_what_is_there(earth: str) -> None:
    need(PYTHON)

    found = output_of(PYTHON, HERE / "official.py", earth)

    assert found["mean"]["nir"] == pytest.approx(2 * (MEAN_NIR + 5))
    assert found["mean"]["red"] == pytest.approx(2 * (300 + 5))  # of 1 to 599
    assert (found["bands"], found["shape"]) == (["red", "nir"], [20, 30])
    assert found["nir"] == 600 * MEAN_NIR
    assert found["downloaded"] == 599 * 300
    assert found["type"] == "IMAGE_COLLECTION"
    assert len(found["listed"]) == found["counted"] > 0


def test_javascript_client_when_it_maps_a_function_fetches_a_tile(earth: str) -> None:
    """The tile is the one that holds 15.002 E, 47.8525 N, by the formula of the XYZ scheme."""
    need(NODE)

    found = output_of("node", HERE / "tile.js", earth, NODE)

    assert found["value"]["mean"]["nir"] == pytest.approx(2 * (MEAN_NIR + 50))
    assert found["value"]["bands"] == ["red", "nir"]
    assert (found["status"], found["type"]) == (200, "image/png")
    picture = np.asarray(Picture.open(io.BytesIO(base64.b64decode(found["tile"]))))
    shown = picture[..., 3] == 255
    assert picture.shape == (256, 256, 4)
    # 300 m by 200 m in pixels of 9.55 m * cos(47.85 degrees) on the ground
    assert 1_300 < shown.sum() < 1_600
    assert picture[shown][:, 0].max() > 240


def test_xee_when_a_collection_is_averaged_gives_the_mean_of_each_day(earth: str) -> None:
    need(PYTHON)

    found = output_of(PYTHON, HERE / "average.py", earth)

    assert sorted(found["sizes"].values()) == [3, 20, 30]
    assert found["nir"] == pytest.approx([MEAN_NIR, MEAN_NIR + 1, MEAN_NIR + 2])


def test_geemap_when_zones_are_averaged_writes_their_means(earth: str, tmp_path: Path) -> None:
    """Of the columns 0 to 29 the left zone has the first 15; the mean differs by 7.5 from 14.5."""
    need(PYTHON)

    found = output_of(PYTHON, HERE / "zones.py", earth, tmp_path)

    assert found["shape"][2] == 1
    assert found["sum"] >= 600 * MEAN_NIR * 0.9
    assert found["means"] == pytest.approx({"left": MEAN_NIR - 7.5, "right": MEAN_NIR + 7.5})
