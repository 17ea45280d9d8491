"""Every family by every route, on at least 2,000 held-out pixels, series or patches.

By default every family goes through the expression and LiteRT, and one through each other route;
`-m slow` adds the rest of the table, which docs/routes.md shows.
"""

from pathlib import Path

import pytest

from benchmarks import parity
from benchmarks.subjects import HELD_OUT, Subject, subject_of
from lib.deploy.bundle.formats import FORMATS
from lib.earthengine.access import Connection
from lib.earthengine.connection import local
from lib.models.families import FAMILIES

_QUICK = {
    "native": tuple(FAMILIES),
    "raster": tuple(FAMILIES),
    "vertex": ("mlp",),
    "raster, tf.function": ("mlp",),
}
_QUICK_FORMATS = ("mlp",)
CASES = [
    pytest.param(
        family,
        route,
        id=f"{family}-{route}",
        marks=() if family in _QUICK.get(route, _QUICK_FORMATS) else pytest.mark.slow,
    )
    for family in FAMILIES
    for route in parity.CELLS
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def earth(place: Path) -> Connection:
    return local(place / "home")


@pytest.fixture(scope="module")
def subjects() -> dict[str, Subject]:
    """Networks by family, each trained when it is first asked for."""
    return {}


@pytest.mark.parametrize(("family", "route"), CASES)
def test_form_of_a_trained_network_keeps_its_bound_or_is_refused_with_the_reason(
    family: str,
    route: str,
    earth: Connection,
    subjects: dict[str, Subject],
    place: Path,
    tmp_path: Path,
) -> None:
    if family not in subjects:
        subjects[family] = subject_of(family, earth, place / family)

    found = parity.CELLS[route](subjects[family], earth, tmp_path)

    reason = parity.refusal_of(family, route)
    assert reason in found.problem
    assert bool(reason) == bool(found.problem), found.problem
    assert reason or (found.passed and found.samples >= HELD_OUT), found
    assert parity.is_kept(family, route, found)


def test_bounds_are_those_that_were_promised() -> None:
    bounds = {name: item.bound for name, item in FORMATS.items()}

    assert parity.NATIVE.difference == 1e-4
    assert [bounds[name].difference for name in ("savedmodel", "onnx", "tflite-float32")] == [
        1e-5
    ] * 3
    assert bounds["tflite-float16"].difference == 2e-3
    assert bounds["tflite-int8"].equal_classes == 0.97


def test_page_of_routes_shows_every_family_and_what_is_refused() -> None:
    text = parity.PAGE.read_text(encoding="utf-8")

    for family in FAMILIES.values():
        assert text.count(f"| {family.title} |") == 2
    assert text.count("across pixels") == 2
    assert text.count("refused") == 2
