"""What the documents say is run: the code of the Earth Engine page, and the README's commands."""

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyproj import Transformer

ROOT = Path(__file__).parents[1]
BOUNDS = (12.30, 47.80, 12.32, 47.81)
EASTING, NORTHING = (
    10 * round(value / 10)
    for value in Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True).transform(
        BOUNDS[0], BOUNDS[3]
    )
)
PAGE = ROOT / "docs" / "earth-engine-and-tensorflow.md"


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@contextlib.contextmanager
def serving(home: Path) -> Iterator[str]:
    """`python -m lib earth` on a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "lib", "earth", "--port", str(port), "--assets", str(home)]
    server = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/v1/projects/local/algorithms")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(address: str) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=5)
            return
    raise TimeoutError(address)


@pytest.fixture(scope="module")
def local_earth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Local Earth that listens on loopback."""
    with serving(tmp_path_factory.mktemp("earth")) as url:
        yield url


def test_code_of_the_earth_engine_page_runs_from_top_to_bottom(
    local_earth: str, tmp_path: Path
) -> None:
    script = tmp_path / "page.py"
    setting = {
        "URL": local_earth,
        "FOLDER": str(tmp_path),
        "BOUNDS": BOUNDS,
        "CRS": "EPSG:32633",
        "EASTING": EASTING,
        "NORTHING": NORTHING,
    }
    lines = [f"{name} = {value!r}" for name, value in setting.items()]
    script.write_text("\n\n".join(["\n".join(lines), *python_blocks(PAGE)]))

    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=240
    )

    assert done.returncode == 0, done.stderr[-3000:]


def test_code_of_the_readme_runs_against_local_earth(local_earth: str, tmp_path: Path) -> None:
    (block,) = python_blocks(ROOT / "README.md")
    script = tmp_path / "readme.py"
    script.write_text(block.replace("http://127.0.0.1:8765", local_earth))

    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert float(done.stdout) == pytest.approx(30.922080775909325, rel=1e-9)


def test_readme_has_the_two_commands_on_its_first_screen() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:30])

    assert "pip install -r requirements.txt && streamlit run app.py" in first_screen
    assert "pip install -r requirements-dev.txt && pytest" in first_screen


def test_every_file_that_the_documents_link_to_is_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert not missing
