import os
import subprocess
import sys
from pathlib import Path

import psutil

from lib.jobs.process import available_bytes, is_alive, kill, own_start, started_at, used_bytes


def test_is_alive_when_this_process_is_true_and_its_number_at_another_time_false() -> None:
    assert is_alive(os.getpid(), own_start())
    assert not is_alive(os.getpid(), own_start() - 60)
    assert not is_alive(None, None)


def test_is_alive_when_process_was_killed_but_not_yet_collected_is_false() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = started_at(process.pid)
        assert is_alive(process.pid, started)

        kill(process.pid, started)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert not is_alive(process.pid, started)
    assert process.returncode == -9
    assert started_at(process.pid) is None
    assert used_bytes(process.pid) == 0


def test_kill_when_number_belongs_to_a_later_process_spares_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        kill(process.pid, (started_at(process.pid) or 0) - 60)

        assert process.poll() is None
        process.communicate(b"\n")


def test_used_bytes_when_own_process_is_its_resident_memory() -> None:
    assert 5_000_000 < used_bytes(os.getpid()) < psutil.virtual_memory().total


def test_available_bytes_when_container_is_limited_gives_its_headroom(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("2500000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 500000\n")

    # 3.0 MB limit - (2.5 MB used - 0.5 MB of droppable file cache) = 1.0 MB
    assert available_bytes(tmp_path) == 1_000_000


def test_available_bytes_when_container_is_not_limited_is_the_machines(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")

    assert 0 < available_bytes(tmp_path) <= psutil.virtual_memory().total
