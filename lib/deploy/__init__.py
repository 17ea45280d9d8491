"""A trained network and where it runs."""
