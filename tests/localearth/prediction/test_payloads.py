"""What is sent to an endpoint, and how its answers are read."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from lib.localearth.errors import EarthError
from lib.localearth.functions import load_all
from lib.localearth.prediction import tensor_proto
from lib.localearth.prediction.endpoints import Endpoints
from lib.localearth.values import Array, Collection, Feature
from tests.localearth.functions.conftest import Laboratory
from tests.localearth.serving import running
from tests.localearth.shapes import POINT

ENDPOINT = "projects/p/locations/us-central1/endpoints/7"
FLOAT = {"type": {"type": "PixelType", "precision": "float"}, "dimensions": 0}


class Recorder:
    """An endpoint that keeps the bodies it is sent and answers each instance with a function."""

    def __init__(self):
        self.paths = []
        self.instances = []
        self.answer = None

    async def handle(self, request):
        self.paths.append(request.url.path)
        instances = (await request.json())["instances"]
        self.instances.append(instances)
        return JSONResponse({"predictions": [self.answer(instance) for instance in instances]})


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def lab(home, recorder):
    load_all()
    app = Starlette(
        routes=[
            Route("/moved:predict", lambda _: RedirectResponse("/elsewhere"), methods=["POST"]),
            Route(
                "/broken:predict",
                lambda _: JSONResponse({"error": {"message": "no such model"}}, 404),
                methods=["POST"],
            ),
            Route("/{path:path}", recorder.handle, methods=["POST"]),
        ]
    )
    with running(app) as url:
        endpoints = Endpoints(home)
        endpoints.register({"7": url, "8": f"{url}/moved:predict", "9": f"{url}/broken:predict"})
        laboratory = Laboratory(_context(endpoints))
        yield laboratory


def _context(endpoints):
    from lib.localearth.context import Context

    return Context(lambda _: None, endpoint_address=endpoints.address)


def tensor(text):
    """The array of a web-safe base64 text without padding."""
    return tensor_proto.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def text_of(array):
    return base64.urlsafe_b64encode(tensor_proto.encode(array)).decode()


def sum_of_tensors(instance):
    return {"out": text_of(sum(tensor(text) for text in instance.values()))}


def model(lab, **options):
    settings = {"input_tile_size": [2, 2], "output_bands": {"out": FLOAT}}
    return lab.call("Model.fromVertexAi", ENDPOINT, **(settings | options))


def image(lab, **options):
    """Two float bands: 0 to 15 in rows of four, and hundreds."""
    counts = np.arange(16, dtype=np.float32).reshape(4, 4)
    return lab.image(counts, np.full((4, 4), 100, np.float32), names=["a", "b"], **options)


def predicted(lab, described, inputs):
    return lab.call("Model.predictImage", described, inputs)


def test_serialized_tensors_when_image_is_predicted_are_one_text_a_band_and_tile(lab, recorder):
    recorder.answer = sum_of_tensors

    values = lab.values(predicted(lab, model(lab), image(lab)))

    assert values == {"out": (np.arange(16.0).reshape(4, 4) + 100).tolist()}
    sent = [instance for batch in recorder.instances for instance in batch]
    assert [sorted(instance) for instance in sent] == [["a", "b"]] * 4
    first = tensor(sent[0]["a"])
    assert first.dtype == np.float32
    assert first.tolist() == [[[0.0], [1.0]], [[4.0], [5.0]]]
    assert recorder.paths == [f"/v1/{ENDPOINT}:predict"]


def test_tiles_when_they_overlap_are_sent_with_half_of_it_on_each_side(lab, recorder):
    """Beyond the image pixels are masked, and masked pixels arrive as 0."""
    recorder.answer = sum_of_tensors

    found = predicted(lab, model(lab, input_overlap_size=[2, 2]), image(lab))
    values = lab.values(found)

    first = tensor(recorder.instances[0][0]["a"])[..., 0]
    assert first.tolist() == [[0, 0, 0, 0], [0, 0, 1, 2], [0, 4, 5, 6], [0, 8, 9, 10]]
    assert values["out"][3][3] == 115


def test_output_when_inputs_are_masked_has_the_least_of_their_masks(lab, recorder):
    recorder.answer = sum_of_tensors
    masks = [np.ones((4, 4), np.float32), np.ones((4, 4), np.float32)]
    masks[0][0, 0] = 0.25
    masks[1][0, 0] = 0.5
    masks[1][3, 2] = 0

    found = predicted(lab, model(lab), image(lab, masks=masks))

    weights = lab.weights(found)
    assert weights[0] == [0.25, 1, 1, 1]
    assert weights[3] == [1, 1, 0, 1]
    assert lab.values(found)["out"][3] == [112, 113, None, 115]


def test_raw_json_when_sent_has_every_number_as_a_text(lab, recorder):
    recorder.answer = lambda instance: {
        "out": [[str(float(v[0]) * 2) for v in row] for row in instance["a"]]
    }

    values = lab.values(predicted(lab, model(lab, payload_format="RAW_JSON"), image(lab)))

    assert recorder.instances[0][0]["a"] == [[["0.0"], ["1.0"]], [["4.0"], ["5.0"]]]
    assert values["out"][0] == [0, 2, 4, 6]


def test_nd_arrays_when_sent_have_no_names_and_bands_along_the_last_axis(lab, recorder):
    recorder.answer = lambda instance: [[sum(pixel) for pixel in row] for row in instance]

    values = lab.values(predicted(lab, model(lab, payload_format="ND_ARRAYS"), image(lab)))

    assert recorder.instances[0][0] == [[[0, 100], [1, 100]], [[4, 100], [5, 100]]]
    assert values["out"][3] == [112, 113, 114, 115]


def test_output_tile_when_it_is_smaller_gives_larger_pixels(lab, recorder):
    """A patch classifier: four input pixels make one output pixel of 20 m."""
    recorder.answer = lambda instance: {"out": text_of(tensor(instance["a"]).mean().reshape(1, 1))}

    found = predicted(lab, model(lab, output_tile_size=[1, 1]), image(lab))

    assert lab.values(found, lab.grid(4, 4))["out"][0] == [2.5, 2.5, 4.5, 4.5]
    assert found.bands[0].projection.transform[0] == 20


def test_type_override_when_given_is_the_type_that_is_sent(lab, recorder):
    recorder.answer = lambda instance: {"out": text_of(np.zeros((2, 2), np.float32))}
    override = {"a": {"type": "PixelType", "precision": "int", "min": 0, "max": 255}}

    lab.values(predicted(lab, model(lab, input_type_override=override), image(lab)))

    assert tensor(recorder.instances[0][0]["a"]).dtype == np.uint8
    assert tensor(recorder.instances[0][0]["b"]).dtype == np.float32


def test_array_bands_when_sent_have_their_shape_as_last_axes(lab, recorder):
    recorder.answer = lambda instance: {"out": text_of(tensor(instance["array"])[..., 0])}
    array = lab.call("Image.toArray", image(lab))

    values = lab.values(predicted(lab, model(lab, input_shapes={"array": [2]}), array))

    assert tensor(recorder.instances[0][0]["array"]).shape == (2, 2, 2)
    assert values["out"][0] == [0, 1, 2, 3]


def test_array_bands_when_their_shape_is_another_are_refused(lab):
    array = lab.call("Image.toArray", image(lab))

    with pytest.raises(EarthError, match=r"shape \[2\], but inputShapes says \[3\]"):
        lab.values(predicted(lab, model(lab, input_shapes={"array": [3]}), array))


def test_properties_of_an_image_when_named_go_with_every_tile(lab, recorder):
    recorder.answer = lambda instance: {"out": text_of(np.zeros((2, 2), np.float32))}
    inputs = image(lab, properties={"sun": 35.5, "place": "Ulm"})

    lab.values(predicted(lab, model(lab, input_properties=["sun", "place"]), inputs))

    assert {len(instance) for instance in recorder.instances[0]} == {4}
    assert tensor(recorder.instances[0][3]["sun"]).tolist() == [35.5]
    assert tensor(recorder.instances[0][3]["place"]).tolist() == [b"Ulm"]


def test_requests_when_the_limit_is_small_hold_fewer_instances(lab, recorder):
    """An instance of two bands of 2 x 2 floats is 94 bytes, the envelope 17."""
    recorder.answer = sum_of_tensors
    one = len(json.dumps({name: text_of(np.zeros((2, 2, 1), np.float32)) for name in "ab"}))

    lab.values(predicted(lab, model(lab, max_payload_bytes=2 * one + 20), image(lab)))

    assert [len(batch) for batch in recorder.instances] == [2, 2]


def test_output_multiplier_when_given_makes_requests_smaller(lab, recorder):
    recorder.answer = sum_of_tensors
    one = len(json.dumps({name: text_of(np.zeros((2, 2, 1), np.float32)) for name in "ab"}))
    limits = {"max_payload_bytes": 4 * one + 40, "output_multiplier": 2.0}

    lab.values(predicted(lab, model(lab, **limits), image(lab)))

    assert [len(batch) for batch in recorder.instances] == [2, 2]


def test_predicted_property_when_it_is_an_array_keeps_its_values(lab, recorder):
    recorder.answer = lambda instance: {"p": text_of(np.array([0.25, 0.75], np.float32))}
    features = Collection.of([Feature(POINT, {"a": 1, "system:index": "0"})], of_images=False)
    described = model(
        lab, input_properties=["a"], output_properties={"p": FLOAT | {"dimensions": 1}}
    )

    (feature,) = lab.call("Model.predictProperties", described, features).elements

    assert isinstance(feature.properties["p"], Array)
    assert feature.properties["p"].data.tolist() == [0.25, 0.75]
    assert tensor(recorder.instances[0][0]["a"]).tolist() == [1.0]


def test_predicted_property_when_a_feature_lacks_an_input_names_it(lab):
    features = Collection.of([Feature(POINT, {"system:index": "4"})], of_images=False)
    described = model(lab, input_properties=["a"], output_properties={"p": FLOAT})

    with pytest.raises(EarthError, match="Property 'a' of '4' is missing"):
        list(lab.call("Model.predictProperties", described, features).elements)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda _: {"out": "AAA"}, "malformed TensorProto"),
        (lambda _: {"out": "???"}, "malformed base64"),
        (lambda _: {"out": text_of(np.zeros((3, 2), np.float32))}, r"has the shape \[3, 2\]"),
        (lambda _: {"other": 1, "more": 2}, r"no output 'out'. Outputs: \['more', 'other'\]"),
    ],
    ids=["cut", "not base64", "wrong size", "wrong names"],
)
def test_prediction_when_it_is_malformed_is_refused(lab, recorder, answer, message):
    recorder.answer = answer

    with pytest.raises(EarthError, match=message):
        lab.values(predicted(lab, model(lab), image(lab)))


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [("8", "answered 307"), ("9", "answered 404: no such model")],
    ids=["redirected", "error"],
)
def test_prediction_when_the_endpoint_refuses_tells_what_it_said(lab, endpoint, message):
    described = replace(model(lab), endpoint=f"projects/p/locations/l/endpoints/{endpoint}")

    with pytest.raises(EarthError, match=message):
        lab.values(predicted(lab, described, image(lab)))


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:80", "https://example.com", "http://127.0.0.1.example.com"]
)
def test_endpoint_when_it_is_on_another_machine_is_refused_unless_allowed(home, url):
    endpoints = Endpoints(home)

    with pytest.raises(EarthError, match="is not on this machine"):
        endpoints.register({"7": url})
    endpoints.register({"7": url}, anywhere=True)

    assert endpoints.address(ENDPOINT) == f"{url}/v1/{ENDPOINT}:predict"


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:80", "file:///etc/passwd", "http://[::1", "http://a:b"]
)
def test_endpoint_when_its_address_is_none_is_refused(home, url):
    with pytest.raises(EarthError, match="is not the address of an endpoint"):
        Endpoints(home).register({"7": url})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output_multiplier": 0.5}, "outputMultiplier must be >= 1"),
        ({"input_tile_size": [0, 4]}, "inputTileSize must be two numbers"),
        ({"input_overlap_size": [4]}, "inputOverlapSize must be two numbers"),
        ({"payload_format": "XML"}, "Unknown payload format 'XML'"),
        ({"output_bands": {"out": 3}}, "type"),
    ],
)
def test_model_when_an_option_is_out_of_range_is_refused(lab, options, message):
    with pytest.raises(EarthError, match=message):
        model(lab, **options)


@pytest.mark.parametrize("missing", ["input_tile_size", "output_bands"])
def test_image_prediction_when_a_needed_option_is_missing_is_refused(lab, missing):
    described = model(lab, **{missing: None})

    with pytest.raises(EarthError, match="is required for image predictions"):
        predicted(lab, described, image(lab))
