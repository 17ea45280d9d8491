"""The SavedModel of every family: parity with Keras, its signatures and its operations."""

import json

import numpy as np
import pytest
import tensorflow as tf

from lib.core.errors import DeploymentError
from lib.deploy.vertex import payload
from lib.deploy.vertex.contract import load_contract
from lib.deploy.vertex.graph import network_for
from lib.deploy.vertex.operations_known import (
    known_operations,
    operations_of,
    unknown_operations,
)
from lib.deploy.vertex.proof import prove, tiles_of
from lib.deploy.vertex.savedmodel import export_network
from lib.models.artifact import Artifact
from lib.models.servable import Servable
from tests.deploy.conftest import GRID, NAMES
from tests.deploy.vertex.families import samples_for, save_family

FAMILIES = ("mlp", "softmax", "temporal_cnn", "lstm", "gru", "patch_cnn", "fcn", "unet")
FLAGS = tuple(f"t0{date}_valid" for date in range(5))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Gives run folder, export and contract of a family; made when first asked for."""
    made = {}

    def export(family):
        if family not in made:
            run = save_family(family, tmp_path_factory.mktemp(family))
            contract = export_network(run, run / "vertex", grid=GRID, most_tile=16)
            made[family] = (run, run / "vertex", contract)
        return made[family]

    return export


@pytest.mark.parametrize("family", FAMILIES)
def test_exported_network_when_asked_with_serialised_tensors_answers_as_keras(exported, family):
    run, directory, _ = exported(family)
    x, valid = samples_for(family)

    found = prove(run, directory, x, valid)

    assert found.passed
    assert found.max_abs_difference <= 1e-5
    assert found.equal_classes == 1.0
    assert found.pixels >= len(x)


@pytest.mark.parametrize("family", FAMILIES)
def test_exported_network_uses_only_operations_of_tensorflow_2_15(exported, family):
    _, directory, _ = exported(family)

    used = operations_of(directory)

    assert used <= known_operations()
    assert {"ParseTensor", "SerializeTensor", "DecodeBase64", "Softmax"} <= used


def test_operation_that_2_15_lacks_is_found(tmp_path, monkeypatch):
    module = tf.Module()
    module.function = tf.function(lambda x: {"y": tf.nn.relu(x)})
    signature = module.function.get_concrete_function(tf.TensorSpec([None], tf.float32, name="x"))
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": signature})
    without = known_operations() - {"Relu"}
    monkeypatch.setattr("lib.deploy.vertex.operations_known.known_operations", lambda: without)

    assert unknown_operations(tmp_path) == ("Relu",)


def test_pixel_contract_names_bands_and_needs_no_margin(exported):
    _, directory, contract = exported("mlp")

    assert contract == load_contract(directory)
    assert (contract.bands, contract.inputs) == (NAMES, NAMES)
    assert (contract.tile, contract.margin, contract.grid) == (16, 0, None)


def test_series_contract_has_the_flat_bands_date_by_date_and_then_the_flags(exported):
    _, _, contract = exported("lstm")

    assert contract.bands[:4] == ("t00_east", "t00_north", "t00_wave", "t01_east")
    assert contract.bands[15:] == FLAGS
    assert contract.valid == ""


@pytest.mark.parametrize(
    ("family", "margin"), [("patch_cnn", 4), ("fcn", 2), ("unet", 9)], ids=["cnn", "fcn", "unet"]
)
def test_patch_contract_has_half_the_receptive_field_as_margin(exported, family, margin):
    """A patch of 8 has its centre at 4; two 3 x 3 kernels see 2 pixels on each side.

    The U-Net has two levels: 4 pixels down and 4 up at a step of 1, 1 of the pooling, 8 of the
    two kernels at a step of 2. Half of these 17, rounded up, are 9.
    """
    _, _, contract = exported(family)

    # The side of the U-Net's tile, 16 + 2 * 9 = 34, is even, as its pooling needs it.
    assert (contract.margin, contract.tile) == (margin, 16)
    assert contract.valid == "valid"
    assert contract.grid == GRID


@pytest.mark.parametrize("family", ["fcn", "unet"])
def test_map_when_a_pixel_beyond_the_margin_changes_stays_as_it_is(exported, family):
    run, _, contract = exported(family)
    network = network_for(Artifact.load(run), contract.side)
    x, _ = samples_for(family, count=1, sides=(contract.side, contract.side))
    at = contract.margin + 3
    near, far = x.copy(), x.copy()
    far[:, :, at + contract.margin + 1 :] += 3
    near[:, :, at + 1] += 3

    plain, changed_far, changed_near = (
        np.asarray(network([tiles, np.ones_like(tiles[..., :1])]))[0, at, at]
        for tiles in (x, far, near)
    )

    np.testing.assert_array_equal(changed_far, plain)
    assert not np.array_equal(changed_near, plain)


def test_both_signatures_give_the_same_and_have_the_same_names(exported):
    _, directory, contract = exported("mlp")
    loaded = tf.saved_model.load(str(directory))
    tiles = np.random.default_rng(1).normal(size=(2, 3, 4, 3)).astype(np.float32)
    raw = loaded.signatures["raw_tensors"](
        **{name: tf.constant(tiles[..., [at]]) for at, name in enumerate(contract.inputs)}
    )
    texts = {
        name: tf.io.encode_base64([tf.io.serialize_tensor(tile[..., [at]]) for tile in tiles])
        for at, name in enumerate(contract.inputs)
    }
    coded = loaded.signatures["serving_default"](**texts)
    parsed = [tf.io.parse_tensor(text, tf.float32) for text in
              tf.io.decode_base64(coded["probabilities"])]  # fmt: skip

    assert set(raw) == set(coded) == {"probabilities"}
    assert raw["probabilities"].shape == (2, 3, 4, 4)
    np.testing.assert_array_equal(raw["probabilities"], parsed)


def test_default_signature_when_the_format_is_grpc_takes_plain_tensors(exported, tmp_path):
    run, _, _ = exported("softmax")

    export_network(run, tmp_path / "raw", payload_format=payload.RAW)

    inputs = tf.saved_model.load(str(tmp_path / "raw")).signatures["serving_default"]
    assert {spec.dtype for spec in inputs.structured_input_signature[1].values()} == {tf.float32}


def test_patch_export_without_a_grid_is_refused(exported, tmp_path):
    run, _, _ = exported("fcn")

    with pytest.raises(DeploymentError, match="no grid is given"):
        export_network(run, tmp_path / "none")


def test_tiles_of_patches_have_zeros_and_a_flag_where_nothing_was_observed(exported):
    run, _, contract = exported("patch_cnn")
    x, valid = samples_for("patch_cnn", count=2)

    tiles = tiles_of(contract, Artifact.load(run).network, x, valid)

    # An even patch of 8 has its centre at 4, so a tile of one pixel is 9 wide.
    assert tiles.shape == (2, 9, 9, 4)
    np.testing.assert_array_equal(tiles[:, :8, :8, 3], valid)
    assert (tiles[:, :8, :8, :3][~valid] == 0).all()


@pytest.mark.parametrize("family", ["mlp", "gru", "fcn"])
def test_raw_tensors_as_json_are_answered_as_serialised_ones(exported, family):
    """`python -m lib serve` answers both; over gRPC Earth Engine sends what this JSON says."""
    run, directory, contract = exported(family)
    x, valid = samples_for(family, count=3)
    tiles = tiles_of(contract, Artifact.load(run).network, x, valid)
    plain = [
        {name: tile[..., [at]].tolist() for at, name in enumerate(contract.inputs)}
        for tile in tiles
    ]
    coded = [
        {
            name: tf.io.encode_base64(tf.io.serialize_tensor(tile[..., [at]])).numpy().decode()
            for at, name in enumerate(contract.inputs)
        }
        for tile in tiles
    ]
    servable = Servable(directory)

    raw = servable.predict(
        json.dumps({"signature_name": "raw_tensors", "instances": plain}).encode()
    )
    texts = servable.predict(json.dumps({"instances": coded}).encode())

    parsed = [tf.io.parse_tensor(tf.io.decode_base64(text), tf.float32) for text in texts]
    np.testing.assert_allclose(raw, np.stack(parsed), atol=1e-6)
