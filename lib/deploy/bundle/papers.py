"""What lies beside the files of a bundle: the input contract and the model card."""

from collections.abc import Mapping, Sequence
from typing import Any

from lib.core.formats import number
from lib.core.legend import Legend
from lib.deploy.agreement import Agreement, words_of
from lib.deploy.bundle.examples import example_name
from lib.deploy.bundle.formats import find_format
from lib.deploy.bundle.writing import OUTPUT
from lib.deploy.geotiff import class_codes
from lib.deploy.raster.layout import ANY_SIZE, CENTRE, MASK, PIXEL, SERIES, TILES, Layout
from lib.models.artifact import Card
from lib.models.families import FAMILIES

CONTRACT_VERSION = 1
_AXES = {
    PIXEL: ["sample"],
    SERIES: ["sample", "date"],
    CENTRE: ["sample", "row", "column"],
    ANY_SIZE: ["sample", "row", "column"],
    TILES: ["sample", "row", "column"],
}


def contract_of(card: Card, layout: Layout, units: Mapping[str, str]) -> dict[str, Any]:
    """Say exactly what goes into the network and what comes out, as plain data.

    Args:
        card: What is known of the network.
        layout: What it reads.
        units: Units of predictors by name.
    """
    lengths = [None, *_inner(layout)]
    axes = _AXES[layout.kind]
    predictors = {
        "name": next(name for name in layout.inputs if name != MASK),
        "dtype": "float32",
        "axes": [*axes, "predictor"],
        "shape": [*lengths, layout.predictors],
        "order": [
            {"name": name, "unit": units.get(name, "as in the training samples")}
            for name in card.predictors
        ],
        "scaling": "none: give values in these units; the network scales them itself",
        "missing": f"0, with {MASK} 0" if layout.masked else "not allowed: no NaN",
    }
    flags = {
        "name": MASK,
        "dtype": "float32",
        "axes": [*axes, "channel"],
        "shape": [*lengths, 1],
        "values": "1 where the predictors were observed, 0 where not",
    }
    output_axes = axes if layout.dense else axes[:1]
    return {
        "contract_version": CONTRACT_VERSION,
        "family": card.plan.family,
        "form": card.form,
        "inputs": [flags if name == MASK else predictors for name in layout.inputs],
        "dates": list(card.steps),
        "output": {
            "name": OUTPUT,
            "dtype": "float32",
            "axes": [*output_axes, "class"],
            "shape": [*(lengths if layout.dense else [None]), layout.classes],
            "values": "probabilities, which add up to 1",
        },
        "margin": layout.margin,
        "classes": _classes(card.legend),
    }


def _inner(layout: Layout) -> list[int | None]:
    if layout.kind == PIXEL:
        return []
    if layout.kind == SERIES:
        return [layout.dates]
    return [layout.side or None, layout.side or None]


def _classes(legend: Legend) -> list[dict[str, Any]]:
    return [
        {"index": index, "value": int(code), "name": item.name, "color": item.color}
        for index, (code, item) in enumerate(zip(class_codes(legend), legend.classes, strict=True))
    ]


def card_of(
    card: Card, contract: Mapping[str, Any], rows: Sequence[Agreement], notes: Sequence[str]
) -> str:
    """Write the model card.

    Args:
        card: What is known of the network.
        contract: Its input contract.
        rows: How its formats compare with Keras.
        notes: More sentences, such as that it was trained on a simulated planet.
    """
    family = FAMILIES[card.plan.family]
    versions = ", ".join(f"{name} {text}" for name, text in card.versions.items())
    lines = [
        f"# {family.title}",
        "",
        (
            f"{family.words} It takes {family.needs} of {len(card.predictors)} predictors and "
            f"tells {len(card.legend)} classes apart, with {number(card.weight_count)} trainable "
            "weights."
        ),
        "",
        *(f"**{note}**\n" for note in notes),
        "## Training",
        "",
        (
            f"- Split: {card.split_kind}, seed {card.split_seed}; {number(len(card.training_ids))} "
            f"samples trained it and {number(len(card.validation_ids))} chose epoch "
            f"{card.best_epoch} of {card.epochs}."
        ),
        f"- Made with {versions or 'unknown versions'}.",
        *(f"- {note}" for note in card.notes),
        "",
        "## Inputs",
        "",
        "Exactly as `contract.json` says; values in physical units, the network scales them.",
        "",
        *_input_table(contract),
        "",
        "## Classes",
        "",
        "| index | value | name |",
        "|---|---|---|",
        *(
            f"| {item['index']} | {item['value']} | {item['name']} |"
            for item in contract["classes"]
        ),
        "",
        "## Formats",
        "",
        "Compared with Keras on samples, of which those held out come first:",
        "",
        *_format_lines(rows),
        "",
        "## Limits",
        "",
        (
            "It knows the places, dates and classes that it was trained on. Its probabilities rank "
            "pixels; whether they are shares of right answers must be checked where it is used."
        ),
    ]
    return "\n".join(lines) + "\n"


def _input_table(contract: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {place} | {item['name']} | {item['unit']} |"
        for entry in contract["inputs"]
        for place, item in enumerate(entry.get("order", []))
    ]
    return ["| place | predictor | unit |", "|---|---|---|", *rows]


def _format_lines(rows: Sequence[Agreement]) -> list[str]:
    lines = []
    for row in rows:
        item = find_format(row.form)
        where = f"`{item.file}`, `{example_name(row.form)}`" if row.passed else "not in here"
        lines.append(f"- **{item.title}** ({where}). {item.words} {words_of(row)}")
        if row.samples:
            lines[-1] += f" {number(row.held_out)} of them were held out."
    return lines
