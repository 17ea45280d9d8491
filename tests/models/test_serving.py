"""The prediction container's HTTP interface, over a port."""

import base64
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from lib.core.errors import ModelError
from lib.models import serving
from lib.models.servable import RequestError, Servable
from tests.localearth.serving import client_of

VERTEX = "/v1/projects/p/locations/us-central1/endpoints/5:predict"


def save(directory, function, **specs):
    """Write a SavedModel of one function and give its folder."""
    module = tf.Module()
    module.function = tf.function(function)
    signature = module.function.get_concrete_function(**specs)
    tf.saved_model.save(module, str(directory), signatures={"serving_default": signature})
    return directory


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A model "sums": doubles of x, and the lengths of texts."""

    def function(x, text):
        return {"double": 2 * x, "length": tf.strings.length(text), "same_bytes": text}

    directory = tmp_path_factory.mktemp("served") / "sums"
    numbers, texts = tf.TensorSpec([None, 2], tf.float32), tf.TensorSpec([None], tf.string)
    save(directory, function, x=numbers, text=texts)
    with client_of(serving.app_of(Servable(directory))) as session:
        yield session


def instance(x=(1, 2.5), text="oak"):
    return {"x": list(x), "text": text}


@pytest.mark.parametrize("path", ["/v1/models/sums:predict", VERTEX], ids=["serving", "vertex"])
def test_predict_when_instances_are_named_answers_each(client, path):
    answer = client.post(path, json={"instances": [instance(), instance((0, -1), "a")]})

    assert answer.status_code == 200
    assert answer.json()["predictions"] == [
        {"double": [2, 5], "length": 3, "same_bytes": {"b64": "b2Fr"}},
        {"double": [0, -2], "length": 1, "same_bytes": {"b64": "YQ=="}},
    ]


@pytest.mark.parametrize(
    ("coded", "length"),
    [("AP__", 3), (base64.b64encode(b"\x00\xff\xff\xff").decode(), 4)],
    ids=["web-safe", "standard"],
)
def test_predict_when_bytes_come_as_base64_decodes_them(client, coded, length):
    sent = {"instances": [instance(text={"b64": coded})]}

    (prediction,) = client.post(VERTEX, json=sent).json()["predictions"]

    assert prediction["length"] == length


def test_predict_when_there_is_one_input_and_output_needs_no_names(tmp_path):
    directory = save(
        tmp_path / "half", lambda x: {"y": x / 2}, x=tf.TensorSpec([None, 3], tf.float32)
    )

    found = Servable(directory).predict(b'{"instances": [[2, 4, 6]]}')

    np.testing.assert_array_equal(found, [[1, 2, 3]])


def test_predict_when_a_signature_is_named_asks_that_one(tmp_path):
    """TensorFlow Serving's "signature_name"."""
    module, spec = tf.Module(), tf.TensorSpec([None], tf.float32, name="x")
    module.half, module.twice = tf.function(lambda x: {"y": x / 2}), tf.function(lambda x: x * 2)
    signatures = {
        "serving_default": module.half.get_concrete_function(spec),
        "twice": module.twice.get_concrete_function(spec),
    }
    tf.saved_model.save(module, str(tmp_path), signatures=signatures)
    servable = Servable(tmp_path)

    assert servable.predict(b'{"instances": [3]}') == [1.5]
    assert servable.predict(b'{"signature_name": "twice", "instances": [3]}') == [6]
    with pytest.raises(RequestError, match=r"no signature 'third'; there are .*'twice'"):
        servable.predict(b'{"signature_name": "third", "instances": [3]}')


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("no json", "not JSON"),
        ('{"instances": []}', "list 'instances'"),
        ('{"instances": [[1, 2]]}', r"must name the inputs \['text', 'x'\]"),
        ('{"instances": [{"x": [1, 2]}]}', r"must have the inputs .* came \['x'\]"),
        ('{"instances": [{"x": [1, "a"], "text": "b"}]}', "x must be numbers"),
        ('{"instances": [{"x": [1, 2], "text": {"b64": "?"}}]}', "malformed base64"),
        ('{"instances": [{"x": [1, 2], "text": 3}]}', "must be texts"),
        ('{"instances": [{"x": [1, 2, 3], "text": "b"}]}', r"shape \[1, 3\]; \[None, 2\]"),
    ],
)
def test_predict_when_the_body_is_wrong_tells_so(client, body, message):
    answer = client.post("/v1/models/sums:predict", data=body)

    assert answer.status_code == 400
    with pytest.raises(ValueError, match=message):
        raise ValueError(answer.json()["error"])


def test_vertex_path_when_the_body_is_wrong_has_an_error_in_google_s_form(client):
    answer = client.post(VERTEX, data="{}")

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_body_when_it_is_too_large_is_refused(client, monkeypatch):
    monkeypatch.setattr(serving, "BODY_BYTES", 100)

    assert client.post(VERTEX, data="x" * 101).status_code == 413


def test_health_and_status_when_asked_tell_that_the_model_is_there(client):
    assert client.get("/health").status_code == 200
    status = client.get("/v1/models/sums").json()["model_version_status"]
    assert [version["state"] for version in status] == ["AVAILABLE"]


@pytest.mark.parametrize("path", ["/v1/models/other", "/nothing"])
def test_path_when_nothing_is_there_is_not_found(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert isinstance(answer.json()["error"], str)


def test_request_when_it_is_for_another_host_is_refused(client):
    """A page of another site could otherwise reach the model through a name of its own."""
    assert client.get("/health", headers={"host": "example.com"}).status_code == 400


def test_serve_when_there_is_no_model_says_what_to_name(tmp_path):
    with pytest.raises(ModelError, match=r"There is no SavedModel in .* saved_model\.pb"):
        Servable(tmp_path)


def test_command_when_there_is_no_model_ends_with_the_reason(tmp_path):
    command = [sys.executable, "-m", "lib", "serve", str(tmp_path), "--port", "0"]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert "loam: There is no SavedModel" in done.stderr
    assert "Traceback" not in done.stderr
