"""Grids, projections and lazy images."""
