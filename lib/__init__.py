"""Loam: everything but the pages; see CONTRIBUTING.md for the house."""
