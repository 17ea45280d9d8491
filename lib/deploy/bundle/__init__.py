"""Bundles: a network in the formats that people take away, each proven and explained."""
