"""Draw samples, where labels meet predictors class by class, or read them from a table."""

import shutil
from pathlib import Path

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.errors import AoiError
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.core.samples import NO_GROUP, SampleSet, beside
from lib.core.tables.samples import samples_from_table
from lib.core.tables.writing import is_simulated
from lib.earthengine import imagery, labels, sampling
from lib.earthengine.fetching import Watch
from lib.workflow import tablefiles
from lib.workflow.work.order import SAMPLES, Order, Progress

LEAST = 3
"""Samples that a class needs, so that training, validation and test set can each have one."""

KEPT = "fetched"
"""Folder of the answers that came, until the draw is complete; with them it goes on if stopped."""


def run(order: Order, progress: Progress) -> None:
    """Draw or read the samples that an order asks for and keep them as `samples.npz`."""
    if order.project.labels.kind == "table":
        _read_table(order, progress)
    else:
        _draw(order, progress)


def _read_table(order: Order, progress: Progress) -> None:
    """Make samples of a finished table; no service is asked."""
    plan = order.project.labels
    with order.making() as making:
        progress.report("Reading", "Reading the table", 0.05)
        table = tablefiles.table_of(order.root, plan.source)
        legend = order.project.legend or tablefiles.own_legend(table, plan)
        progress.report("Reading", "Making samples of its rows", 0.4)
        progress.stop_if_cancelled()
        samples, notes = samples_from_table(
            tablefiles.with_numbers(table, plan),
            plan,
            legend,
            form=order.project.imagery.form,
            words=tablefiles.class_words(table, plan),
        )
        obtained = [int(count) for count in samples.counts]
        samples = samples.with_classes_of_at_least(LEAST)
        progress.report("Reading", "Keeping the samples", 0.8)
        samples.save(making.folder / SAMPLES)
        report = sampling.DrawReport(tuple(obtained), tuple(obtained), ("",) * len(legend))
        making.summary = {
            **_summary(samples, report, legend, plan, simulated=is_simulated(table)),
            "notes": list(notes),
        }


def _draw(order: Order, progress: Progress) -> None:
    project, connection = order.project, order.connection
    aoi = require_aoi(order)
    with order.making() as making:
        path = making.folder / SAMPLES
        progress.report("Looking", "Asking for scenes and classes", 0.02)
        legend = legend_of(order)
        imagery.refuse_mixing(connection, project.imagery, project.labels)
        predictors = imagery.predictors(connection, project.imagery, aoi)
        progress.stop_if_cancelled()
        samples, report = sampling.draw(
            connection,
            predictors,
            project.labels,
            plan=project.sampling,
            imagery=project.imagery,
            legend=legend,
            aoi=aoi,
            watch=_watch(progress, making.folder / KEPT),
            large=beside(path),
        )
        samples = samples.with_classes_of_at_least(LEAST)
        samples.save(path)
        shutil.rmtree(making.folder / KEPT, ignore_errors=True)
        simulated = imagery.is_simulated(connection, predictors)
        making.summary = _summary(samples, report, legend, project.labels, simulated=simulated)


def _watch(progress: Progress, keep: Path) -> Watch:
    def on_progress(share: float, words: str, seconds: float | None) -> None:
        progress.report("Drawing", words, 0.05 + 0.9 * share, seconds)

    return Watch(on_progress, progress.stop_if_cancelled, keep)


def _summary(
    samples: SampleSet,
    report: sampling.DrawReport,
    legend: Legend,
    plan: LabelPlan,
    *,
    simulated: bool,
) -> dict[str, object]:
    return {
        "count": len(samples.class_index),
        "asked_legend": legend.to_json(),
        "asked": list(report.asked),
        "obtained": list(report.obtained),
        "unmatched": [list(row) for row in report.unmatched],
        "reasons": [_reason(*row) for row in zip(report.obtained, report.reasons, strict=True)],
        "legend": samples.legend.to_json(),
        "predictors": list(samples.names),
        "has_polygons": bool((samples.group != NO_GROUP).any()),
        "reference_map": reference_map(plan),
        "simulated": simulated,
    }


def reference_map(plan: LabelPlan) -> str:
    """The map that labels come from; scores are then agreement with it. Empty for features."""
    if plan.kind != "map":
        return ""
    known = find(plan.source)
    return known.title if known else plan.source


def _reason(obtained: int, reason: str) -> str:
    if obtained >= LEAST:
        return reason
    left_out = f"The class is left out: to be trained and tested it needs {LEAST} samples."
    return f"{reason} {left_out}".strip()


def require_aoi(order: Order) -> Aoi:
    """The order's area.

    Raises:
        AoiError: There is none.
    """
    if order.project.aoi is None:
        raise AoiError("No area is chosen.", hint="Draw one on the page “Imagery”.", field="aoi")
    return order.project.aoi


def legend_of(order: Order) -> Legend:
    """The project's classes, or those that its label source brings."""
    if order.project.legend is not None:
        return order.project.legend
    return labels.default_legend(order.connection, order.project.labels)
