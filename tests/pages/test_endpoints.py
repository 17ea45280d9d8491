"""Vertex AI on the pages, against stand-ins: what it costs is seen, and it can be taken down."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.guard import plain
from lib.workflow import endpoints
from lib.workflow.project import Workspace, open_workspace
from tests.pages.shown import button, visit, words
from tests.pages.working import ended
from tests.workflow.clouded import kept, vertex
from tests.workflow.walked import small_walk


def errors(app: AppTest) -> list[str]:
    return [item.value for item in app.error]


def captions(app: AppTest) -> str:
    return "\n".join(item.value for item in app.caption)


def field(app: AppTest, label: str):
    return next(item for item in app.text_input if item.label == label)


def test_route_is_offered_to_who_is_signed_in_with_its_settings_and_what_it_costs(signed_in):
    app = visit("deploy", workspace=signed_in)

    assert errors(app) == []
    assert "Vertex AI endpoint" in app.radio[0].options
    assert field(app, "Bucket").value == "meadow"
    assert field(app, "Region").value == "us-central1"
    assert field(app, "Machine type").value == "n1-standard-2"
    image = field(app, "Container image")
    assert image.placeholder == "us-central1-docker.pkg.dev/meadow-1/loam/tf-serving:latest"
    assert any("tried against a stand-in only" in item for item in app.radio[0].proto.captions)
    assert "It costs by the hour from then on" in words(app)
    assert button(app, "Deploy and check").proto.type == "primary"


def test_settings_are_kept_in_the_project(signed_in):
    app = visit("deploy", workspace=signed_in)
    field(app, "Region").set_value("europe-west4").run()

    assert open_workspace(signed_in.id).project.deployment == vertex(region="europe-west4")


def test_missing_bucket_is_told_and_nothing_starts(signed_in):
    signed_in.change(deployment=vertex(bucket=""))
    app = visit("deploy", workspace=signed_in)
    button(app, "Deploy and check").click().run()

    assert any("No Cloud Storage bucket is given" in error for error in errors(app))
    assert signed_in.job("deploy") is None


def test_route_is_refused_with_the_reason_where_nobody_is_signed_in():
    app = visit("deploy", small_walk().id)

    assert "Vertex AI endpoint" not in app.radio[0].options
    assert "Vertex AI endpoint\\: it needs endpoints of Vertex AI" in captions(app)


def test_guide_tells_step_by_step_what_it_needs(signed_in):
    app = visit("deploy", workspace=signed_in)
    app.session_state[f"section-endpoint-guide-{signed_in.id[:8]}"] = True
    app.run()

    assert "gcloud storage buckets create" in words(app)


@pytest.mark.parametrize("page", ["home", "imagery", "samples", "train", "results"])
def test_what_runs_is_told_on_every_page_with_the_way_to_it(signed_in, page):
    kept(signed_in)
    app = visit(page, workspace=signed_in)

    assert any("It costs by the hour" in item.value for item in app.warning)
    links = [link.proto.label for link in app.get("page_link")]
    assert "Look after it on Deploy" in links


def test_what_runs_is_told_to_who_is_signed_out_with_what_to_do(signed_in):
    kept(signed_in, label="Earth Engine · meadow-1")
    app = visit("deploy", signed_in.id)

    assert "Running since 22 November 2026" in words(app)
    assert plain("Sign in to Earth Engine · meadow-1 to take it down.") in captions(app)
    assert button(app, "Take it down").disabled


def test_second_endpoint_is_refused_while_one_is_there(signed_in):
    kept(signed_in)
    app = visit("deploy", workspace=signed_in)
    button(app, "Deploy and check").click().run()

    assert any("is there already" in error for error in errors(app))


@pytest.mark.slow
def test_walk_over_the_endpoint_is_made_and_unmade_by_the_buttons(cloud, signed_in):
    cloud.polls = 2
    app = visit("deploy", workspace=signed_in)
    button(app, "Deploy and check").click().run()
    assert ended(signed_in, "deploy").state == "finished"
    app.run()

    assert errors(app) == []
    assert any("Both forms agree" in item.value for item in app.success)
    assert "An endpoint is running" in words(app)
    assert button(app, "Go on to Results").proto.type == "primary"
    app.switch_page("../../pages/results.py").run()
    assert any("It costs by the hour" in item.value for item in app.warning)
    button(app, "Put it on the map").click().run()
    assert ended(signed_in, "results").state == "finished"
    app.run()
    assert errors(app) == []
    assert [item.label for item in app.metric] == ["Classified area"]

    app.switch_page("../../pages/deploy.py").run()
    button(app, "Take it down").click().run()
    assert ended(signed_in, "teardown").state == "finished"
    app.run()
    assert any("nothing costs any more" in item.value for item in app.success)
    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])
    assert endpoints.views(signed_in) == ()
    assert any("Its endpoint was taken down." in item.value for item in app.warning)
    assert button(app, "Deploy and check").proto.type == "primary"
    app.switch_page("../../pages/results.py").run()
    assert errors(app) == []
    assert [item.label for item in app.metric] == ["Classified area"]


FAILURES = {
    "not switched on": lambda cloud: setattr(cloud, "api_enabled", False),
    "There is no bucket “meadow”": lambda cloud: cloud.buckets.clear(),
    "is spent": lambda cloud: setattr(cloud, "quota_spent", True),
    "does not offer this machine type": lambda cloud: cloud.machine_types.clear(),
    "lacks the permission": lambda cloud: cloud.refuse.update(
        {"POST /upload/": (403, "it does not have storage.objects.create access to the bucket")}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("said", FAILURES)
def test_failure_is_shown_as_its_sentence_and_can_be_cleared(cloud, signed_in, said):
    FAILURES[said](cloud)
    app = visit("deploy", workspace=signed_in)
    button(app, "Deploy and check").click().run()
    assert ended(signed_in, "deploy").state == "failed"
    app.run()

    assert [error for error in errors(app) if plain(said) in error], errors(app)
    if [item for item in app.button if item.label == "Take it down"]:
        cloud.refuse.clear()
        button(app, "Take it down").click().run()
        assert ended(signed_in, "teardown").state == "finished"
    assert endpoints.views(signed_in) == ()
    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])


def test_workspace_of_another_project_of_the_account_sees_it_too(signed_in):
    kept(signed_in)
    other = Workspace("0" * 32, signed_in.project, signed_in.connection)
    other.save()
    app = visit("home", workspace=other)

    assert any("It costs by the hour" in item.value for item in app.warning)
