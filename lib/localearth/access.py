"""Who asks, and which assets they may read: the token decides, not the address of a request.

Without --require-token everybody may read everything. With it a request reads the simulated planet
and the assets of the projects that its token is registered for.
"""

import contextlib
import contextvars
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.localearth.errors import PermissionDenied

_PROJECT = re.compile(r"projects/([^/]+)/assets(?:/.*)?")
_LEGACY = "projects/earthengine-legacy/assets/"
_PUBLIC = "projects/earthengine-public/assets/"
_projects: contextvars.ContextVar[tuple[str, ...] | None] = contextvars.ContextVar(
    "projects", default=None
)


@dataclass(frozen=True)
class Access:
    """What a request may read and write.

    Attributes:
        projects: Whose assets; None for everybody's.
    """

    projects: tuple[str, ...] | None = None

    def task(self) -> dict[str, Any]:
        """The part of a task that tells its evaluator who asks."""
        return {} if self.projects is None else {"projects": list(self.projects)}

    def may_use(self, asset_id: str) -> bool:
        """Whether an asset may be read and written."""
        project = project_of(asset_id)
        return self.projects is None or project == "" or project in self.projects

    def check(self, asset_id: str) -> None:
        """Refuse an asset of somebody else.

        Raises:
            PermissionDenied: It is of a project that the token is not registered for.
        """
        if not self.may_use(asset_id):
            raise PermissionDenied(
                f"Asset '{asset_id}' does not exist or doesn't allow this operation."
            )


def plain_id(asset_id: str) -> str:
    """Take away what the client puts before ids that it does not take for a project's."""
    return asset_id.removeprefix(_LEGACY).removeprefix(_PUBLIC)


def project_of(asset_id: str) -> str:
    """The project that an asset belongs to, or "" for what is public."""
    found = _PROJECT.fullmatch(plain_id(asset_id))
    return found[1] if found else ""


@contextlib.contextmanager
def reading_as(task: Mapping[str, Any]) -> Iterator[None]:
    """Evaluate as the one who asked for a task, or made a map, thumbnail or export."""
    projects: Sequence[str] | None = task.get("projects")
    token = _projects.set(None if projects is None else tuple(projects))
    try:
        yield
    finally:
        _projects.reset(token)


def reader() -> Access:
    """The one for whom this thread evaluates."""
    return Access(_projects.get())
