"""Streamlit puts lib/ui first on the import path, so no name there may hide another module."""

import sys
from importlib import metadata
from pathlib import Path

UI = Path(__file__).parents[2] / "lib" / "ui"


def test_no_file_in_lib_ui_hides_a_standard_or_installed_module():
    names = {path.stem for path in UI.glob("*.py")} | {p.name for p in UI.iterdir() if p.is_dir()}
    names -= {"__init__", "__pycache__"}
    taken = set(sys.stdlib_module_names) | set(metadata.packages_distributions())

    assert names & taken == set()
    assert "shell" in names
