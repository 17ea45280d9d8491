"""Pages of the walk that comes with Loam: every result is there, real, and made nowhere else."""

from dataclasses import replace

import pytest

from lib.workflow import results, samples, train
from lib.workflow.project import Workspace, open_prepared, open_workspace
from tests.pages.shown import STEPS, button, visit, words


@pytest.fixture
def finished() -> Workspace:
    """A copy of the prepared walk."""
    return open_prepared()


@pytest.fixture
def outdated(finished: Workspace) -> Workspace:
    """The same after the number of samples was changed."""
    sampling = finished.project.sampling
    finished.change(sampling=replace(sampling, per_class=sampling.per_class + 50))
    return finished


def metrics(app) -> dict[str, str]:
    """Return the figures of a page by their labels."""
    return {item.label: item.value for item in app.metric}


@pytest.mark.parametrize("page", STEPS)
def test_page_of_a_finished_walk_shows_no_error_and_leads_on(page, finished):
    app = visit(page, finished.id)

    assert not app.exception
    assert [item.value for item in app.error] == []
    following = [*STEPS, ""][STEPS.index(page) + 1]
    if following:
        assert button(app, f"Go on to {following.capitalize()}").proto.type == "primary"


@pytest.mark.parametrize("page", STEPS)
def test_stepper_of_a_finished_walk_says_done_five_times(page, finished):
    links = [link.proto.label for link in visit(page, finished.id).get("page_link")]

    steps = [label for label in links if label[0].isdigit()]
    assert sum("done]" in label for label in steps) == 5


def test_samples_page_counts_what_lies_in_each_part(finished):
    view = samples.read(finished)
    shown = metrics(visit("samples", finished.id))

    assert view is not None
    assert shown["Samples"] == f"{view.count:,}"
    parts = [int(shown[name].replace(",", "")) for name in ("Training", "Validation", "Test")]
    assert sum(parts) == view.count


def test_train_page_shows_the_network_the_second_one_and_the_forest(finished):
    view = train.read(finished)
    app = visit("train", finished.id)

    assert view is not None
    assert view.other is not None
    shown = [item.value for item in app.metric if item.label == "Overall agreement"]
    expected = (view.network.scores, view.other.scores, view.forest)
    assert shown == [f"{scores.overall_accuracy:.2f}" for scores in expected]
    assert "spatial blocks" in words(app)
    assert "split at random" in words(app)


def test_deploy_page_shows_a_difference_below_its_bound(finished):
    app = visit("deploy", finished.id)

    shown = metrics(app)
    assert float(shown["Greatest difference"]) <= float(shown["Bound"])
    assert any("Both forms agree" in item.value for item in app.success)


def test_results_page_names_every_class_of_the_legend(finished):
    view = results.read(finished)
    app = visit("results", finished.id)

    assert view is not None
    legend = "".join(item.proto.body for item in app.get("html"))
    assert all(name in legend for name in view.legend.names)
    sliders = {item.label: item.value for item in app.slider}
    assert sliders["Opacity of Classes"] == 100
    assert sliders["Opacity of Imagery"] == 100


@pytest.mark.parametrize("page", ["samples", "train", "deploy", "results"])
def test_page_of_an_outdated_result_shows_it_and_says_why(page, outdated):
    app = visit(page, outdated.id)

    notes = [item.value for item in app.warning]
    assert any("The number of samples has changed since" in note for note in notes)
    assert app.metric


@pytest.mark.parametrize("page", ["train", "deploy", "results"])
def test_page_after_an_outdated_step_leads_back_to_it(page, outdated):
    app = visit(page, outdated.id)

    assert button(app, "Go to Samples").proto.type == "primary"


@pytest.mark.slow
def test_pages_that_are_looked_at_change_nothing_in_the_project(finished):
    before = finished.save_bytes()
    for page in STEPS:
        visit(page, finished.id)

    assert open_workspace(finished.id).save_bytes() == before


def test_another_collection_brings_its_own_bands_and_dates(finished):
    app = visit("imagery", finished.id)
    collection = next(item for item in app.selectbox if item.label == "Collection")
    collection.set_value("LANDSAT/LC08/C02/T1_L2").run()

    assert not app.exception
    plan = open_workspace(finished.id).project.imagery
    assert plan.collection == "LANDSAT/LC08/C02/T1_L2"
    assert all(band.startswith("SR_") for band in plan.bands)


def test_reversed_dates_are_told_and_change_nothing(finished):
    app = visit("imagery", finished.id)
    until = next(item for item in app.date_input if item.label == "Until")
    until.set_value("2018-01-01").run()

    assert any("The dates run backwards" in item.value for item in app.error)
    assert open_workspace(finished.id).project.imagery == finished.project.imagery


def test_layers_that_are_no_numbers_are_told_and_change_nothing(finished):
    app = visit("train", finished.id)
    layers = next(item for item in app.text_input if item.label == "Hidden layers")
    layers.set_value("many").run()

    assert any("is no list of layer widths" in item.value for item in app.error)
    assert open_workspace(finished.id).project.model == finished.project.model
