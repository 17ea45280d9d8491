"""The code of the step Samples: labels and predictors as arrays, a draw, and a split."""

import json
from pathlib import PurePath

from lib.catalog.collections import find
from lib.core.crs import parse_crs
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine import labels as label_sources
from lib.earthengine.assets import asset_facts
from lib.earthengine.labels import index_by_text, index_by_value
from lib.workflow.code.dialect import Python, literal
from lib.workflow.code.imagery_part import fetching, fetching_settings
from lib.workflow.code.parts import Part, Setting, joined, template
from lib.workflow.code.subject import Subject, cannot
from lib.workflow.work.samples import LEAST

_SPLITS = {
    "random": "split_random",
    "simple": "split_simple",
    "blocks": "split_blocks",
    "polygon": "split_polygon",
    "column": "split_column",
}
_RULES = {
    "equal": "max(PER_CLASS, FLOOR)",
    "proportional": "PER_CLASS * len(CLASSES) * labelled / labelled.sum()",
    "square root": "PER_CLASS * len(CLASSES) * labelled**0.5 / (labelled**0.5).sum()",
    # The same accuracy is expected of all classes, so that Neyman's rule follows the shares.
    "neyman": "PER_CLASS * len(CLASSES) * labelled / labelled.sum()",
}


def samples_part(subject: Subject) -> Part:
    """Write the step Samples.

    Raises:
        PlanError: A setting cannot be written as code.
    """
    project = subject.project
    if project.labels.kind == "table":
        raise cannot(
            f"the samples come from the table {PurePath(project.labels.source).name}, whose rows "
            "Loam reads with its own rules",
            hint="Choose a reference map, features or drawn labels.",
            field="labels",
        )
    _refuse_split(subject)
    words = (
        "Labels and predictors are read as arrays on the training grid. Of each class those pixels "
        "are drawn that a hash of seed and place puts first: the same ones that Loam draws."
    )
    return Part(
        step="samples",
        title="Samples",
        words=words,
        needs="`predictors_between`, `region`"
        if project.imagery.form == "series"
        else "`predictors`, `region`",
        imports=("import ee", "import numpy as np"),
        settings=(*fetching_settings(subject), *_settings(subject)),
        code=joined(
            fetching(),
            cube_code(subject.imagery),
            _labels(subject),
            template("shuffle"),
            _draw(subject),
            _taken(subject),
            template(_SPLITS[project.split.kind]),
        ),
        otherwise=_otherwise(subject),
    )


def _refuse_split(subject: Subject) -> None:
    plan, kind = subject.project.labels, subject.project.split.kind
    if kind == "polygon" and plan.kind == "map":
        raise cannot(
            "a split by polygons of labels that come from a map",
            hint="Choose the split by blocks or at random.",
            field="split",
        )
    if kind == "column" and not plan.part_property:
        raise cannot(
            "a split by a column, and no column of the labels is named for it",
            hint="Name that column in the labels, or choose another split.",
            field="split",
        )


def cube_code(plan: ImageryPlan) -> str:
    """Read the predictors of the whole area, once."""
    if plan.form == "series":
        return (
            template("gaps") + "\n\n" + template("cube_series" if plan.fill_gaps else "cube_gaps")
        )
    return template("cube_patch" if plan.form == "patch" else "cube_pixel")


def cube_settings(plan: ImageryPlan) -> tuple[Setting, ...]:
    """Constants of `cube_code`."""
    return (Setting("SIDE", plan.patch_size, "pixels of a patch"),) if plan.form == "patch" else ()


def _settings(subject: Subject) -> tuple[Setting, ...]:
    project, sampling, split = subject.project, subject.project.sampling, subject.project.split
    settings = [
        Setting("CLASSES", list(subject.legend.names)),
        Setting("VALUES", list(subject.legend.values)),
        Setting("COLOURS", list(subject.legend.colors)),
        *cube_settings(project.imagery),
    ]
    if sampling.allocation == "by hand":
        settings.append(Setting("ASKED", list(sampling.counts), "samples of each class"))
    else:
        settings.append(Setting("PER_CLASS", sampling.per_class, "samples"))
        settings.append(Setting("FLOOR", sampling.floor, "least samples of a class"))
    if sampling.min_distance_m:
        settings.append(Setting("APART_M", sampling.min_distance_m, "between samples"))
    settings.append(Setting("SEED", sampling.seed, "of the draw"))
    dropped, relabelled = project.edits.dropped, project.edits.relabelled
    if dropped or relabelled:
        settings.append(Setting("DROPPED", list(dropped), "pixels, as row * width + column"))
        settings.append(Setting("RELABELLED", [list(pair) for pair in relabelled], "pixel, value"))
    if split.kind == "blocks":
        settings.append(Setting("BLOCK_M", split.block_size_m, "side of a spatial block"))
    if split.kind != "column":
        settings.append(Setting("VALIDATION", split.validation, "share of the samples"))
        settings.append(Setting("TEST", split.test, "share of the samples"))
        settings.append(Setting("SPLIT_SEED", split.seed))
    return tuple(settings)


def _labels(subject: Subject) -> str:
    if subject.project.labels.kind == "map":
        return joined(_label_map(subject), template("labels_map"))
    return joined(_shapes(subject), template("labels_shapes"))


def _label_map(subject: Subject) -> str:
    plan, imagery = subject.project.labels, subject.imagery
    known = find(plan.source)
    if known:
        single = known.type == "Image"
    else:
        single = asset_facts(subject.connection, plan.source).is_image
    band = literal(plan.band or (known.label_band if known else 0))
    out, places = Python(), index_by_value(plan, subject.legend)
    out.comment(f"Labels: {known.title if known else plan.source}, its values as class indices.")
    calls = [f".select({band})"]
    if not single:
        grows = known is not None and not known.end and bool(imagery.start)
        dates = f".filterDate({literal(imagery.start)}, {literal(imagery.end)})"
        calls = [".filterBounds(region)", *[dates] * grows, *calls]
        calls.append(".mode()" if grows else ".mosaic()")
    kind = "Image" if single else "ImageCollection"
    values = f"{literal(list(places))}, {literal(list(places.values()))}"
    calls += [f".remap({values})", '.rename("class_index")']
    out.let("labels", f"ee.{kind}({literal(plan.source)})", calls)
    return out.text()


def _shapes(subject: Subject) -> str:
    """Points and polygons with the place of their class in the legend."""
    plan, legend, out = subject.project.labels, subject.legend, Python()
    if plan.kind == "drawn":
        places = index_by_value(plan, legend)
        out.comment("Labels that were drawn on the map: class index and geometry.")
        drawn = [[places[d.value], json.loads(d.geometry)] for d in plan.drawn if d.value in places]
        out.constant("drawn", drawn)
        out.lines += [
            "shapes = [",
            '    {"geometry": geometry, "class_index": index, "group": number, "part": -1}',
            "    for number, (index, geometry) in enumerate(drawn)",
            "]",
        ]
        return out.text()
    counts = label_sources.class_counts(subject.connection, plan.source, plan.class_property)
    out.comment(f"Labels: features of {plan.source} by their column {plan.class_property}.")
    out.constant("index_of", index_by_text(sorted(counts), plan, legend))
    out.constant("part_of", {"training": 0, "train": 0, "validation": 1, "val": 1, "valid": 1,
                             "test": 2, "testing": 2})  # fmt: skip
    pieces = template("shapes_of_features").replace("$SOURCE", literal(plan.source))
    pieces = pieces.replace("$COLUMN", literal(plan.class_property))
    pieces = pieces.replace("$GROUP", literal(plan.group_property))
    return out.text() + pieces.replace("$PART", literal(plan.part_property))


def _draw(subject: Subject) -> str:
    sampling, split = subject.project.sampling, subject.project.split
    lines = ["# Which pixels may be drawn: labelled, in the area, with imagery."]
    lines.append("usable = (index >= 0) & inside & seen")
    if sampling.pure:
        lines.append(template("pure").rstrip())
    lines.append("labelled = np.bincount(index[inside & (index >= 0)], minlength=len(CLASSES))")
    if sampling.allocation == "by hand":
        lines.append("asked = ASKED")
    elif sampling.allocation == "equal":
        lines.append(f"asked = [{_RULES['equal']}] * len(CLASSES)")
    else:
        rule = _RULES[sampling.allocation]
        lines.append(f"asked = np.maximum(np.round({rule}), FLOOR).astype(int)")
    lines.append(template("draw_apart" if sampling.min_distance_m else "draw"))
    metres = split.kind == "blocks" or sampling.min_distance_m
    if metres and parse_crs(subject.grid().crs).is_geographic:
        raise cannot(
            "distances in metres on a grid in degrees",
            hint="Choose a split at random and no least distance.",
            field="split",
        )
    return "\n".join(lines)


def _taken(subject: Subject) -> str:
    """Classes without samples go, edits are applied, and samples are cut from the cube."""
    project = subject.project
    edits = project.edits.dropped or project.edits.relabelled
    kept = template("kept").replace("$LEAST", str(LEAST))
    dense = project.imagery.form == "patch" and project.imagery.dense
    form = "patch_dense" if dense else project.imagery.form
    return joined(kept, template("edited") if edits else "", template(f"taken_{form}"))


def _otherwise(subject: Subject) -> tuple[str, ...]:
    split = subject.project.split.kind
    notes = []
    if split == "blocks":
        notes.append(
            "Blocks of the split are halved all at once until every part has every class; Loam "
            "halves only those that need it, and balances classes over the parts."
        )
    elif split in ("polygon", "random"):
        notes.append("Parts of the split are rounded class by class, and may differ by a sample.")
    if subject.project.sampling.allocation not in ("equal", "by hand"):
        notes.append("Samples of a class are rounded, and may differ by one from Loam's.")
    return tuple(notes)
