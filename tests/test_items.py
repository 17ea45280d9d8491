"""The list of what the first two pages offer names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "items.md").read_text()
NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`(tests/\S+\.py)`", PAGE)))


def existing() -> set[str]:
    """Names of all tests."""
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


def test_every_test_that_the_page_names_exists() -> None:
    assert len(NAMED) > 40
    assert set(NAMED) - existing() == set()


@pytest.mark.parametrize("name", FILES)
def test_file_of_tests_that_the_page_names_exists(name: str) -> None:
    assert (ROOT / name).is_file()
