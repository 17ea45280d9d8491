import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from lib.core.errors import TooLargeError, UnreachableError
from lib.earthengine.fetching import Errand, Watch, fetch_all, key_of
from tests.earthengine.scene import Scene


class Notes:
    """Adds up ranges of numbers; ranges longer than `most` are too large for the service."""

    def __init__(self, most: int = 100, failing: frozenset[int] = frozenset()) -> None:
        self.most = most
        self.failing = failing
        self.asked: list[range] = []
        self.taken: dict[range, int] = {}
        self._lock = threading.Lock()

    def errand(self) -> Errand[range]:
        return Errand("Sums", self.ask, self.take, self.halves, key_of)

    def ask(self, piece: range) -> bytes:
        with self._lock:
            self.asked.append(piece)
        if len(piece) > self.most:
            raise TooLargeError("Too much at once.")
        if piece.start in self.failing:
            raise UnreachableError("Gone.")
        return str(sum(piece)).encode()

    def take(self, piece: range, content: bytes) -> None:
        self.taken[piece] = int(content)

    def halves(self, piece: range) -> Sequence[range]:
        middle = len(piece) // 2
        return (piece[:middle], piece[middle:]) if middle else ()


PIECES = [range(start, start + 10) for start in range(0, 200, 10)]


def test_fetch_takes_every_piece_once_and_tells_how_far_it_is(scene: Scene) -> None:
    notes, told = Notes(), []

    count = fetch_all(scene.earth, notes.errand(), PIECES, Watch(lambda *row: told.append(row)))

    assert count == 20
    assert notes.taken == {piece: sum(piece) for piece in PIECES}
    assert [row[0] for row in told] == pytest.approx([n / 20 for n in range(1, 21)])
    assert told[-1][1:] == ("Sums: request 20 of 20", 0.0)
    assert all(seconds is not None and seconds >= 0 for _, _, seconds in told)


def test_fetch_when_a_piece_is_too_large_halves_it_until_it_is_not(scene: Scene) -> None:
    notes = Notes(most=3)

    fetch_all(scene.earth, notes.errand(), [range(10)])

    assert sum(notes.taken.values()) == 45
    assert sorted(n for piece in notes.taken for n in piece) == list(range(10))
    assert max(map(len, notes.taken)) <= 3


def test_fetch_when_a_piece_cannot_be_cut_fails_with_its_reason(scene: Scene) -> None:
    with pytest.raises(TooLargeError, match="Too much at once"):
        fetch_all(scene.earth, Notes(most=0).errand(), [range(4)])


def test_fetch_after_a_failure_goes_on_where_it_stopped(scene: Scene, tmp_path: Path) -> None:
    first = Notes(failing=frozenset({150}))
    with pytest.raises(UnreachableError):
        fetch_all(scene.earth, first.errand(), PIECES, Watch(keep=tmp_path))
    kept = len(list(tmp_path.glob("*.part")))

    second = Notes()
    fetch_all(scene.earth, second.errand(), PIECES, Watch(keep=tmp_path))

    assert 0 < kept < 20
    assert len(second.asked) == 20 - kept
    assert second.taken == {piece: sum(piece) for piece in PIECES}


def test_fetch_when_a_kept_answer_is_damaged_asks_again(scene: Scene, tmp_path: Path) -> None:
    fetch_all(scene.earth, Notes().errand(), PIECES[:1], Watch(keep=tmp_path))
    (path,) = tmp_path.glob("*.part")
    path.write_bytes(path.read_bytes()[:-1])

    again = Notes()
    fetch_all(scene.earth, again.errand(), PIECES[:1], Watch(keep=tmp_path))

    assert len(again.asked) == 1
    assert again.taken == {PIECES[0]: 45}


def test_fetch_when_it_should_stop_leaves_by_the_error_and_asks_no_more(scene: Scene) -> None:
    notes = Notes()

    def check() -> None:
        if notes.taken:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fetch_all(scene.earth, notes.errand(), PIECES * 50, Watch(check=check))
    assert len(notes.asked) < 1000


def test_watch_of_a_part_tells_shares_of_the_whole() -> None:
    told: list[float] = []

    Watch(lambda share, *_: told.append(share)).within(0.2, 0.6).on_progress(0.5, "", None)

    assert told == [pytest.approx(0.4)]
