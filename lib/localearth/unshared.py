"""Shapes that no other thread sees, for what GEOS does not do safely in several threads."""

from typing import Any

import shapely


def unshared(shape: Any) -> Any:
    """A copy of a shape, to be prepared or given to `shapely.contains_xy`, which prepares it.

    GEOS goes on preparing a shape while it is asked, and threads that ask the same one meet there
    and crash the interpreter; a shape of a graph may be asked by the threads of several requests.
    """
    return shapely.from_wkb(shapely.to_wkb(shape))
