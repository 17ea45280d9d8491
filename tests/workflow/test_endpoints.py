"""The route over Vertex AI against stand-ins: deployed, proven, asked for a map, taken down."""

import io
from dataclasses import replace

import numpy as np
import pytest

from lib.core.errors import AppError, DeploymentError, PlanError
from lib.core.expression import Expression
from lib.deploy.vertex.asking import _probabilities
from lib.earthengine import imagery, tiles
from lib.earthengine.connection import local
from lib.earthengine.pixels import fetch
from lib.models.artifact import Artifact
from lib.workflow import deploy, endpoints, store
from lib.workflow.batch import Printed
from lib.workflow.project import Workspace, missing_for
from lib.workflow.work import deploy as work
from lib.workflow.work import endpoint
from tests.workflow.clouded import kept, vertex
from tests.workflow.trained import order_of

pytestmark = pytest.mark.slow


class Told(Printed):
    """Somebody who remembers the words of progress, and may ask to stop at some of them."""

    def __init__(self, stop_at: str = "") -> None:
        super().__init__(io.StringIO())
        self.stages: list[str] = []
        self.shares: list[float] = []
        self._stop_at = stop_at

    def report(self, stage, message="", fraction=0.0, eta_s=None):
        self.stages.append(f"{stage}: {message}")
        self.shares.append(fraction)

    def cancelled(self) -> bool:
        return bool(self._stop_at) and any(self._stop_at in words for words in self.stages)


def run(workspace: Workspace, told: Told | None = None) -> None:
    work.run(order_of(workspace, "deploy"), told or Told())


def take_down(workspace: Workspace, name: str, told: Told | None = None) -> None:
    endpoint.take_down(order_of(workspace, "teardown", {"name": name}), told or Told())


def test_endpoint_is_deployed_proven_asked_for_the_map_and_taken_down(cloud, signed_in):
    told = Told()
    run(signed_in, told)
    view, (shown,) = deploy.read(signed_in), endpoints.views(signed_in)

    assert view is not None
    assert (view.route, view.stale, view.limit_bytes) == ("vertex", False, 0)
    assert view.max_abs_difference <= view.bound == 1e-5
    assert view.pixels >= 2_000
    assert (shown.runs, shown.busy, shown.obstacle) == (True, False, "")
    assert shown.words.startswith("Running since 22 November 2026, 10:00 UTC")
    assert "costs by the hour" in shown.words
    assert told.shares == sorted(told.shares)
    assert any("Starting the machine" in words for words in told.stages)

    predictors, classes, valid = classes_of(signed_in)
    network = Artifact.load(signed_in.find("train").folder)
    expected = network.predict(predictors[valid]).argmax(axis=-1)
    assert valid.sum() > 1_000
    np.testing.assert_array_equal(classes[valid], expected)

    told = Told()
    take_down(signed_in, shown.name, told)
    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])
    assert endpoints.views(signed_in) == ()
    gone = deploy.read(signed_in)
    assert gone is not None
    assert (gone.stale, gone.changed) == (True, "Its endpoint was taken down.")
    assert not (signed_in.find("deploy").folder / "classes.json").exists()
    assert missing_for(signed_in, "results") is not None
    assert told.stages[-1].endswith("Nothing is left, and nothing costs any more.")


def classes_of(workspace: Workspace):
    """Predictors of the area's pixels, the classes that the deployment gives, and where."""
    connection, plan, aoi = workspace.connection, workspace.project.imagery, workspace.project.aoi
    image = imagery.predictors(connection, plan, aoi)
    grid = imagery.training_grid(connection, plan, aoi)
    names = Artifact.load(workspace.find("train").folder).card.predictors
    text = (workspace.find("deploy").folder / "classes.json").read_text()
    inside = tiles.inside(connection, Expression.from_json(text), aoi)
    predictors, _ = fetch(connection, image, grid, names)
    classes, valid = fetch(connection, inside, grid, ["class"], dtype=np.uint8)
    return predictors, classes[..., 0], valid


def disabled(cloud) -> None:
    cloud.api_enabled = False


def no_bucket(cloud) -> None:
    cloud.buckets.clear()


def no_quota(cloud) -> None:
    cloud.quota_spent = True


def no_machine(cloud) -> None:
    cloud.machine_types.clear()


def bad_container(cloud) -> None:
    cloud.container_fails = True


FAILURES = [
    (disabled, "project", "Vertex AI API .* is not switched on", 0),
    (no_bucket, "bucket", "There is no bucket “meadow”", 0),
    (no_quota, "machine_type", "The quota .* of project meadow-1 is spent", 1),
    (no_machine, "machine_type", "us-central1 does not offer this machine type", 1),
    (bad_container, "image", "did not become ready", 1),
]


@pytest.mark.parametrize(
    ("switch", "field", "words", "left"), FAILURES, ids=[row[0].__name__ for row in FAILURES]
)
def test_failure_is_told_in_a_sentence_beside_its_setting_and_what_is_left_can_be_taken_down(
    cloud, signed_in, switch, field, words, left
):  # fmt: skip
    switch(cloud)

    with pytest.raises(AppError, match=words) as caught:
        run(signed_in)

    assert caught.value.field == field
    assert deploy.read(signed_in) is None
    found = endpoints.views(signed_in)
    assert len(found) == left
    for view in found:
        assert (view.runs, view.obstacle) == (False, "")
        assert "may have been started, which costs by the hour" in view.words
        take_down(signed_in, view.name)
    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])


def test_deployment_that_is_stopped_is_kept_in_sight_until_it_is_taken_down(cloud, signed_in):
    with pytest.raises(DeploymentError, match="Take it down: what was begun may cost"):
        run(signed_in, Told(stop_at="Making the endpoint"))

    (view,) = endpoints.views(signed_in)
    assert cloud.models
    take_down(signed_in, view.name)
    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])


def test_endpoint_that_answers_otherwise_is_refused_and_stays_in_sight(
    cloud, signed_in, monkeypatch
):  # fmt: skip
    """The container serves another network than the one that was uploaded."""
    other = store.find_all(signed_in.folder, signed_in.project, signed_in.realm, "train")[0]
    artifact = Artifact.load(other.folder)
    shuffled = np.random.default_rng(0)
    upload = endpoint.deploy.deploy

    def with_another_network(*arguments, **options):
        for weight in artifact.network.trainable_weights:
            weight.assign(shuffled.normal(size=weight.shape))
        artifact.network.save(other.folder / "model.keras")
        return upload(*arguments, **options)

    monkeypatch.setattr(endpoint.deploy, "deploy", with_another_network)

    with pytest.raises(DeploymentError, match=r"The endpoint differs from the network by .* 1e-05"):
        run(signed_in)

    (view,) = endpoints.views(signed_in)
    assert view.runs
    assert deploy.read(signed_in) is None


def test_teardown_that_cannot_remove_something_says_what_and_can_be_pressed_again(
    cloud, signed_in
):  # fmt: skip
    cloud.quota_spent = True
    with pytest.raises(AppError):
        run(signed_in)
    (view,) = endpoints.views(signed_in)
    cloud.refuse["DELETE /endpoints/"] = (403, "Permission denied on delete")

    with pytest.raises(DeploymentError, match=r"Not removed: .*endpoints/1: .*Permission denied"):
        take_down(signed_in, view.name)

    (again,) = endpoints.views(signed_in)
    assert "Permission denied on delete" in again.words
    cloud.refuse.clear()
    take_down(signed_in, view.name)
    assert endpoints.views(signed_in) == ()
    with pytest.raises(DeploymentError, match="any more"):
        take_down(signed_in, view.name)


def test_endpoints_are_seen_in_their_project_and_by_their_account_only(signed_in):
    other = replace_id(signed_in)
    kept(signed_in)

    assert endpoints.find("loam-1").deployment.region == "us-central1"
    assert [view.elsewhere for view in endpoints.views(signed_in)] == [False]
    assert [view.elsewhere for view in endpoints.views(other)] == [True]
    other.use(local())
    assert endpoints.views(other) == ()
    signed_in.use(local())
    (view,) = endpoints.views(signed_in)
    assert view.obstacle == "Sign in to Earth Engine to take it down."
    with pytest.raises(DeploymentError, match="was made with Earth Engine"):
        take_down(signed_in, view.name)


def replace_id(workspace: Workspace) -> Workspace:
    return Workspace(store.new_id(), workspace.project, workspace.connection)


def test_second_endpoint_of_a_project_is_refused_until_the_first_is_gone(signed_in):
    kept(signed_in)

    with pytest.raises(PlanError, match="is there already") as caught:
        deploy.start(signed_in)

    assert caught.value.field == "route"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"bucket": ""}, "bucket"),
        ({"region": "here"}, "region"),
        ({"machine_type": "big"}, "machine_type"),
        ({"replicas": 0}, "replicas"),
    ],
)
def test_setting_that_cannot_be_is_told_before_a_job_starts(signed_in, options, field):
    signed_in.change(deployment=vertex(**options))

    with pytest.raises(AppError) as caught:
        deploy.start(signed_in)

    assert caught.value.field == field
    assert signed_in.job("deploy") is None


def test_estimate_says_that_it_costs_by_the_hour(signed_in):
    signed_in.change(deployment=vertex(replicas=2, region="europe-west4"))

    words = deploy.estimate(signed_in).sentence

    assert "2 machines of the type n1-standard-2 in europe-west4" in words
    assert "costs by the hour" in words


def test_local_earth_has_no_such_route_and_says_why(signed_in):
    assert "vertex" in [route.name for route in deploy.routes(signed_in)]
    signed_in.use(local())

    assert "vertex" not in [route.name for route in deploy.routes(signed_in)]
    assert any("Vertex AI" in words for words in deploy.refused_routes(signed_in))


def test_settings_of_an_endpoint_do_not_outdate_another_route(signed_in):
    def key(plan) -> str:
        project = replace(signed_in.project, deployment=plan)
        return store.key_of(store.dependencies(project, "local", "deploy"))

    native = replace(vertex(), route="native")
    assert key(native) == key(replace(vertex(bucket="other"), route="native"))
    assert key(vertex()) != key(vertex(bucket="other"))


@pytest.mark.parametrize("answer", [None, [], ["a", "b"], [1], [{"other": "x"}]])
def test_answer_that_is_no_text_of_probabilities_is_refused(answer):
    with pytest.raises(DeploymentError, match="something else than one text") as caught:
        _probabilities(answer, 1)

    assert caught.value.field == "image"
