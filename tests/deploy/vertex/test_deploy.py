"""Deploying and taking away against the stand-in: the whole way, and every failure on it."""

import json
from datetime import UTC, datetime

import pytest

from lib.core.errors import (
    AccessError,
    AppError,
    DeploymentError,
    LimitError,
    NotFoundError,
    SignInError,
    UnreachableError,
)
from lib.deploy.vertex.deploy import check_access, deploy, list_running
from lib.deploy.vertex.ledger import VertexDeployment
from lib.deploy.vertex.operations import Stopped
from lib.deploy.vertex.running import Running, cost_words
from lib.deploy.vertex.teardown import tear_down
from lib.earthengine.connection import local
from tests.deploy.vertex.conftest import CONTRACT
from tests.deploy.vertex.standin import SINCE, TOKEN

ENDPOINT = "projects/meadow-1/locations/us-central1/endpoints/1"
MODEL = "projects/meadow-1/locations/us-central1/models/1"


class Deploying:
    """Deploys, and keeps what it was told."""

    def __init__(self, account, folder, settings):
        self.account, self.folder, self.settings = account, folder, settings
        self.ledgers, self.told = [], []

    def run(self, **options):
        return deploy(
            self.account,
            self.folder,
            self.settings,
            name="net-1",
            on_made=self.ledgers.append,
            on_progress=lambda share, words: self.told.append((share, words)),
            **options,
        )

    def tear_down(self):
        """With what a page would have on disk: the last ledger as JSON."""
        kept = json.loads(json.dumps(self.ledgers[-1].to_json()))
        return tear_down(self.account, VertexDeployment.from_json(kept), self.settings)


@pytest.fixture
def deploying(account, folder, settings_for):
    return Deploying(account, folder, settings_for())


def posts(cloud):
    return [(path, body) for method, path, body, _ in cloud.seen if method == "POST"]


def test_deploy_makes_model_and_endpoint_and_tells_every_step(cloud, deploying):
    made = deploying.run()

    assert (made.model, made.endpoint, made.since) == (MODEL, ENDPOINT, SINCE)
    assert (made.operation, made.contract) == ("", CONTRACT)
    assert made == deploying.ledgers[-1]
    assert made.running == Running(ENDPOINT, MODEL, SINCE, "n1-standard-2", "us-central1")
    assert cloud.objects() == [
        "meadow/loam/net-1/1/saved_model.pb",
        "meadow/loam/net-1/1/variables/variables.index",
    ]
    shares = [share for share, _ in deploying.told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    first, *_, last = deploying.ledgers
    assert (first.name, first.model, first.operation) == ("net-1", "", "")
    assert [bool(ledger.operation) for ledger in deploying.ledgers] == [
        False, True, False, True, False, True, False,
    ]  # fmt: skip
    assert last.since


def test_deploy_sends_the_bodies_that_the_service_documents(cloud, deploying):
    deploying.run()
    sent = dict(posts(cloud))

    model = sent["/v1/projects/meadow-1/locations/us-central1/models:upload"]["model"]
    assert model["artifactUri"] == "gs://meadow/loam/net-1"
    assert model["labels"] == {"loam": "net-1"}
    assert model["containerSpec"] == {
        "imageUri": "us-central1-docker.pkg.dev/meadow-1/loam/tf-serving:latest",
        "command": ["/usr/bin/tensorflow_model_server"],
        "args": [
            "--rest_api_port=8501",
            "--port=8500",
            "--model_name=network",
            "--model_base_path=$(AIP_STORAGE_URI)",
        ],
        "ports": [{"containerPort": 8501}],
        "grpcPorts": [{"containerPort": 8500}],
        "healthRoute": "/v1/models/network",
        "predictRoute": "/v1/models/network:predict",
    }
    assert sent[f"/v1/{ENDPOINT}:deployModel"] == {
        "deployedModel": {
            "model": MODEL,
            "displayName": "net-1",
            "dedicatedResources": {
                "machineSpec": {"machineType": "n1-standard-2"},
                "minReplicaCount": 1,
                "maxReplicaCount": 1,
            },
        },
        "trafficSplit": {"0": 100},
    }


def test_deploy_on_a_prebuilt_image_needs_no_version_folder(cloud, account, folder, settings_for):
    image = "us-docker.pkg.dev/vertex-ai/prediction/tf2-cpu.2-15:latest"

    Deploying(account, folder, settings_for(image=image)).run()

    spec = dict(posts(cloud))["/v1/projects/meadow-1/locations/us-central1/models:upload"]
    assert spec["model"]["containerSpec"] == {
        "imageUri": image, "grpcPorts": [{"containerPort": 8500}],
    }  # fmt: skip
    assert "meadow/loam/net-1/saved_model.pb" in cloud.objects()


def test_tear_down_when_all_was_made_removes_all(cloud, deploying):
    deploying.run()

    found = deploying.tear_down()

    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])
    assert found.left == ()
    assert not found.still_costs
    assert set(found.removed) == {
        ENDPOINT,
        MODEL,
        "gs://meadow/loam/net-1/1/saved_model.pb",
        "gs://meadow/loam/net-1/1/variables/variables.index",
    }
    assert found.words == ("Removed 4 things. Nothing is left, and nothing costs any more.")


def test_tear_down_when_it_is_called_again_finds_nothing_to_do(deploying):
    deploying.run()
    deploying.tear_down()

    again = deploying.tear_down()

    assert (again.removed, again.left) == ((), ())


def no_bucket(cloud):
    cloud.buckets.clear()


def api_off(cloud):
    cloud.api_enabled = False


def quota(cloud):
    cloud.quota_spent = True


def container(cloud):
    cloud.container_fails = True


def no_machine(cloud):
    cloud.machine_types.clear()


def refusing(key, status, message):
    def switch(cloud):
        cloud.refuse[key] = (status, message)

    return switch


FAILURES = {
    "no bucket": (
        no_bucket, NotFoundError, "bucket",
        r"There is no bucket .meadow., .*gcloud storage buckets create gs://meadow",
    ),
    "API off": (
        api_off, AccessError, "project",
        r"The Vertex AI API \(aiplatform.googleapis.com\) is not switched on in project meadow-1.",
    ),
    "quota": (
        quota, LimitError, "machine_type",
        r"The quota \S+/custom_model_serving_cpus of project meadow-1 is spent. Undeploy what",
    ),
    "busy": (
        refusing("POST :deployModel", 429, "Resource has been exhausted"), LimitError, "",
        r"quota is spent: Resource has been exhausted. Wait a minute",
    ),
    "no such machine": (
        no_machine, DeploymentError, "machine_type",
        r"region us-central1 does not offer .*'n1-standard-2'.* Choose another machine type",
    ),
    "container": (
        container, DeploymentError, "image", r"did not become ready: .* Look at the endpoint's log",
    ),
    "image": (
        refusing("POST models:upload", 400, "Image us-central1-docker.pkg.dev/x not found"),
        NotFoundError, "image", r"cannot read the container image.*docs/vertex.md",
    ),
    "no role": (
        refusing("POST models:upload", 403, "Permission 'aiplatform.models.upload' denied"),
        AccessError, "", r"Permission 'aiplatform.models.upload' denied. .*Vertex AI User",
    ),
    "bucket without a role": (
        refusing("POST /upload/", 403,
                 "loam@example.com does not have storage.objects.create access to the bucket."),
        AccessError, "bucket", r"lacks the permission storage.objects.create.*Object Admin",
    ),
    "no billing": (
        refusing("POST /endpoints", 403, "This API method requires billing to be enabled. "
                 "Billing must be enabled"),
        AccessError, "project", r"has no billing account that is open",
    ),
    "no such region": (
        refusing("GET /endpoints", 400, "Location 'us-central1' is not supported."),
        NotFoundError, "region", r"Vertex AI has no region us-central1. Choose one of https",
    ),
    "broken": (
        refusing("POST /endpoints", 500, "Internal error"), UnreachableError, "",
        r"Internal error. Try again in a minute",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("switch", "kind", "field", "words"), FAILURES.values(), ids=FAILURES)
def test_deploy_when_a_step_is_refused_says_what_to_do_and_can_be_taken_away(
    cloud, deploying, switch, kind, field, words
):
    switch(cloud)

    with pytest.raises(kind, match=words) as caught:
        deploying.run()

    assert caught.value.field == field
    cloud.refuse.clear()
    cloud.api_enabled = True
    if deploying.ledgers:
        cloud.buckets.add("meadow")
        assert not deploying.tear_down().left
    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])


def test_deploy_when_it_is_refused_at_the_door_has_made_nothing(cloud, deploying):
    cloud.api_enabled = False

    with pytest.raises(AccessError):
        deploying.run()

    assert (deploying.ledgers, cloud.objects()) == ([], [])


@pytest.mark.parametrize("path", ["models:upload", "/endpoints", ":deployModel"])
def test_tear_down_when_an_answer_was_lost_finds_by_label_what_was_made(cloud, deploying, path):
    """The service has performed the request, and nobody knows the operation's name."""
    cloud.lose.add(path)
    cloud.polls = 0
    with pytest.raises(UnreachableError, match="cannot be reached"):
        deploying.run()
    for name in list(cloud.operations):
        cloud.poll({"name": name})  # time goes by, and the service finishes what it has begun
    assert cloud.models

    found = deploying.tear_down()

    assert (cloud.models, cloud.endpoints, cloud.objects()) == ({}, {}, [])
    assert found.left == ()


def test_deploy_when_it_is_stopped_while_the_machine_starts_leaves_nothing_after_tear_down(
    cloud, deploying
):
    """The machine comes up after the stop: tear_down must wait for it, then undeploy."""
    asked = []

    def should_stop():
        asked.append(1)
        return bool(deploying.ledgers and deploying.ledgers[-1].endpoint
                    and deploying.ledgers[-1].operation)  # fmt: skip

    with pytest.raises(Stopped, match=r"Take it down: .* may cost by the hour"):
        deploying.run(should_stop=should_stop)
    assert cloud.endpoints[ENDPOINT]["deployedModels"] == []

    found = deploying.tear_down()

    assert (cloud.models, cloud.endpoints) == ({}, {})
    undeployed = [path for path, _ in posts(cloud) if path.endswith(":undeployModel")]
    assert len(undeployed) == 1
    assert not found.still_costs


def test_deploy_when_a_step_takes_too_long_ends_with_what_to_do(account, folder, settings_for):
    deploying = Deploying(account, folder, settings_for(limit_s=0.0))

    with pytest.raises(DeploymentError, match=r"takes longer than 0 minutes. Take the deployment"):
        deploying.run()


def test_waiting_when_the_service_is_silent_for_a_moment_goes_on(cloud, deploying):
    answers = iter([503, 503])

    class Once(dict):
        def items(self):
            status = next(answers, None) if cloud.operations else None
            return {"GET /operations/": (status, "Unavailable")}.items() if status else {}.items()

    cloud.refuse = Once()

    assert deploying.run().since == SINCE
    assert next(answers, None) is None


def test_tear_down_when_something_cannot_be_removed_lists_it_with_the_reason(cloud, deploying):
    deploying.run()
    cloud.refuse["POST :undeployModel"] = (403, "Permission denied on undeploy")

    found = deploying.tear_down()

    assert {item.name for item in found.left} == {ENDPOINT, MODEL}
    endpoint = next(item for item in found.left if item.name == ENDPOINT)
    assert endpoint.costs
    assert "Permission denied on undeploy" in endpoint.reason
    assert found.still_costs
    assert "may still cost by the hour" in found.words
    assert len(found.removed) == 2  # the files

    cloud.refuse.clear()
    assert not deploying.tear_down().left
    assert (cloud.models, cloud.endpoints) == ({}, {})


def test_list_running_tells_what_costs(account, deploying):
    assert list_running(account, deploying.settings) == ()

    deploying.run()

    assert list_running(account, deploying.settings) == (
        Running(ENDPOINT, MODEL, SINCE, "n1-standard-2", "us-central1"),
    )


def test_every_request_carries_the_account_s_token_and_project(cloud, account, settings_for):
    check_access(account, settings_for())

    assert [path for _, path, _, _ in cloud.seen] == [
        "/storage/v1/b/meadow", "/v1/projects/meadow-1/locations/us-central1/endpoints",
    ]  # fmt: skip
    assert {headers["authorization"] for *_, headers in cloud.seen} == {f"Bearer {TOKEN}"}
    assert {headers["x-goog-user-project"] for *_, headers in cloud.seen} == {"meadow-1"}
    assert TOKEN not in repr(account)


def test_deploy_when_the_connection_has_no_google_account_is_refused(home, folder, settings_for):
    settings = settings_for(vertex_api="https://{region}-aiplatform.googleapis.com")

    with pytest.raises(SignInError, match="Local Earth is not signed in to Google Cloud"):
        Deploying(local(home), folder, settings).run()


def test_deploy_when_the_sign_in_is_refused_says_so(cloud, home, folder, settings_for):
    with pytest.raises(SignInError, match="Sign in again"):
        Deploying(local(home), folder, settings_for()).run()


def test_deploy_when_google_cannot_be_reached_says_so(account, folder, settings_for):
    settings = settings_for(storage_api="http://127.0.0.1:9")

    with pytest.raises(UnreachableError, match=r"127.0.0.1 cannot be reached. Check the network"):
        Deploying(account, folder, settings).run()


def test_deploy_when_the_folder_is_no_export_is_refused(account, tmp_path, settings_for):
    with pytest.raises(DeploymentError, match="holds no network that was exported"):
        Deploying(account, tmp_path, settings_for()).run()


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"project": ""}, "project", "No Google Cloud project"),
        ({"bucket": " "}, "bucket", "No Cloud Storage bucket is given"),
        ({"bucket": "gs://a/b"}, "bucket", "no bucket's name"),
        ({"region": "europe"}, "region", "no region"),
        ({"machine_type": "big"}, "machine_type", "no machine type"),
        ({"replicas": 0}, "replicas", "Replicas is 0"),
        ({"payload_format": "JSON"}, "payload_format", "payload format"),
    ],
)
def test_settings_when_one_is_wrong_name_it(settings_for, wrong, field, words):
    with pytest.raises(AppError, match=words) as caught:
        settings_for(**wrong)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("hours", "length"), [(0.5, "30 minutes"), (3.2, "3.2 hours"), (60, "2.5 days")]
)
def test_cost_words_tell_since_when_and_no_price(hours, length):
    running = Running(ENDPOINT, MODEL, SINCE, "n1-standard-2", "us-central1")
    since = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()

    words = cost_words(running, datetime.fromtimestamp(since + 3600 * hours + 1, UTC))

    assert words == (
        f"Running since 22 November 2026, 10:00 UTC ({length}): one or more machines of the type "
        "n1-standard-2 in us-central1. It costs by the hour, whether it is asked or not, until it "
        "is undeployed. Prices: https://cloud.google.com/vertex-ai/pricing"
    )
    assert Running.from_json(json.loads(json.dumps(running.to_json()))) == running
