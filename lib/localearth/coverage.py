"""Which of Earth Engine's functions Local Earth implements, as a page for people."""

from collections import defaultdict

from lib.localearth.functions import load_all
from lib.localearth.registry import entries
from lib.localearth.signatures import signatures


def implemented() -> tuple[frozenset[str], frozenset[str]]:
    """Names of the functions that are implemented, and of all."""
    load_all()
    return frozenset(entries()), frozenset(signatures())


def page() -> str:
    """The coverage page in Markdown: a list by family, ticked where implemented."""
    done, every = implemented()
    families: dict[str, list[str]] = defaultdict(list)
    for name in sorted(every):
        families[name.split(".")[0] if "." in name else "(top level)"].append(name)
    lines = [
        "# What Local Earth implements",
        "",
        "Generated from the registry and the client's signature list by",
        "`python -m lib.localearth.coverage`. Anything else is refused by name.",
        "",
        f"{len(done)} of {len(every)} functions.",
    ]
    for family, names in sorted(families.items()):
        count = sum(name in done for name in names)
        lines += ["", f"## {family} ({count} of {len(names)})", ""]
        lines += [f"- [{'x' if name in done else ' '}] {name}" for name in names]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 it is a command
