"""Vector files that people bring: read safely, placed on WGS 84, turned into plain data."""
