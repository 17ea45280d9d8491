"""Run benchmarks: `python benchmarks/run.py [--write] [NAME ...]`."""

import argparse
import importlib
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
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
    missed = 0
    for name in options.names or NAMES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            title, words, rows = alone.submit(measured, name).result()
        print(f"\n{title}\n{report.as_table(rows)}", flush=True)
        if options.write:
            report.write([(title, words, rows)])
        missed += sum(row.kept is False for row in rows)
    return 1 if missed else 0


def measured(name: str) -> tuple[str, str, list[report.Row]]:
    """Title, words and figures of a benchmark; in a process that has done nothing before."""
    module = importlib.import_module(f"benchmarks.{name}")
    return module.TITLE, module.WORDS, module.measure()


if __name__ == "__main__":
    sys.exit(main())
