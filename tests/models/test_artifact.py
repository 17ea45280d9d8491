"""Model files that somebody else wrote, or that were damaged."""

from pathlib import Path

import keras
import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.models.artifact import Artifact, load_network
from tests.models.helpers import make_samples, run_small


def write_lambda(path: Path, trace: Path) -> None:
    """A Keras file whose layer would write a file as soon as it is run."""

    def spy(x):
        trace.write_text("run")
        return x

    network = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(spy, output_shape=(4,))])
    network.save(path)
    trace.unlink(missing_ok=True)


def test_network_when_its_file_holds_code_is_refused_and_the_code_not_run(tmp_path: Path) -> None:
    run_small(tmp_path)
    trace = tmp_path / "trace"
    write_lambda(tmp_path / "model.keras", trace)

    with pytest.raises(ModelError, match=r"model\.keras holds code of its own") as caught:
        Artifact.load(tmp_path).predict(make_samples().predictors)

    assert not trace.exists()
    assert "layers of Keras alone" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", None])
def test_network_when_its_file_is_damaged_or_gone_says_so(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ModelError, match=r"The network model\.keras cannot be read"):
        load_network(path)


def test_network_when_its_file_was_cut_says_so(tmp_path: Path) -> None:
    run_small(tmp_path)
    path = tmp_path / "model.keras"
    path.write_bytes(path.read_bytes()[:-300])

    with pytest.raises(ModelError, match=r"The network model\.keras cannot be read"):
        load_network(path)


def test_network_when_whole_is_read_and_predicts(tmp_path: Path) -> None:
    run_small(tmp_path)
    x = make_samples().predictors[:5]

    p = load_network(tmp_path / "model.keras")(x).numpy()

    np.testing.assert_allclose(p, Artifact.load(tmp_path).predict(x), atol=1e-6)
