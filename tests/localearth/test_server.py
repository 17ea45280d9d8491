"""What the HTTP doors let through, and what they do on purpose."""

import json

import pytest
import requests

from lib.localearth.errors import EarthError
from lib.localearth.server import Faults, api_app, pictures_app
from lib.localearth.service import Service, open_service
from tests.localearth.graphs import call, expression
from tests.localearth.serving import client_of
from tests.localearth.test_tokens import EMAIL, assertion, bearer, key, registry  # noqa: F401

COMPUTE = "/v1/projects/p/value:compute"


def body(node=1):
    return {"expression": expression(node)}


@pytest.fixture
def pictures(home):
    with client_of(pictures_app()) as client:
        yield client
    if open_service()._pool is not None:
        open_service()._pool.close()


def test_pictures_app_answers_health(pictures):
    answer = pictures.get("/health")

    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize("path", ["/v1/projects/p/algorithms", "/v1/projects/p/assets/x", "/"])
def test_pictures_app_when_asked_for_more_refuses(path, pictures):
    answer = pictures.get(path)

    assert answer.status_code in (400, 404)
    assert "algorithms" not in answer.json()


def test_pictures_app_when_posted_to_refuses(pictures):
    assert pictures.post(COMPUTE, json=body()).status_code == 405


def test_pictures_app_draws_maps_of_the_same_home_in_its_pool(pictures):
    service = open_service()
    graph = body(call("Image.constant", value=[255, 0, 0]))
    look = {"ranges": [{"min": 0, "max": 255}]}
    record = {**graph, "visualizationOptions": look, "fileFormat": "PNG"}
    made = service.handle("POST", "/v1/projects/p/maps", "", json.dumps(record).encode(), {})
    name = json.loads(made.body)["name"]

    tile = pictures.get(f"/v1/{name}/tiles/3/2/1")

    assert tile.headers["content-type"] == "image/png"
    assert "immutable" in tile.headers["cache-control"]
    assert type(service._pool).__name__ == "Pool"
    assert pictures.get(f"/v1/{name}/tiles/3/8/1").status_code == 404


def test_api_app_when_host_is_another_refuses(home):
    """A page elsewhere must not reach the API by pointing a name at this machine."""
    with client_of(api_app(Service(home))) as client:
        answer = client.post(COMPUTE, json=body(), headers={"host": "evil.example"})

    assert answer.status_code == 400


def test_api_app_when_payload_is_too_large_refuses_as_google_does(home):
    with client_of(api_app(Service(home))) as client:
        answer = client.post(COMPUTE, data=b"x" * 10_485_761)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "Request payload size exceeds the limit: 10485760 bytes."
    )


def test_api_app_when_a_payload_without_length_is_too_large_refuses_it(home):
    parts = (b"x" * 2**20 for _ in range(14))
    with client_of(api_app(Service(home))) as client:
        answer = client.post(COMPUTE, data=parts)

    assert answer.status_code == 400
    assert "exceeds the limit: 10485760 bytes" in answer.json()["error"]["message"]


def test_faults_when_asked_for_come_in_their_shares(home):
    with client_of(api_app(Service(home), faults=Faults.parse("429:0.2,503:0.1,seed:3"))) as client:
        codes = [client.get("/health").status_code for _ in range(300)]

    assert set(codes) == {200, 429, 503}
    assert 40 <= codes.count(429) <= 80
    assert 15 <= codes.count(503) <= 45


@pytest.mark.parametrize(
    "text", ["429", "often:0.1", "429:x", "schedule:x=429", "schedule:3=often", "200:1"]
)
def test_faults_when_malformed_refuse(text):
    with pytest.raises(EarthError, match=r"Faults look like|Unknown fault '(often|200)'"):
        Faults.parse(text)


def test_faults_by_schedule_come_at_the_requests_that_it_names(home):
    faults = Faults.parse("schedule:2=429,3=500,5=503")

    with client_of(api_app(Service(home), faults=faults)) as client:
        codes = [client.get("/health").status_code for _ in range(6)]

    assert codes == [200, 429, 500, 200, 503, 200]


def test_faults_when_truncated_send_half_of_the_answer(home):
    app = api_app(Service(home), faults=Faults.parse("schedule:1=truncate"))
    with client_of(app) as client:
        with pytest.raises(
            requests.exceptions.ChunkedEncodingError, match=r"1 more expected|Incomplete"
        ):
            client.get("/health")
        assert client.get("/health").text == "ok"


def test_faults_when_slow_send_the_whole_answer_late(home):
    app = api_app(Service(home), faults=Faults.parse("schedule:1=slow,slow_ms:150"))
    with client_of(app) as client:
        late, prompt = client.get("/health"), client.get("/health")

    assert (late.text, prompt.text) == ("ok", "ok")
    assert late.elapsed.total_seconds() >= 0.15 > prompt.elapsed.total_seconds()


def test_token_when_required_opens_the_api_to_registered_accounts(home, key, registry):  # noqa: F811
    from lib.localearth.tokens import GRANT, TokenOffice

    office = TokenOffice.from_file(registry)
    path = "/v1/projects/meadow/value:compute"
    form = {"grant_type": GRANT, "assertion": assertion(key)}

    with client_of(api_app(Service(home, tokens=office), tokens=office)) as client:
        without = client.post(path, json=body())
        token = client.post("/token", data=form).json()["access_token"]
        with_token = client.post(path, json=body(), headers=bearer(token))
        elsewhere = client.post(COMPUTE, json=body(), headers=bearer(token))

    assert (without.status_code, with_token.status_code, elsewhere.status_code) == (401, 200, 403)
    assert with_token.json() == {"result": 1}
    assert without.json()["error"]["status"] == "UNAUTHENTICATED"
    assert elsewhere.json()["error"]["status"] == "PERMISSION_DENIED"


def test_token_when_not_required_has_no_address(home):
    with client_of(api_app(Service(home))) as client:
        assert client.post("/token").status_code == 404


def test_faults_when_dropped_break_the_connection(home):
    with (
        client_of(api_app(Service(home), faults=Faults.parse("drop:1"))) as client,
        pytest.raises(requests.exceptions.ChunkedEncodingError),
    ):
        client.get("/health")


def test_latency_when_asked_for_delays_every_answer(home):
    with client_of(api_app(Service(home), latency_ms=150)) as client:
        assert client.get("/health").elapsed.total_seconds() >= 0.15
