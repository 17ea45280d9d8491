"""The notebook of a whole project, run from the area to the map."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np

from lib.workflow.code.notebook import notebook
from tests.workflow.code.conftest import ADDRESS, Made

_RUN = """
import sys, nbclient, nbformat
book = nbformat.read("project.ipynb", as_version=4)
nbclient.NotebookClient(book, timeout=200, kernel_name="python3").execute()
nbformat.write(book, "project.ipynb")
"""
LEAST_AGREEMENT = 0.6
"""Two networks of the same settings and samples, trained with other random numbers for 15 epochs,
give the same class to at least so many pixels; chance is 1 in 7."""


def test_notebook_trains_on_the_apps_samples_and_maps_as_the_app(
    made: Made, tmp_path: Path
) -> None:
    text = notebook(made.project).replace(ADDRESS, made.url)
    nbformat.validate(nbformat.reads(text, as_version=4))
    (tmp_path / "project.ipynb").write_text(text)

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUN],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    book = json.loads((tmp_path / "project.ipynb").read_text())
    told = "".join(
        "".join(output.get("text", ""))
        for cell in book["cells"]
        for output in cell.get("outputs", [])
    )
    samples = made.samples
    counts = dict(zip(samples.legend.names, samples.counts.tolist(), strict=True))
    assert f"Samples: {counts}" in told
    shown = book["cells"][-1]["outputs"][0]["data"]
    assert "image/png" in shown
    classes = np.load(tmp_path / "classes.npy")
    there = made.classes >= 0
    assert np.array_equal(classes >= 0, there)
    assert (classes[there] == made.classes[there]).mean() > LEAST_AGREEMENT
