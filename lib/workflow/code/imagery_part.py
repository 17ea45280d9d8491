"""The code of the step Imagery: connect, and one image of all predictors."""

import textwrap
from datetime import date

from lib.core.plan_checks import parse_day
from lib.earthengine.stack import windows
from lib.workflow.code.dialect import Python
from lib.workflow.code.parts import Part, Setting, joined, template
from lib.workflow.code.predictors import PredictorCode
from lib.workflow.code.subject import Subject, cannot

_ADDRESS = "http://127.0.0.1:8765"
_MOST_BYTES = 4 * 1024**3
_BLOCK_BYTES = 40_000_000


def imagery_part(subject: Subject) -> Part:
    """Write the step Imagery.

    Raises:
        PlanError: A setting cannot be written as code.
    """
    _check_size(subject)
    plan = subject.imagery
    words = (
        "Scenes of the area and dates become one image of all predictors. Nothing is computed "
        "yet: Earth Engine keeps the recipe, and works when pixels are asked for."
    )
    return Part(
        step="imagery",
        title="Imagery",
        words=words,
        imports=("import ee", *_imports(subject)),
        settings=_settings(subject),
        code=joined(
            _connecting(subject),
            'region = ee.Geometry(AOI, "EPSG:4326", False)',
            _series(subject) if plan.form == "series" else _image(subject),
        ),
    )


def fetching_settings(subject: Subject) -> tuple[Setting, ...]:
    """Constants of the function `fetch`."""
    side = int((_BLOCK_BYTES / (4 * len(subject.names) + 4)) ** 0.5)
    return (
        Setting("GRID", subject.grid().to_ee(), "the training grid"),
        Setting("BLOCK", min(512, side), "pixels: the side of what one request reads"),
    )


def fetching() -> str:
    """The function that reads pixels, and which of them lie in the area."""
    return template("fetch")


def _imports(subject: Subject) -> tuple[str, ...]:
    return ("from google.auth.credentials import AnonymousCredentials",) if subject.local else ()


def _settings(subject: Subject) -> tuple[Setting, ...]:
    plan = subject.imagery
    settings = [Setting("AOI", subject.aoi.geometry)]
    if subject.local:
        address = Setting("EARTH", _ADDRESS, "Local Earth: python -m lib earth --port 8765")
        settings.insert(0, address)
    else:
        project = Setting(
            "CLOUD_PROJECT", subject.connection.project, "registered for Earth Engine"
        )
        settings.insert(0, project)
    if plan.form == "series":
        settings.append(Setting("WINDOWS", windows(plan), "first day, day after the last"))
        days = [_middle(*window) for window in windows(plan)]
        settings.append(Setting("DAYS", [day - days[0] for day in days], "their middles"))
    elif plan.start:
        settings += [
            Setting("START", plan.start),
            Setting("END", plan.end, "the day after the last"),
        ]
    return (*settings, Setting("NAMES", list(subject.names), "the predictors, in order"))


def _connecting(subject: Subject) -> str:
    if subject.local:
        return 'ee.Initialize(AnonymousCredentials(), project="local", url=EARTH)'
    return "ee.Authenticate()  # opens the browser once\nee.Initialize(project=CLOUD_PROJECT)"


def _image(subject: Subject) -> str:
    out = Python()
    PredictorCode(subject, out).write()
    return out.text()


def _series(subject: Subject) -> str:
    """The predictors as a function of the dates of a window."""
    out = Python()
    PredictorCode(subject, out, dates=("start", "end")).write()
    return "\n".join(
        [
            "",
            "def predictors_between(start, end):",
            '    """The predictors of one window of time."""',
            textwrap.indent(out.text().rstrip(), "    "),
            "    return predictors",
        ]
    )


def _middle(start: str, end: str) -> float:
    days: tuple[date, date] = (parse_day(start), parse_day(end))
    return (days[0].toordinal() + days[1].toordinal()) / 2


def _check_size(subject: Subject) -> None:
    """Refuse areas whose predictors do not fit into memory, as the code holds them all."""
    plan, grid = subject.imagery, subject.grid()
    size = grid.size * len(subject.names) * 4 * max(1, len(windows(plan)))
    if size > _MOST_BYTES:
        raise cannot(
            f"the script holds all pixels in memory, and {grid.size:,} of {len(subject.names)} "
            f"predictors take {size / 1024**3:,.1f} GB; {_MOST_BYTES / 1024**3:.0f} GB at most",
            hint="Run the project with `python -m lib run`, or choose a smaller area.",
            field="aoi",
        )
