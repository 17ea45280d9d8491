"""Where Loam keeps its state."""

import os
from pathlib import Path

import platformdirs


def loam_home() -> Path:
    """The one folder of all state: LOAM_HOME, or this user's data folder."""
    chosen = os.environ.get("LOAM_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("loam"))
