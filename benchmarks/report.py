"""What a benchmark found, and the page it is written to."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Row:
    """One figure beside its bound.

    Attributes:
        what: What was measured.
        value: The figure with its unit.
        bound: What the design allows, or an empty text where it sets nothing.
        kept: Whether the figure is within the bound; None where there is none.
    """

    what: str
    value: str
    bound: str = ""
    kept: bool | None = None


def bounded(what: str, value: float, bound: float, unit: str) -> Row:
    """A figure that must not exceed a bound in the same unit."""
    return Row(what, f"{value:.2f} {unit}", f"{bound:g} {unit}", value <= bound)


def median(values: Sequence[float]) -> float:
    """The figure that is quoted."""
    return statistics.median(values)


def machine() -> str:
    """The machine in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}"
    )


def as_table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    mark = {None: "", True: "kept", False: "**missed**"}
    lines = ["| what | measured | bound | |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.value} | {row.bound} | {mark[row.kept]} |" for row in rows]
    return "\n".join(lines)


def write(sections: Sequence[tuple[str, str, Sequence[Row]]]) -> None:
    """Write (title, words, rows) of the benchmarks that were run into the page; keep the others."""
    page = _sections(PAGE.read_text() if PAGE.exists() else "")
    when = f"{machine()}; {datetime.now(UTC).date().isoformat()}."
    for title, words, rows in sections:
        page[title] = f"{words}\n\n{as_table(rows)}\n\n{when}\n"
    head = (
        "# Benchmarks\n\nWritten by `python benchmarks/run.py --write [NAME ...]`. Figures are "
        "medians; two things that are compared were run in turn within one go, on a machine that "
        "others share, so ratios count more than seconds.\n"
    )
    body = "".join(f"\n## {title}\n\n{text}" for title, text in page.items())
    PAGE.write_text(head + body)


def _sections(page: str) -> dict[str, str]:
    """Text of each section by its title."""
    parts = [part.partition("\n") for part in page.split("\n## ")[1:]]
    return {title: text.strip("\n") + "\n" for title, _, text in parts}
