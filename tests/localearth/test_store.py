"""What outlives a request: records by unguessable names, and slots."""

import contextlib
import re
import subprocess
import sys

import pytest

from lib.localearth.errors import NotFound, TooManyRequests
from lib.localearth.store import REQUEST_SLOTS, Store


def test_save_when_asked_gives_names_of_128_bits_that_load(home):
    store = Store(home)

    name = store.save("maps", {"a": 1})

    assert re.fullmatch(r"[0-9a-f]{32}", name)
    assert store.load("maps", name) == {"a": 1}
    assert Store(home).load("maps", name) == {"a": 1}


@pytest.mark.parametrize("name", ["0" * 32, "../../secret", "", "x" * 32])
def test_load_when_name_is_unknown_or_odd_refuses(home, name):
    with pytest.raises(NotFound, match="Not found: maps"):
        Store(home).load("maps", name)


def test_slot_when_all_40_are_held_refuses_as_google_does(home):
    with contextlib.ExitStack() as stack:
        for _ in range(REQUEST_SLOTS):
            stack.enter_context(Store(home).slot())
        with pytest.raises(TooManyRequests, match="concurrency limit was exceeded"):
            stack.enter_context(Store(home).slot())
    with Store(home).slot():
        pass


def test_slot_when_another_process_holds_some_counts_them(home):
    held = (
        "import contextlib, pathlib, sys; from lib.localearth.store import Store\n"
        "with contextlib.ExitStack() as stack:\n"
        f"    [stack.enter_context(Store(pathlib.Path({str(home)!r})).slot()) for _ in range(39)]\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"

    with Store(home).slot(), pytest.raises(TooManyRequests), Store(home).slot():
        pass

    other.communicate("")
