"""Numbers in words."""

import pytest

from lib.core import formats


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "under 1 s"),
        (8.3, "some 8 s"),
        (43, "some 45 s"),
        (61, "about 1 min"),
        (125, "about 2 min"),
        (5400, "about 1.5 h"),
        (7200, "about 2 h"),
    ],
)
def test_durations_to_expect(seconds, words):
    assert formats.duration_words(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(8.24, "8.2 s"), (59.97, "1 min 0 s"), (125.4, "2 min 5 s"), (3780, "1 h 3 min")],
)
def test_durations_that_were_measured(seconds, words):
    assert formats.clock_words(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1, "1 byte"),
        (812, "812 bytes"),
        (1000, "1.0 kB"),
        (74_400, "74 kB"),
        (999_700, "1.0 MB"),
        (9_437_184, "9.4 MB"),
        (3e9, "3.0 GB"),
        (5e12, "5,000 GB"),
    ],
)
def test_sizes(size, words):
    assert formats.bytes_words(size) == words


@pytest.mark.parametrize(
    ("area", "words"),
    [
        (0.42, "0.42 ha"),
        (3.14, "3.1 ha"),
        (83.2, "83 ha"),
        (5120.4, "5,120 ha"),
        (150_000, "1,500 km²"),
        (1_243_500, "12,400 km²"),
    ],
)
def test_areas(area, words):
    assert formats.area_words(area) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), (0.0, "0.0 %"), (0.0004, "under 0.1 %"), (0.034, "3.4 %"), (0.87, "87 %")],
)
def test_percent(value, words):
    assert formats.percent_words(value) == words


def test_shares_counts_and_numbers():
    assert formats.share_words(0.8749) == "0.87"
    assert formats.share_words(None) == "–"
    assert formats.number(1_234_567) == "1,234,567"
    assert formats.number(0.5, digits=1) == "0.5"
    assert formats.count_words(1, "scene") == "1 scene"
    assert formats.count_words(1204, "scene") == "1,204 scenes"
    assert formats.count_words(2, "class", "classes") == "2 classes"
