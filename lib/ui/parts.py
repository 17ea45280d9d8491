"""Words and keys that the controls of the imagery share."""

from lib.workflow.project import Workspace

COMPOSITE_WORDS = {
    "median": "Median",
    "mean": "Mean",
    "percentile": "Percentile",
    "medoid": "Medoid",
    "greenest": "Greenest pixel",
    "latest": "Latest pixel",
}
FORM_WORDS = {"pixel": "Single pixels", "series": "Series of dates", "patch": "Patches"}


def section_key(ws: Workspace, name: str) -> str:
    """Return the key of a section, which stays open when its controls are renewed."""
    return f"section-{name}-{ws.id[:8]}"
