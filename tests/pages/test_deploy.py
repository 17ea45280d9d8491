"""The deploy page: routes, bundles and exports, each as a visitor meets it."""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.core.plan import LabelPlan
from lib.ui.guard import plain
from lib.workflow import bundle, deploy, map_asset, store, tasks, trip
from lib.workflow.project import Workspace
from tests.pages.shown import button, visit, words
from tests.pages.working import LIMIT_S, ended
from tests.workflow.filed import as_file, with_map
from tests.workflow.trained import copied, home_with, work, workspace_with_samples
from tests.workflow.walked import small_walk


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a project that has a network; and its id."""
    return home_with(tmp_path_factory.mktemp("trained"), ("train", None))


@pytest.fixture
def trained(original: tuple[Path, str], home: Path) -> Workspace:
    """A copy of it."""
    return copied(original, home)


@pytest.fixture
def finished() -> Workspace:
    """A finished walk of a small area, whose network is deployed as an expression."""
    return small_walk()


def opened(app: AppTest, workspace: Workspace, name: str) -> AppTest:
    """Open one of the sections."""
    app.session_state[f"section-{name}-{workspace.id[:8]}"] = True
    return app.run()


def done(workspace: Workspace, task_id: str) -> tasks.Task:
    """Wait until a task of Earth Engine is over."""
    until = time.monotonic() + LIMIT_S
    while not (task := {item.id: item for item in tasks.listed(workspace)}[task_id]).is_done:
        assert time.monotonic() < until, task
        time.sleep(0.05)
    return task


def errors(app: AppTest) -> list[str]:
    return [item.value for item in app.error]


def captions(app: AppTest) -> str:
    return "\n".join(item.value for item in app.caption)


def field(app: AppTest, label: str):
    return next(item for item in app.text_input if item.label == label)


def formats(app: AppTest):
    return next(item for item in app.get("button_group") if item.label == "Formats")


def test_costs_limits_and_times_of_all_ways_are_compared(trained):
    app = opened(visit("deploy", trained.id), trained, "ways")

    shown = words(app)
    for way in deploy.ways(trained):
        reason = way.reason.removeprefix(f"{way.route.title}: ")[1:]
        for told in (way.route.title, way.route.cost, way.route.limits, way.route.time, reason):
            assert plain(told) in shown, way.route.name


def test_network_of_a_table_of_the_earth_is_not_deployed_on_the_simulated_planet():
    workspace = workspace_with_samples(labels=LabelPlan("table", "tables/mine", ""))
    found = workspace.find("samples")
    store.finish(found.folder, found.made_of, {**found.summary, "simulated": False})
    work(workspace, "train")

    app = visit("deploy", workspace.id)
    assert ["of the Earth and the imagery is simulated" in item.value for item in app.warning] == [
        True
    ]
    app = button(app, "Deploy and check").click().run()
    assert ["of the Earth and the imagery is simulated" in text for text in errors(app)] == [True]
    assert deploy.job(workspace) is None


def test_bundle_offers_every_format_and_says_what_it_will_take(trained):
    app = opened(visit("deploy", trained.id), trained, "bundle")

    assert errors(app) == []
    assert formats(app).options == [item.title for item in bundle.formats()]
    assert "6 formats, each compared with Keras" in captions(app)
    primary = [item.label for item in app.button if item.proto.type == "primary"]
    assert primary == ["Deploy and check"]


def test_bundle_without_a_format_cannot_be_made(trained):
    app = opened(visit("deploy", trained.id), trained, "bundle")
    formats(app).set_value([])
    app.run()

    assert button(app, "Make the bundle").disabled
    assert "Choose a format at least." in captions(app)


def test_bundle_shows_how_far_each_format_is_from_keras_and_what_was_refused(trained):
    work(trained, "bundle", {"formats": ["keras", "tflite-int8"]})
    found = trained.find("bundle")
    found.summary["rows"][1] |= {"passed": False, "equal_classes": 0.91}
    store.finish(found.folder, found.made_of, found.summary)
    app = opened(visit("deploy", trained.id), trained, "bundle")

    table = app.dataframe[0].value
    assert list(table["Verdict"]) == ["handed over", "refused"]
    assert list(table["Allowed"]) == ["difference 1e-5", "97 % equal classes"]
    assert list(table["Equal classes"])[1] == "91.0 %"
    refused = [item.value for item in app.warning]
    assert any("TFLite, int8 weights" in item and "is not in the file" in item for item in refused)


@pytest.mark.slow
def test_bundle_made_by_a_worker_is_a_zip_whose_example_runs(trained, tmp_path):
    app = opened(visit("deploy", trained.id), trained, "bundle")
    formats(app).set_value(["savedmodel", "onnx"])
    app.run()
    button(app, "Make the bundle").click().run()
    assert ended(trained, "bundle").state == "finished"
    app.run()

    assert errors(app) == []
    assert list(app.dataframe[0].value["Verdict"]) == ["handed over", "handed over"]
    download = next(item for item in app.get("download_button") if "bundle" in item.proto.label)
    assert download.proto.label.startswith("Download the bundle (")
    view = bundle.read(trained)
    with zipfile.ZipFile(io.BytesIO(view.path.read_bytes())) as archive:
        archive.extractall(tmp_path)
    ran = subprocess.run(
        [sys.executable, "example_onnx.py"],
        cwd=tmp_path / "bundle",
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(ran.stdout.rsplit("greatest difference", 1)[1]) <= 1e-5


def test_export_is_told_to_wait_where_nothing_is_deployed(trained):
    app = opened(visit("deploy", trained.id), trained, "tasks")

    assert errors(app) == []
    assert any("Deploy the network first" in item.value for item in app.info)
    assert "Start the export" not in [item.label for item in app.button]


def test_export_offers_the_places_of_the_connection_and_says_why_not_the_others(finished):
    app = opened(visit("deploy", finished.id), finished, "tasks")

    assert errors(app) == []
    places = next(item for item in app.get("button_group") if item.label == "Where to")
    assert places.options == ["Asset"]
    assert "Google Drive\\: it belongs to a Google account" in captions(app)
    assert "Cloud Storage\\: it needs a Google Cloud project" in captions(app)
    name = next(item for item in app.text_input if item.label == "Name")
    assert name.value.endswith("-classes-simulated")


def test_export_with_a_name_that_cannot_be_is_told_beside_its_field(finished):
    app = opened(visit("deploy", finished.id), finished, "tasks")
    next(item for item in app.text_input if item.label == "Name").set_value("a/b")
    button(app, "Start the export").click().run()

    assert any("“a/b” cannot name the map" in error for error in errors(app))
    assert tasks.listed(finished) == ()


def test_export_to_an_asset_runs_and_is_listed_until_it_is_done(finished):
    app = opened(visit("deploy", finished.id), finished, "tasks")
    button(app, "Start the export").click().run()

    assert errors(app) == []
    (task,) = tasks.listed(finished)
    assert done(finished, task.id).state == "SUCCEEDED"
    app.run()
    assert "-classes-simulated" in words(app).replace("\\", "")
    assert "Done" in words(app)
    assert "Cancel" not in [item.label for item in app.button]


def test_export_that_is_cancelled_says_so(finished):
    task = tasks.start(finished, "asset", name="one")
    tasks.cancel(finished, task.id)
    ending = done(finished, task.id)
    app = opened(visit("deploy", finished.id), finished, "tasks")

    assert errors(app) == []
    assert ending.state in ("CANCELLED", "SUCCEEDED")
    assert plain(ending.words) in words(app)


def labels(app: AppTest) -> list[str]:
    return [item.label for item in app.button]


def test_finished_file_on_local_earth_is_told_to_be_an_asset_already(finished):
    as_file(finished)
    with_map(finished, asset="projects/local/assets/maps/abc")
    app = opened(visit("deploy", finished.id), finished, "tasks")

    assert errors(app) == []
    told = plain("keeps the finished map as an asset already: projects/local/assets/maps/abc")
    assert any(told in item.value for item in app.success)
    assert "Upload the map as an asset" not in labels(app)
    assert "Start the export" not in labels(app)


def test_map_as_a_file_that_is_not_made_yet_says_where_it_is_made(filed):
    app = opened(visit("deploy", workspace=filed), filed, "tasks")

    assert errors(app) == []
    assert any("Put the network on the map first" in item.value for item in app.info)
    assert "Upload the map as an asset" not in labels(app)


def test_finished_file_can_be_uploaded_and_what_is_wrong_is_told(filed):
    with_map(filed)
    app = opened(visit("deploy", workspace=filed), filed, "tasks")

    assert errors(app) == []
    name, bucket = (field(app, label) for label in ("Name", "Bucket"))
    assert name.value.endswith("-classes-simulated")
    assert bucket.value == "meadow"
    name.set_value("a/b")
    button(app, "Upload the map as an asset").click().run()
    assert any("“a/b” cannot name an asset" in error for error in errors(app))
    field(app, "Name").set_value("map")
    field(app, "Bucket").set_value(" ")
    button(app, "Upload the map as an asset").click().run()
    assert any("No Cloud Storage bucket is given" in error for error in errors(app))
    assert map_asset.job(filed) is None


@pytest.mark.slow
def test_upload_by_the_button_fails_beside_the_bucket_then_ends_as_a_task(filed):
    with_map(filed)
    app = opened(visit("deploy", workspace=filed), filed, "tasks")
    field(app, "Bucket").set_value("wood")
    button(app, "Upload the map as an asset").click().run()
    assert ended(filed, "map_asset").state == "failed"
    app.run()
    assert any("There is no bucket “wood”" in error for error in errors(app))

    field(app, "Bucket").set_value("meadow")
    button(app, "Upload the map as an asset").click().run()
    assert ended(filed, "map_asset").state == "finished"
    app.run()
    (task,) = tasks.listed(filed)
    assert done(filed, task.id).state == "SUCCEEDED"
    app.run()
    assert errors(app) == []
    assert plain(done(filed, task.id).words) in words(app)


def test_round_trip_without_a_bucket_says_why_there_is_none(finished):
    app = opened(visit("deploy", finished.id), finished, "trip")

    assert errors(app) == []
    assert any("it needs a bucket of Cloud Storage" in item.value for item in app.info)
    assert "Start the round trip" not in labels(app)


def test_round_trip_tells_impossible_names_and_costs_and_starts_its_job(filed):
    app = opened(visit("deploy", workspace=filed), filed, "trip")

    assert errors(app) == []
    assert plain(trip.words_on(filed)) in captions(app)
    assert field(app, "Bucket").value == "meadow"
    primary = [item.label for item in app.button if item.proto.type == "primary"]
    assert "Start the round trip" not in primary
    field(app, "Name").set_value("a/b")
    button(app, "Start the round trip").click().run()
    assert any("“a/b” cannot name an asset" in error for error in errors(app))
    field(app, "Name").set_value("wood")
    field(app, "Bucket").set_value("Wood")
    button(app, "Start the round trip").click().run()
    assert any("“Wood” is no bucket's name" in error for error in errors(app))
    assert trip.job(filed) is None

    field(app, "Bucket").set_value("meadow")
    button(app, "Start the round trip").click().run()
    assert errors(app) == []
    assert trip.job(filed).live
    assert button(app, "Start the round trip").disabled
    button(app, "Cancel").click().run()
    assert ended(filed, "trip").state == "cancelled"


@pytest.mark.slow
def test_round_trip_by_a_worker_exports_once_and_goes_on_where_it_failed(cloud, filed):
    cloud.refuse["POST /upload/"] = (403, "loam does not have storage.objects.create access.")
    app = opened(visit("deploy", workspace=filed), filed, "trip")
    button(app, "Start the round trip").click().run()
    assert ended(filed, "trip").state == "failed"
    app.run()
    assert any("lacks the permission storage" in error for error in errors(app))
    assert len(tasks.listed(filed)) == 1

    cloud.refuse.clear()
    button(app, "Go on with the round trip").click().run()
    # Local Earth exports patches and takes none back: the last step tells that.
    assert "does not implement ingestion of 'patches" in ended(filed, "trip").error_message
    assert len(tasks.listed(filed)) == 1
    assert [name for name in cloud.objects() if "/classes/" in name]
