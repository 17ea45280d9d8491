"""What tests of exports and ingestions share."""

import time


def finished(task, *, seconds=60):
    """Wait until a task of the client is done and give its status."""
    until = time.monotonic() + seconds
    while task.active():
        assert time.monotonic() < until, task.status()
        time.sleep(0.02)
    return task.status()


def outside(home, *parts):
    """A path below the folders that stand for Drive and Cloud Storage."""
    return home.joinpath("earth", "outside", *parts)
