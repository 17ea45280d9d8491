"""Questions to the operating system: is that process still there, how much memory is left."""

import contextlib
import os
from pathlib import Path

import psutil

_SAME_START_S = 0.5
"""Two readings of one process's start may differ by clock ticks."""

_CGROUPS = (
    ("memory.max", "memory.current", "memory.stat"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
    ),
)
"""Files of control groups, version 2 and 1: limit, use, and the statistics of the use."""


def started_at(pid: int) -> float | None:
    """Give when a process began, in seconds since 1970; None when it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_alive(pid: int | None, process_started: float | None) -> bool:
    """Tell whether the very process that had this number at that time is still running."""
    if pid is None or process_started is None:
        return False
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - process_started) > _SAME_START_S:
            return False
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def kill(pid: int | None, process_started: float | None) -> None:
    """End the very process that had this number at that time, at once; nothing if it is gone."""
    if pid is not None and is_alive(pid, process_started):
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()


def used_bytes(pid: int) -> int:
    """Give the memory that a process holds; 0 when it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def available_bytes(cgroup_root: Path = Path("/sys/fs/cgroup")) -> int:
    """Give the memory that new processes can have: the machine's, or a container's if less."""
    free = int(psutil.virtual_memory().available)
    headrooms = (_headroom(cgroup_root, *names) for names in _CGROUPS)
    return max(0, min([free, *(room for room in headrooms if room is not None)]))


def _headroom(root: Path, limit: str, current: str, statistics: str) -> int | None:
    try:
        most = (root / limit).read_text().strip()
        if most == "max":
            return None
        used = int((root / current).read_text()) - _droppable(root / statistics)
        return int(most) - used
    except (OSError, ValueError):
        return None


def _droppable(statistics: Path) -> int:
    """Bytes of file cache that the kernel gives back when they are asked for."""
    for line in statistics.read_text().splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(value)
    return 0


def own_start() -> float:
    """Give when this process began, in seconds since 1970."""
    return started_at(os.getpid()) or 0.0
