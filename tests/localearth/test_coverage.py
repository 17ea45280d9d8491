"""The coverage page is made from the registry, the signature list and a run of the tests."""

import json
from pathlib import Path

import pytest

from lib.localearth.assumptions import ASSUMPTIONS
from lib.localearth.coverage import implemented, page
from tests.localearth.recording import TARGET

PAGE = Path(__file__).parents[2] / "docs" / "local-earth-coverage.md"


@pytest.fixture(scope="module")
def checks() -> dict[str, list[str]]:
    return json.loads(TARGET.read_text())


def test_page_when_made_ticks_what_is_implemented_and_tells_how_it_is_checked(checks):
    done, every = implemented()

    text = page({"documented": ["Image.add", "Image.load"], "reference": ["Image.load"]})

    assert f"**{len(done)} of {len(every)} functions.**" in text
    assert "- [x] Image.load: both\n" in text
    assert "- [x] Image.add: documented\n" in text
    assert "- [x] Image.multiply: neither\n" in text
    assert text.count("- [") == len(every)


def test_page_in_docs_is_up_to_date(checks):
    assert PAGE.read_text() == page(checks), "run scripts/docs"


def test_page_in_docs_lists_every_assumption():
    text = PAGE.read_text()

    for name, assumption in ASSUMPTIONS.items():
        assert f"| {name} | {assumption.choice} |" in text
    assert "| empty_sum | 0 |" in text


def test_recorded_functions_are_implemented(checks):
    done, _ = implemented()

    assert {*checks["documented"], *checks["reference"]} <= done
