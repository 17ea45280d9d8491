"""Graphs and requests: what Loam asks of Earth Engine, through whichever connection is given."""
