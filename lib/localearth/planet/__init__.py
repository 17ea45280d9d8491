"""The simulated planet: imagery computed from coordinates and dates, without files."""

from lib.localearth.planet.catalogue import asset_ids, open_asset

__all__ = ["asset_ids", "open_asset"]
