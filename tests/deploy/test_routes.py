"""Which routes fit a family and a connection, and which is taken where nobody has chosen."""

from dataclasses import replace
from pathlib import Path

import pytest

from lib.core.errors import ModelError
from lib.deploy.routes import OTHERS, ROUTES, default_route, offers
from lib.earthengine.access import Capabilities
from lib.earthengine.connection import local, over_http
from lib.models.families import FAMILIES

GOOGLE = replace(
    over_http("https://earthengine.googleapis.com", project="meadow-1").can,
    buckets=True,
    endpoints=True,
)
"""What whoever is signed in to Google can do."""


@pytest.fixture
def at_home(home: Path) -> Capabilities:
    return local(home).can


def fitting(family: str, can: Capabilities) -> list[str]:
    return [offer.route.name for offer in offers(family, can) if offer.fits]


def test_routes_of_an_account_with_endpoints_are_all_and_those_at_home_lack_the_endpoint(
    at_home: Capabilities,
) -> None:
    assert fitting("mlp", GOOGLE) == ["native", "raster", "vertex"]
    assert fitting("mlp", at_home) == ["native", "raster"]
    assert fitting("unet", GOOGLE) == ["raster", "vertex"]
    assert fitting("patch_cnn", at_home) == ["raster"]


def test_routes_that_do_not_fit_say_why(at_home: Capabilities) -> None:
    reasons = {offer.route.name: offer.reason for offer in offers("unet", at_home)}

    assert reasons["native"] == (
        "Earth Engine expression: it has no form for U-Net, which pools across pixels."
    )
    assert reasons["vertex"].startswith("Vertex AI endpoint: it needs endpoints of Vertex AI")
    assert reasons["raster"] == ""


def test_vertex_needs_a_bucket_beside_its_endpoint() -> None:
    reason = offers("mlp", replace(GOOGLE, buckets=False))[-1].reason

    assert "needs a bucket of Cloud Storage" in reason


def test_what_is_done_beside_a_route_is_told_in_the_same_way(at_home: Capabilities) -> None:
    told = {
        offer.route.name: offer.fits for offer in offers("mlp", at_home, routes=OTHERS.values())
    }

    assert told == {"bundle": True, "task": True, "tfrecord": False}


@pytest.mark.parametrize(
    ("family", "weights", "expected"),
    [
        ("mlp", 0, "native"),
        ("fcn", 50_000, "native"),
        # 11 bytes each: 953,250 weights fill the 10,485,760 bytes of a request.
        ("mlp", 953_250, "native"),
        ("mlp", 953_251, "raster"),
        ("lstm", 10_000, "raster"),
        ("unet", 0, "raster"),
    ],
)
def test_route_that_nobody_chose_fits_and_costs_nothing_by_the_hour(
    family: str, weights: int, expected: str
) -> None:
    assert default_route(family, GOOGLE, weights=weights) == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_route_wherever_it_is(family: str, at_home: Capabilities) -> None:
    assert default_route(family, at_home) in fitting(family, at_home)


def test_every_route_tells_cost_limits_and_time_in_sentences() -> None:
    for route in (*ROUTES.values(), *OTHERS.values()):
        for words in (route.words, route.cost, route.limits, route.time):
            assert words.endswith(".")


def test_family_that_there_is_none_of_is_refused(at_home: Capabilities) -> None:
    with pytest.raises(ModelError, match="no family of networks named “forest”"):
        offers("forest", at_home)
