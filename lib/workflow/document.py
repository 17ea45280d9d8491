"""The project file: one JSON document that says everything that decides the result."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.core.aoi import Aoi
from lib.core.edits import Edits
from lib.core.errors import AppError, ProjectError
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.plan import BalancePlan, DeploymentPlan, FileRef, LabelPlan, SamplingPlan, SplitPlan

SCHEMA_VERSION = 1
NAME_LIMIT = 120


@dataclass(frozen=True)
class Project:
    """Everything that a person decided.

    Attributes:
        name: What the person calls it.
        aoi: Area of interest; None while none is chosen.
        imagery: Which pixels the network sees.
        labels: Where labels come from.
        legend: Classes; None means those that the label source brings.
        edits: What was changed in the samples that were drawn.
        sampling, split, balance, model, deployment: Settings of the later steps.
        files: Files that became assets of Local Earth, with their digests.
    """

    name: str = "Untitled"
    aoi: Aoi | None = None
    imagery: ImageryPlan = ImageryPlan()
    labels: LabelPlan = LabelPlan()
    legend: Legend | None = None
    sampling: SamplingPlan = SamplingPlan()
    edits: Edits = Edits()
    split: SplitPlan = SplitPlan()
    balance: BalancePlan = BalancePlan()
    model: ModelPlan = ModelPlan()
    deployment: DeploymentPlan = DeploymentPlan()
    files: tuple[FileRef, ...] = ()


PLANS: dict[str, type[Any]] = {
    "imagery": ImageryPlan,
    "labels": LabelPlan,
    "sampling": SamplingPlan,
    "split": SplitPlan,
    "balance": BalancePlan,
    "model": ModelPlan,
    "deployment": DeploymentPlan,
}


def to_dict(project: Project) -> dict[str, Any]:
    """A project as plain data, ready for JSON."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": project.name,
        "aoi": project.aoi.geometry if project.aoi else None,
        "legend": project.legend.to_json() if project.legend else None,
        "edits": project.edits.to_json(),
        **{part: _plan_to_dict(getattr(project, part)) for part in PLANS},
        "files": [dataclasses.asdict(file) for file in project.files],
    }


def to_text(project: Project) -> str:
    """A project as the JSON text that is saved and downloaded."""
    return json.dumps(to_dict(project), indent=2, ensure_ascii=False) + "\n"


def from_text(text: str | bytes) -> Project:
    """Read a project file.

    Raises:
        ProjectError: It is no JSON, from a newer version, or holds something impossible; the
            message names the part.
    """
    try:
        data = json.loads(text)
    except (ValueError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"The project file is no JSON: {error}.",
            hint="Choose a file that Loam saved, or undo the last edit.",
            field="project",
        ) from None
    return from_dict(data)


def from_dict(data: Any) -> Project:
    """Read a project from plain data; see `from_text` for what is refused."""
    if not isinstance(data, Mapping) or "schema_version" not in data:
        raise ProjectError(
            "The file is no project of Loam: it has no “schema_version”.",
            hint="Choose a file that was saved with “Save project”.",
            field="project",
        )
    _check_version(data["schema_version"])
    known = {"schema_version", "name", "aoi", "legend", "edits", "files", *PLANS}
    _check_keys("project", data, known)
    parts = {name: _plan(name, kind, data.get(name, {})) for name, kind in PLANS.items()}
    return Project(
        name=_name(data.get("name", "Untitled")),
        aoi=_value("aoi", data.get("aoi"), Aoi.from_geojson),
        legend=_value("legend", data.get("legend"), Legend.from_json),
        edits=_value("edits", data.get("edits"), Edits.from_json) or Edits(),
        files=_files(data.get("files", [])),
        **parts,
    )


def _check_version(version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ProjectError(f"The project's schema version is “{version}”.", field="project")
    if version > SCHEMA_VERSION:
        raise ProjectError(
            f"The project was saved by a newer Loam (schema {version}; this one reads up to "
            f"{SCHEMA_VERSION}).",
            hint="Update Loam, then open it again.",
            field="project",
        )


def _check_keys(where: str, data: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise ProjectError(
            f"The {where} has an unknown part “{unknown[0]}”.",
            hint=f"Known parts: {', '.join(sorted(known))}.",
            field="project",
        )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_LIMIT:
        raise ProjectError(
            f"The project's name must be 1 to {NAME_LIMIT} characters; it is {value!r:.80}.",
            field="project",
        )
    return value


def _value(part: str, data: Any, read: typing.Callable[[Any], Any]) -> Any:
    if data is None:
        return None
    try:
        return read(data)
    except AppError as error:
        raise ProjectError(f"In “{part}”: {error.message}", hint=error.hint, field=part) from error
    except (TypeError, ValueError, KeyError) as error:
        raise ProjectError(
            f"In “{part}”: it cannot be read ({error!r:.80}).", field=part
        ) from error


def _files(data: Any) -> tuple[FileRef, ...]:
    if not isinstance(data, list):
        raise ProjectError("“files” is no list.", field="files")
    return tuple(_plan("files", FileRef, entry) for entry in data)


def _plan_to_dict(plan: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(plan)))
    return data


def _plan(part: str, kind: type[Any], data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise ProjectError(f"“{part}” is {data!r:.60}, not a set of settings.", field=part)
    types_of = typing.get_type_hints(kind)
    _check_keys(f"part “{part}”", data, set(types_of))
    values = {key: _typed(part, key, value, types_of[key]) for key, value in data.items()}
    try:
        return kind(**values)
    except AppError as error:
        raise ProjectError(
            f"In “{part}”: {error.message}", hint=error.hint, field=error.field or part
        ) from error
    except TypeError:
        missing = sorted(set(types_of) - set(data))
        raise ProjectError(f"“{part}” lacks {', '.join(missing)}.", field=part) from None


def _typed(part: str, key: str, value: Any, wanted: Any) -> Any:
    """Check a value against a field's type: plain, a plan within the plan, or a tuple of them."""
    if dataclasses.is_dataclass(wanted):
        return _plan(f"{part}: {key}", typing.cast("type[Any]", wanted), value)
    if isinstance(wanted, types.GenericAlias):
        if not isinstance(value, list):
            raise _wrong_type(part, key, value, "a list")
        return tuple(_typed(part, key, item, typing.get_args(wanted)[0]) for item in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise _wrong_type(
            part, key, value, {str: "text", int: "a whole number"}.get(wanted, wanted.__name__)
        )
    return value


def _wrong_type(part: str, key: str, value: Any, wanted: str) -> ProjectError:
    return ProjectError(f"In “{part}”, “{key}” is {value!r:.60}; it must be {wanted}.", field=part)
