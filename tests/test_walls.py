"""The walls of the house: who may import whom, and what the web process never loads."""

import ast
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each part may import of ours; the longest matching key counts.
MAY_IMPORT: dict[str, set[str]] = {
    "app": {"lib.localearth", "lib.core"},
    "lib.ui": {"lib.ui", "lib.workflow", "lib.catalog", "lib.core"},
    "lib.workflow": {
        "lib.workflow",
        "lib.earthengine",
        "lib.deploy",
        "lib.models",
        "lib.jobs",
        "lib.catalog",
        "lib.core",
    },
    "lib.deploy": {"lib.deploy", "lib.earthengine", "lib.models", "lib.catalog", "lib.core"},
    "lib.earthengine": {"lib.earthengine", "lib.catalog", "lib.core"},
    "lib.earthengine.connection": {
        "lib.earthengine",
        "lib.localearth",
        "lib.catalog",
        "lib.core",
    },
    "lib.models": {"lib.models", "lib.catalog", "lib.core"},
    "lib.jobs": {"lib.jobs", "lib.core"},
    "lib.catalog": {"lib.catalog", "lib.core"},
    "lib.core": {"lib.core"},
    "lib.localearth": {"lib.localearth"},
    "lib.__main__": {"lib.workflow", "lib.localearth", "lib.core"},
}
PAGE_SHARED = {"lib.ui", "lib.workflow.project", "lib.core"}
# The home page has no step of its own.
PAGE_STEP = {"home": "lib.workflow.project"}

# Third-party packages that only some parts may import.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "streamlit": ("app", "pages", "lib.ui"),
    "streamlit_folium": ("lib.ui",),
    "folium": ("lib.ui",),
    "ee": ("lib.deploy", "lib.earthengine"),
    "tensorflow": ("lib.deploy", "lib.models"),
    "keras": ("lib.deploy", "lib.models"),
}
# Light modules of the heavy parts: pages learn names, words and bounds from them.
LIGHT = ("lib.models.families", "lib.deploy.routes")


def python_files() -> list[Path]:
    files = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "lib").rglob("*.py")]
    return sorted(file for file in files if file.exists())


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def allowed_for(module: str) -> set[str]:
    if within(module, "pages"):
        step = module.rsplit(".", 1)[-1]
        return PAGE_SHARED | {PAGE_STEP.get(step, f"lib.workflow.{step}")}
    keys = [key for key in MAY_IMPORT if within(module, key)]
    return MAY_IMPORT[max(keys, key=len)] if keys else {"lib"}


@pytest.mark.parametrize("file", python_files(), ids=module_name)
def test_module_imports_of_ours_only_what_the_design_allows(file: Path) -> None:
    module = module_name(file)
    ours = {name for name in imports_of(file) if within(name, "lib") and name != "lib"}
    allowed = allowed_for(module)

    crossed = {
        name
        for name in ours
        if not any(within(name, part) or within(part, name) for part in allowed)
    }

    assert not crossed, f"{module} may not import {sorted(crossed)}"


@pytest.mark.parametrize("file", python_files(), ids=module_name)
def test_module_imports_guarded_packages_only_where_they_belong(file: Path) -> None:
    module = module_name(file)
    for name in imports_of(file):
        for package, places in ONLY_IN.items():
            if within(name, package):
                assert any(within(module, place) for place in places), f"{module} imports {name}"


@pytest.mark.parametrize("module", LIGHT)
def test_light_module_imports_neither_tensorflow_nor_ee(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('tensorflow', 'ee') if m in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


WEB_PROCESS = """
import importlib.util, runpy, sys, pathlib, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
import app, lib.ui.shell
for page in sorted(pathlib.Path("pages").glob("*.py")):
    try:
        runpy.run_path(str(page))
    except BaseException as error:
        if type(error).__name__ not in ("StopException", "RerunException"):
            raise
print(sorted({name.split(".")[0] for name in sys.modules} & {"tensorflow", "keras", "sklearn"}))
"""


def test_web_process_importing_every_page_loads_no_learning_library(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WEB_PROCESS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LOAM_HOME": str(tmp_path), "HOME": str(tmp_path)},
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_file_names_beside_the_shell_shadow_no_module() -> None:
    # Streamlit puts the folder of the main script, lib/ui, first on sys.path.
    names = {path.stem for path in (ROOT / "lib" / "ui").iterdir() if path.stem != "__init__"}
    installed = set(importlib.metadata.packages_distributions())

    assert names.isdisjoint(sys.stdlib_module_names | installed)


def test_every_part_of_the_design_is_there() -> None:
    parts = ["app.py", "pages", "requirements.txt", "requirements-dev.txt", ".streamlit"]
    parts += [
        key.replace(".", "/") for key in MAY_IMPORT if key.count(".") == 1 and "__" not in key
    ]

    missing = [part for part in parts if not (ROOT / part).exists()]

    assert not missing
