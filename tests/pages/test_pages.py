"""Every page, run inside the shell: what it shows before anything is there, and where it leads."""

import pytest

from lib.core.aoi import Aoi
from lib.workflow.project import Workspace, new_workspace, open_workspace
from tests.pages.shown import STEPS, button, visit, words


@pytest.fixture
def with_area() -> Workspace:
    """A saved project with an area and nothing else."""
    workspace = new_workspace()
    workspace.change(aoi=Aoi.from_bounds(12.4, 47.85, 12.41, 47.86))
    return workspace


@pytest.mark.parametrize("page", ["home", *STEPS])
def test_page_of_an_empty_project_shows_no_error(page):
    app = visit(page)

    assert not app.exception
    assert [item.value for item in app.error] == []


@pytest.mark.parametrize("page", ["home", *STEPS])
def test_page_has_one_primary_button_at_most(page):
    app = visit(page)

    primary = [item.label for item in app.button if item.proto.type == "primary"]
    assert len(primary) == 1, primary


@pytest.mark.parametrize("page", STEPS)
def test_stepper_says_where_one_is_and_what_is_not_done(page):
    links = [link.proto.label for link in visit(page).get("page_link")]

    shown = [label for label in links if label[0].isdigit()]
    assert len(shown) == 5
    assert sum("[here]" in label for label in shown) == 1
    assert sum("[not yet]" in label for label in shown) == 4
    assert f"{STEPS.index(page) + 1} {page.capitalize()} :green[here]" in shown


@pytest.mark.parametrize("page", ["samples", "train", "deploy", "results"])
def test_page_that_needs_an_area_says_so_and_leads_there(page):
    app = visit(page)

    assert "No area is chosen yet." in words(app)
    assert button(app, "Go to Imagery").proto.type == "primary"


@pytest.mark.parametrize(
    ("page", "missing", "label"),
    [
        ("train", "There are no samples to train on yet.", "Go to Samples"),
        ("deploy", "There is no trained network yet.", "Go to Train"),
        ("results", "The network is not deployed yet.", "Go to Deploy"),
    ],
)
def test_page_names_the_step_before_it_that_is_missing(page, missing, label, with_area):
    app = visit(page, with_area.id)

    assert missing in words(app)
    assert button(app, label).proto.type == "primary"


def test_badge_names_the_connection_and_the_stamp_says_simulated():
    badges = words(visit("home"))

    assert "Local Earth" in badges
    assert "Simulated" in badges


def test_project_of_the_address_is_found_again_in_a_new_session(with_area):
    app = visit("home", with_area.id)

    links = [link.proto.label for link in app.get("page_link")]
    assert "1 Imagery :green[done]" in links
    assert app.query_params["project"] in (with_area.id, [with_area.id])


def test_visitor_without_an_address_gets_an_empty_project_of_their_own(with_area):
    app = visit("home")

    links = [link.proto.label for link in app.get("page_link")]
    assert "1 Imagery :gray[not yet]" in links
    assert app.query_params["project"] not in (with_area.id, [with_area.id])


def test_address_of_a_project_that_is_not_here_is_told_and_replaced():
    app = visit("home", "0" * 32)

    assert len(app.warning) == 1
    assert "shows an empty project instead" in app.warning[0].value
    assert app.query_params["project"] not in ("0" * 32, ["0" * 32])


@pytest.mark.parametrize(
    "nonsense", ["../../etc", "x" * 32, "0" * 31], ids=["path", "no hex", "short"]
)
def test_address_that_is_no_id_is_replaced_without_a_word(nonsense):
    app = visit("home", nonsense)

    assert not app.warning
    assert app.query_params["project"] != nonsense


def test_starting_from_an_empty_page_opens_another_project():
    app = visit("home")
    before = app.query_params["project"]

    button(app, "Start from an empty page").click().run()

    assert not app.error
    assert app.query_params["project"] != before


def test_name_of_a_project_is_kept():
    workspace = new_workspace()
    app = visit("home", workspace.id)

    next(item for item in app.text_input if item.label == "Name of this project").set_value(
        "Meadows"
    ).run()

    assert open_workspace(workspace.id).project.name == "Meadows"


def test_key_that_is_no_json_is_told_beside_the_form():
    app = visit("home")

    app.text_area[0].set_value("not a key")
    button(app, "Sign in").click().run()

    assert not app.exception
    assert len(app.error) == 1
    assert "This is no JSON" in app.error[0].value


def test_typed_bounds_that_are_empty_are_told_and_change_nothing(with_area):
    app = visit("imagery", with_area.id)
    north = next(item for item in app.number_input if item.label == "North")

    north.set_value(40.0)
    button(app, "Use these bounds").click().run()

    assert any("The rectangle is empty" in item.value for item in app.error)
    assert open_workspace(with_area.id).project.aoi == with_area.project.aoi


def test_samples_page_draws_its_controls_and_says_what_will_be_here(with_area):
    app = visit("samples", with_area.id)

    assert not app.exception
    assert "The samples appear here" in words(app)
    assert button(app, "Draw samples").proto.type == "primary"
