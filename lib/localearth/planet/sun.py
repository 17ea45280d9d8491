"""Where the sun stands."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Sun:
    """Where the sun stands, in degrees; azimuth clockwise from north."""

    zenith: float
    azimuth: float


def sun_at(lon: float, lat: float, day_of_year: int, hour_utc: float) -> Sun:
    """Position of the sun, to half a degree (declination after Spencer 1971).

    Args:
        lon: Degrees.
        lat: Degrees.
        day_of_year: 1 to 366.
        hour_utc: Hours since midnight.
    """
    angle = 2 * math.pi * (day_of_year - 1) / 365.0
    declination = (
        0.006918 - 0.399912 * math.cos(angle) + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle) + 0.000907 * math.sin(2 * angle)
    )  # fmt: skip
    hour_angle = math.radians(15.0 * (hour_utc + lon / 15.0 - 12.0))
    latitude = math.radians(lat)
    up = math.sin(latitude) * math.sin(declination)
    up += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    zenith = math.degrees(math.acos(max(-1.0, min(1.0, up))))
    east = -math.cos(declination) * math.sin(hour_angle)
    north = math.sin(declination) * math.cos(latitude)
    north -= math.cos(declination) * math.sin(latitude) * math.cos(hour_angle)
    azimuth = math.degrees(math.atan2(east, north)) % 360.0
    return Sun(round(zenith, 4), round(azimuth, 4))
