"""Implementations of Earth Engine's functions, one file a family.

`load_all` imports every module here, so that each registers what it implements.
"""

import functools
import importlib
import pkgutil


@functools.cache
def load_all() -> None:
    """Import all modules of this package once."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
