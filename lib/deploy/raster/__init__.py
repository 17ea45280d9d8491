"""Raster route: a network read over an image block by block, into files that open anywhere."""
