"""Processes that evaluate: they answer, die, run late and are replaced."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from lib.localearth import pool as pool_module
from lib.localearth.errors import EarthError, NotImplementedHere
from lib.localearth.pool import Pool
from tests.localearth.graphs import call, expression


@pytest.fixture
def pool(home):
    made = Pool(home, size=2)
    yield made
    made.close()


def value(node):
    """The task and the body that ask for the value of a node."""
    return {"do": "value"}, json.dumps({"expression": expression(node)}).encode()


def result(answer):
    return json.loads(answer.body)["result"]


def children():
    living = [c for c in psutil.Process().children() if c.status() != psutil.STATUS_ZOMBIE]
    return {child.pid for child in living if "pool_worker" in " ".join(child.cmdline())}


def test_perform_when_several_ask_at_once_answers_all_with_two_processes(pool):
    with ThreadPoolExecutor(8) as threads:
        tasks = [value(call("Number.add", left=n, right=1)) for n in range(16)]
        answers = list(threads.map(lambda task: pool.perform(*task), tasks))

    assert [result(answer) for answer in answers] == list(range(1, 17))
    assert len(children()) == 2


def test_perform_when_task_is_refused_raises_the_same_error(pool):
    with pytest.raises(NotImplementedHere, match=r"does not implement Image.cumulativeCost"):
        pool.perform(*value(call("Image.cumulativeCost", cost=1)))


def test_perform_when_process_was_killed_tries_a_new_one(pool):
    assert result(pool.perform(*value(1))) == 1
    (before,) = children()
    os.kill(before, signal.SIGKILL)

    assert result(pool.perform(*value(2))) == 2
    assert before not in children()


def test_perform_when_all_idle_processes_were_killed_starts_new_ones(pool):
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda n: pool.perform(*value(n)), range(8)))
    for before in children():
        os.kill(before, signal.SIGKILL)

    assert result(pool.perform(*value(2))) == 2


def test_perform_when_time_is_up_says_so_and_recovers(home):
    hurried = Pool(home, size=1, deadline_s=0.01)
    with pytest.raises(EarthError, match=r"^Computation timed out\.$"):
        hurried.perform(*value(1))
    hurried.close()

    assert children() == set()


def test_perform_when_a_process_has_grown_too_large_replaces_it(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "RESIDENT_BYTES", 1)

    assert result(pool.perform(*value(1))) == 1
    assert children() == set()


def test_worker_is_niced_limited_and_free_of_web_frameworks(home):
    program = (
        "import sys, os, resource, pathlib\n"
        "from lib.localearth import pool_worker\n"
        "pool_worker._limit()\n"
        "pool_worker.Engine(pathlib.Path(sys.argv[1]))\n"
        "odd = {'streamlit', 'starlette', 'uvicorn', 'ee', 'tensorflow'} & set(sys.modules)\n"
        "print(os.nice(0), resource.getrlimit(resource.RLIMIT_AS)[0], sorted(odd))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=True
    )

    assert done.stdout == f"{min(19, os.nice(0) + 10)} {6 * 2**30} []\n"
