"""Run benchmarks: `python benchmarks/run.py [--write] [NAME ...]`."""

import argparse
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import report

NAMES = (
    "first_page",
    "rerun",
    "planet_tile",
    "localearth",
    "training",
    "families",
    "memory",
    "waiting",
    "accuracy",
    "growth",
    "samples",
    "fetching",
    "native",
    "parity",
    "raster",
    "walk",
)


def main() -> int:
    """Run the benchmarks that are named, or all; returns 1 if a bound was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME")
    parser.add_argument("--write", action="store_true", help="write into docs/benchmarks.md")
    options = parser.parse_args()
    print(report.machine())
    sections, missed = [], 0
    for name in options.names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        rows = module.measure()
        print(f"\n{module.TITLE}\n{report.as_table(rows)}", flush=True)
        sections.append((module.TITLE, module.WORDS, rows))
        missed += sum(row.kept is False for row in rows)
    if options.write:
        report.write(sections)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
