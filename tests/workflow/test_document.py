"""The project file: what is written is read again, and nonsense is refused with its place."""

import json

import pytest

from lib.core.aoi import Aoi
from lib.core.errors import ProjectError
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend, LegendClass
from lib.core.model_plan import ModelPlan
from lib.core.plan import FileRef
from lib.workflow.document import SCHEMA_VERSION, Project, from_text, to_dict, to_text

FULL = Project(
    name="Chiemsee",
    aoi=Aoi.from_bounds(12.3, 47.8, 12.4, 47.9),
    imagery=ImageryPlan(bands=("B4", "B8"), indices=("NDVI",), scale_m=20.0),
    legend=Legend((LegendClass(1, "water", "#0064c8"), LegendClass(7, "trees", "#006400"))),
    model=ModelPlan(hidden_units=(32, 16), seed=5),
    files=(FileRef(path="a.tif", sha256="0" * 64, asset="a"),),
)


@pytest.mark.parametrize("project", [Project(), FULL], ids=["empty", "full"])
def test_project_written_and_read_is_the_same(project: Project) -> None:
    assert from_text(to_text(project)) == project


def edited(**changes: object) -> str:
    return json.dumps({**to_dict(FULL), **changes})


def with_part(part: str, **changes: object) -> str:
    data = to_dict(FULL)
    return json.dumps({**data, part: {**data[part], **changes}})


NONSENSE = {
    "no json": ("{", "no JSON"),
    "a list": ("[]", "no project of Loam"),
    "another document": ('{"type": "FeatureCollection"}', "schema_version"),
    "newer": (edited(schema_version=SCHEMA_VERSION + 1), "newer Loam"),
    "version as text": (edited(schema_version="one"), "schema version"),
    "unknown part": (edited(imagary={}), "unknown part “imagary”"),
    "unknown setting": (with_part("model", epoch=3), "unknown part “epoch”"),
    "epochs as text": (with_part("model", epochs="many"), "“epochs” is 'many'"),
    "epochs true": (with_part("model", epochs=True), "whole number"),
    "too many epochs": (with_part("model", epochs=10**6), "Epochs is 1e\\+06"),
    "bands as text": (with_part("imagery", bands="B4"), "must be a list"),
    "dates reversed": (
        with_part("imagery", start="2024-06-01", end="2024-05-01"),
        "run backwards",
    ),
    "no date": (with_part("imagery", start="June"), "“June” is no date"),
    "unknown split": (with_part("split", kind="magic"), "Unknown split “magic”"),
    "part is a number": (edited(split=3), "“split” is 3"),
    "name empty": (edited(name=" "), "name"),
    "aoi is a point": (edited(aoi={"type": "Point", "coordinates": [1, 2]}), "aoi"),
    "legend of one class": (
        edited(legend=[{"value": 1, "name": "a", "color": "#000000"}]),
        "legend",
    ),
    "file without digest": (edited(files=[{"path": "a.tif"}]), "lacks"),
}


@pytest.mark.parametrize(("text", "match"), NONSENSE.values(), ids=NONSENSE.keys())
def test_project_edited_into_nonsense_is_refused_by_part(text: str, match: str) -> None:
    with pytest.raises(ProjectError, match=match):
        from_text(text)


def test_older_file_without_optional_parts_gets_defaults() -> None:
    assert from_text('{"schema_version": 1}') == Project()
