"""The train page: families, settings, results, runs side by side, cross-validation and search."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from lib.core.errors import PlanError
from lib.workflow import runs, study
from lib.workflow.project import Workspace, open_workspace
from tests.pages.shown import button, visit, words
from tests.workflow.trained import QUICK, copied, home_with, work, workspace_with_samples


@pytest.fixture
def drawn() -> Workspace:
    """A project with samples and no network."""
    return workspace_with_samples()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a project that has a network, the second one, and the forest; and its id."""
    return home_with(tmp_path_factory.mktemp("trained"), ("train", None), ("other_split", None))


@pytest.fixture
def trained(original: tuple[Path, str], home: Path) -> Workspace:
    """A copy of it."""
    return copied(original, home)


def named(items, label: str):
    """Return the one control with a label."""
    found = [item for item in items if item.label == label]
    assert len(found) == 1, [item.label for item in items]
    return found[0]


def choose(app: AppTest, label: str, part: str) -> AppTest:
    """Choose a part of the page to look at."""
    return named(app.segmented_control, label).set_value(part).run()


def errors(app: AppTest) -> list[str]:
    return [item.value for item in app.error]


def captions(app: AppTest) -> str:
    return "\n".join(item.value for item in app.caption)


def test_page_before_training_offers_families_with_their_words_weights_and_needs(drawn):
    app = visit("train", drawn.id)

    assert not app.exception
    assert errors(app) == []
    assert named(app.selectbox, "Family").options == ["Multilayer perceptron", "Softmax regression"]
    assert "reaches the map by “Earth Engine expression”" in captions(app)
    assert "Training takes about" in captions(app)
    # 4 x 8 + 8, two for each normalised channel, 8 x 3 + 3
    assert named(app.metric, "Weights").value == "83"
    assert button(app, "Train").proto.type == "primary"


def test_another_family_brings_its_own_settings_and_the_first_comes_back_as_it_was(drawn):
    app = visit("train", drawn.id)
    named(app.selectbox, "Family").set_value("softmax").run()
    softmax = open_workspace(drawn.id).project.model
    labels = [item.label for item in app.text_input]
    named(app.selectbox, "Family").set_value("mlp").run()

    assert (softmax.family, softmax.learning_rate) == ("softmax", 0.01)
    assert "Hidden layers" not in labels
    assert open_workspace(drawn.id).project.model == QUICK


@pytest.mark.parametrize(
    ("form", "family"),
    [("series", "Temporal CNN"), ("patch", "Patch CNN")],
    ids=["series", "patch"],
)
def test_network_that_cannot_take_the_samples_gives_way_and_the_page_says_so(form, family):
    workspace = workspace_with_samples(form)
    app = visit("train", workspace.id)

    assert not app.exception
    assert errors(app) == []
    assert any(f"It is a {family} now." in item.value for item in app.info)
    assert "Filters" in [item.label for item in app.text_input]


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Hidden layers", "many", "is no list of layer widths"),
        ("Hidden layers", "8, 5000", "5,000"),
    ],
)
def test_settings_that_cannot_be_are_told_and_change_nothing(drawn, label, typed, said):
    app = visit("train", drawn.id)
    named(app.text_input, label).set_value(typed).run()

    assert any(said in error or said.replace(",", "") in error for error in errors(app))
    assert open_workspace(drawn.id).project.model == QUICK


def test_training_that_the_machine_cannot_hold_is_refused_and_says_what_would_fit(
    drawn, monkeypatch
):
    free = psutil.virtual_memory()._replace(available=100_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)

    app = visit("train", drawn.id)
    (before,) = errors(app)
    button(app, "Train").click().run()

    assert "of memory; 100 MB are free. Choose a smaller network." in before
    assert errors(app) == [before]
    assert drawn.job("train") is None
    with pytest.raises(PlanError, match="100 MB are free"):
        study.start_cross(drawn, k=3, kind="random")
    with pytest.raises(PlanError, match="100 MB are free"):
        study.start_search(drawn, trials=3, minutes=None)


def test_page_after_training_shows_network_second_network_forest_and_the_gap(trained):
    app = visit("train", trained.id)

    assert errors(app) == []
    assert len([item for item in app.metric if item.label == "Overall accuracy"]) == 3
    assert "Split at random" in words(app)
    assert button(app, "Go on to Deploy").proto.type == "primary"


@pytest.mark.parametrize("part", ["Matrix", "Classes", "Probabilities", "Predictors"])
def test_closer_look_shows_every_part_without_an_error(trained, part):
    app = choose(visit("train", trained.id), "A closer look", part)

    assert not app.exception
    assert errors(app) == []
    said = captions(app)
    expected = {
        "Matrix": "",
        "Classes": "Of the test set, with 95 % intervals",
        "Probabilities": "The test set is not looked at for this",
        "Predictors": "Each predictor was shuffled 10 times",
    }
    assert expected[part] in said


def test_second_run_shows_validation_scores_until_the_test_set_is_opened(trained):
    trained.change(model=replace(QUICK, seed=1))
    work(trained, "train")
    app = visit("train", trained.id)
    before = [item.label for item in app.metric]
    closed = "The test set is closed" in words(app)
    button(app, "Open the test set for this run").click().run()

    assert closed
    assert before.count("Overall accuracy") == 1
    assert "The test set is closed" not in words(app)
    assert "The test set was opened for 2 runs" in captions(app)
    assert [run.opened for run in runs.compared(trained).runs] == [True, True]


def test_run_that_is_used_puts_its_settings_into_the_controls(trained):
    trained.change(model=replace(QUICK, hidden_units=(16,)))
    work(trained, "train")
    app = visit("train", trained.id)
    button(app, "Use this run").click().run()

    assert open_workspace(trained.id).project.model == QUICK
    assert named(app.text_input, "Hidden layers").value == "8"
    assert errors(app) == []


def test_interrupted_training_offers_to_go_on(drawn):
    work(drawn, "train", stop_after=1)
    app = visit("train", drawn.id)

    assert button(app, "Resume training")
    assert button(app, "Go on to Deploy").proto.type == "primary"


def test_training_that_left_a_checkpoint_alone_is_resumed_by_the_primary_button(drawn):
    work(drawn, "train", stop_after=1)
    found = drawn.find("train")
    assert found is not None
    (found.folder / "result.json").unlink()

    assert button(visit("train", drawn.id), "Resume").proto.type == "primary"


def test_cross_validation_and_search_are_offered_and_show_what_came_of_them(drawn):
    work(drawn, "crossval", {"k": 2, "kind": "random", "seed": 0, "block_size_m": 500.0})
    work(drawn, "search", {"trials": 2, "minutes": None})
    app = visit("train", drawn.id)
    choose(app, "Compare and improve", "Cross-validate")
    folds = captions(app)
    choose(app, "Compare and improve", "Search")

    assert not app.exception
    assert errors(app) == []
    assert "Over all 240 tested samples at once" in folds
    assert "Of 2 trials" in words(app)
