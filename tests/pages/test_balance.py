"""What helps rare classes in training: set on the samples page and shown in its chart."""

from dataclasses import replace

import pytest

from lib.core.imagery_plan import ImageryPlan
from lib.core.plan import BalancePlan, SplitPlan
from lib.core.resampling import resample
from lib.ui import charts
from lib.workflow import samples
from lib.workflow.project import Workspace
from tests.pages.drawn import labelled, open_tab, saved
from tests.pages.shown import visit

pytestmark = pytest.mark.slow

CHANGES = "Change samples a little, anew in each epoch"
FORMS = {
    "pixel": {"form": "pixel"},
    "series": {"form": "series", "window_days": 5},
    "patch": {"form": "patch", "patch_size": 5},
}


@pytest.fixture
def uneven(drawn) -> Workspace:
    """Samples whose training set has classes of different sizes."""
    drawn.change(split=SplitPlan("simple"))
    view = samples.read(drawn)
    assert view is not None
    assert len({row.training for row in view.per_class}) > 1
    return drawn


def chart_of(app, monkeypatch) -> dict[str, tuple[int, int]]:
    """Training samples of each class before and after, as the chart of the page has them."""
    shown = []
    monkeypatch.setattr(charts, "show", lambda chart, **_: shown.append(chart))
    open_tab(app, "Balance")
    (chart,) = shown
    rows = next(iter(chart.to_dict()["datasets"].values()))
    return {row["name"]: (row["training"], row["balanced"]) for row in rows}


@pytest.mark.parametrize(("how", "size"), [("over", max), ("smote", max), ("under", min)])
def test_training_set_is_balanced_as_set_and_the_chart_follows(how, size, uneven, monkeypatch):
    app = visit("samples", uneven.id)
    labelled(app.selectbox, "Training samples").set_value(how).run()

    assert saved(uneven).project.balance.resample == how
    found = chart_of(app, monkeypatch)
    before = {name: count for name, (count, _) in found.items() if count}
    after = {name: found[name][1] for name in before}
    assert after == dict.fromkeys(before, size(before.values()))


def test_chart_of_smote_counts_what_training_will_get(uneven):
    found = uneven.find("samples")
    kept = samples.drawn(uneven, found)
    split, _ = samples.part(uneven, kept)
    uneven.change(balance=BalancePlan("smote"))

    made = resample(kept, split.training, uneven.project.balance)

    assert samples.balanced_counts(uneven, kept, split).tolist() == made.after.tolist()
    assert made.after.sum() > len(split.training)


@pytest.mark.parametrize("form", FORMS)
def test_smote_is_offered_for_pixels_only(form, empty):
    empty.change(imagery=replace(empty.project.imagery, **FORMS[form]))

    offered = labelled(visit("samples", empty.id).selectbox, "Training samples").options

    assert ("Rare ones filled up (SMOTE)" in offered) == (form == "pixel")


def test_smote_set_before_is_left_when_samples_become_patches(empty):
    empty.change(balance=BalancePlan("smote"))
    empty.change(imagery=replace(empty.project.imagery, **FORMS["patch"]))

    app = visit("samples", empty.id)

    assert labelled(app.selectbox, "Training samples").value == "none"
    assert saved(empty).project.balance.resample == "none"


OFFERED = {
    "pixel": ["Noise", "Jitter"],
    "series": ["Noise", "Jitter", "Missing dates"],
    "patch": ["Noise", "Flips", "Rotations", "Brightness"],
}


@pytest.mark.parametrize("form", FORMS)
def test_changes_that_suit_the_form_are_offered_and_kept(form, empty):
    imagery: ImageryPlan = replace(empty.project.imagery, **FORMS[form])
    empty.change(imagery=imagery)
    app = visit("samples", empty.id)
    group = labelled(app.pills, CHANGES)
    assert list(group.options) == OFFERED[form]

    group.set_value([name.lower() for name in OFFERED[form]]).run()

    assert saved(empty).project.balance.augment == samples.augmentations(form)
