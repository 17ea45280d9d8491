"""Coordinate systems by name."""

import pytest

from lib.core.crs import lonlat_from, lonlat_to, metres_per_unit, parse_crs
from lib.core.errors import RasterError


def test_longitude_comes_before_latitude_both_ways():
    """The central meridian of zone 33 is 15 degrees east, at 500,000 m."""
    assert lonlat_to("EPSG:32633").transform(15.0, 0.0) == pytest.approx((500_000, 0), abs=1e-6)
    assert lonlat_from("EPSG:32633").transform(500_000, 0) == pytest.approx((15, 0), abs=1e-9)


@pytest.mark.parametrize(
    ("crs", "metres"),
    [("EPSG:32633", 1.0), ("EPSG:4326", 111_319.49079327358), ("EPSG:2248", 0.3048006096012192)],
)
def test_units_are_told_in_metres(crs, metres):
    assert metres_per_unit(crs) == pytest.approx(metres, rel=1e-12)


def test_an_unknown_system_is_refused_by_name():
    with pytest.raises(RasterError, match="“EPSG:0”"):
        parse_crs("EPSG:0")
