from pathlib import Path

import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan
from lib.models.artifact import Artifact
from lib.models.inference import Engine
from lib.models.networks import build_network
from tests.models.helpers import make_samples, run_small

PLAIN = ModelPlan(hidden_units=(16,), activation="relu", batch_norm=False)


@pytest.fixture(scope="module")
def network():
    return build_network(PLAIN, make_samples().predictors, n_classes=3)


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder: Path = tmp_path_factory.mktemp("run")
    run_small(folder)
    return Artifact.load(folder)


def by_hand(network, x: np.ndarray) -> np.ndarray:
    """The network in float64 numpy: scaling, one hidden layer, softmax."""
    scaling, hidden, *_, last, _ = network.layers
    mean, variance = (v.numpy().astype(np.float64) for v in scaling.weights[:2])
    h = (x.astype(np.float64) - mean) / np.sqrt(variance)
    h = np.maximum(h @ hidden.kernel.numpy() + hidden.bias.numpy(), 0)
    z = h @ last.kernel.numpy() + last.bias.numpy()
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("block", [1, 7, 300, 65_536])
def test_probabilities_when_in_blocks_are_those_of_numpy(network, block: int) -> None:
    x = make_samples().predictors

    p = Engine(network, block=block).probabilities(x)

    assert p.dtype == np.float32
    np.testing.assert_allclose(p, by_hand(network, x), atol=2e-6)


def test_classes_when_given_an_image_are_the_most_probable(network) -> None:
    image = make_samples().predictors.reshape(15, 20, 4)

    classes = Engine(network, block=64).classes(image)

    assert (classes.shape, classes.dtype) == ((15, 20), np.uint8)
    assert (classes.ravel() == by_hand(network, image.reshape(-1, 4)).argmax(axis=1)).all()


def test_engine_when_there_are_no_pixels_gives_none(network) -> None:
    empty = np.empty((0, 5, 4), np.float32)

    assert Engine(network).probabilities(empty).shape == (0, 5, 3)
    assert Engine(network).classes(empty).shape == (0, 5)


def test_artifact_when_given_another_number_of_predictors_names_its_own(artifact: Artifact) -> None:
    with pytest.raises(ModelError, match=r"takes 4 predictors a pixel \(B2, B3, NDVI, flat\)"):
        artifact.predict(np.zeros((5, 3)))


def test_artifact_when_given_any_shape_keeps_it(artifact: Artifact) -> None:
    x = make_samples().predictors

    assert artifact.predict(x[0]).shape == (3,)
    np.testing.assert_array_equal(
        artifact.classify(x.reshape(3, 100, 4)).ravel(), artifact.predict(x).argmax(axis=1)
    )
