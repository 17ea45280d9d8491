"""The SavedModel that `ee.Model.fromVertexAi` calls.

Two signatures have the same named inputs, a band each, and the same named output. The one reads
and writes serialised tensors in base64, as Earth Engine sends them over HTTP; the other plain
tensors, as it sends them over gRPC. Which of them is `serving_default`, the one that Earth Engine
gets, is chosen when the network is exported.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.core.errors import DeploymentError
from lib.core.grid import Grid
from lib.deploy.vertex import graph, payload
from lib.deploy.vertex.contract import OUTPUT, Contract, input_names, save_contract
from lib.deploy.vertex.operations_known import unknown_operations
from lib.earthengine.stack import series_names
from lib.models.artifact import Artifact

SERIALIZED_SIGNATURE = "serialized_tensors"
RAW_SIGNATURE = "raw_tensors"
DEFAULT_SIGNATURE = "serving_default"
_VALID = "valid"


def export_network(
    artifact_dir: Path,
    directory: Path,
    *,
    grid: Grid | None = None,
    payload_format: str = payload.SERIALIZED,
    max_payload_bytes: int = payload.DEFAULT_BYTES,
    most_tile: int = payload.LARGEST_TILE,
) -> Contract:
    """Write a trained network as a SavedModel for an endpoint, with its contract beside it.

    Args:
        artifact_dir: Run folder of the training.
        directory: To write into; new.
        grid: Training grid; needed for a network of patches, which is fixed to it.
        payload_format: One of `payload.FORMATS`.
        max_payload_bytes: Most bytes of a request.
        most_tile: Largest tile wanted, in pixels.

    Raises:
        DeploymentError: The network has another form, needs an operation that TensorFlow 2.15
            lacks, or not even one pixel fits into a request.
    """
    artifact = Artifact.load(artifact_dir)
    contract = contract_of(
        artifact,
        grid=grid,
        payload_format=payload_format,
        max_payload_bytes=max_payload_bytes,
        most_tile=most_tile,
    )
    _write(graph.network_for(artifact, contract.side), contract, directory)
    lacking = unknown_operations(directory)
    if lacking:
        raise DeploymentError(
            f"The network needs operations that TensorFlow 2.15 does not have: "
            f"{', '.join(lacking)}.",
            hint="Train a network of another family for this route.",
            field="route",
        )
    save_contract(directory, contract)
    return contract


def contract_of(
    artifact: Artifact,
    *,
    grid: Grid | None = None,
    payload_format: str = payload.SERIALIZED,
    max_payload_bytes: int = payload.DEFAULT_BYTES,
    most_tile: int = payload.LARGEST_TILE,
) -> Contract:
    """Say what an export of a network would take and give, as `export_network` does.

    Raises:
        DeploymentError: As for `export_network`.
    """
    network = artifact.network
    form, margin = graph.form_of(network), graph.margin_of(network)
    if form == "patch" and grid is None:
        raise DeploymentError(
            "A network of patches sees neighbours on its training grid, and no grid is given.",
            hint="Give the grid of the training.",
        )
    bands = _bands(artifact)
    names = input_names(bands)
    valid = input_names([_VALID], taken=names) if _has_flag(network) else ()
    classes = int(network.outputs[0].shape[-1])
    tile = payload.largest_tile(
        (*names, *valid),
        classes=classes,
        margin=margin,
        limit_bytes=max_payload_bytes,
        payload_format=payload_format,
        most=graph.most_tile(network, most_tile),
        step=graph.side_step(artifact),
    )
    return Contract(
        form=form,
        bands=bands,
        names=names,
        valid="".join(valid),
        classes=classes,
        tile=tile,
        margin=margin,
        payload_format=payload_format,
        max_payload_bytes=max_payload_bytes,
        multiplier=payload.output_multiplier(len(names) + len(valid), classes),
        grid=grid if form == "patch" else None,
    )


def _bands(artifact: Artifact) -> tuple[str, ...]:
    """Bands of the predictor image; of a series date by date, then a flag a date."""
    network, names = artifact.network, artifact.card.predictors
    if graph.form_of(network) != "series":
        return names
    values, flags = series_names(names, int(network.inputs[0].shape[1]))
    return (*values, *flags) if graph.is_masked(network) else values


def _has_flag(network: Any) -> bool:
    """Whether a band that is no predictor tells where a patch was observed."""
    return graph.form_of(network) == "patch" and graph.is_masked(network)


def _write(network: Any, contract: Contract, directory: Path) -> None:
    import tensorflow as tf  # slow import

    module = tf.Module()
    module.network = network  # so that its variables are saved
    raw, serialized = _signatures(network, contract)
    by_default = serialized if contract.payload_format == payload.SERIALIZED else raw
    tf.saved_model.save(
        module,
        str(directory),
        signatures={
            DEFAULT_SIGNATURE: by_default,
            SERIALIZED_SIGNATURE: serialized,
            RAW_SIGNATURE: raw,
        },
    )


def _signatures(network: Any, contract: Contract) -> tuple[Any, Any]:
    """The network as a function of plain and of serialised tensors, a band each."""
    import tensorflow as tf  # slow import

    function = graph.tile_function(network)
    names = contract.inputs

    def on_tensors(**bands: Any) -> dict[str, Any]:
        return {OUTPUT: function(tf.concat([bands[name] for name in names], axis=-1))}

    def on_texts(**texts: Any) -> dict[str, Any]:
        found = on_tensors(**{name: _parsed(texts[name]) for name in names})
        serialised = tf.map_fn(tf.io.serialize_tensor, found[OUTPUT], fn_output_signature=tf.string)
        return {OUTPUT: tf.io.encode_base64(serialised)}

    tensors = {name: tf.TensorSpec([None, None, None, 1], tf.float32, name=name) for name in names}
    texts = {name: tf.TensorSpec([None], tf.string, name=name) for name in names}
    return _concrete(on_tensors, tensors), _concrete(on_texts, texts)


def _concrete(function: Any, inputs: Mapping[str, Any]) -> Any:
    import tensorflow as tf  # slow import

    return tf.function(function, jit_compile=False).get_concrete_function(**inputs)


def _parsed(texts: Any) -> Any:
    """Tensors (batch, rows, columns, 1) from web-safe base64 of a serialised tensor each."""
    import tensorflow as tf  # slow import

    kind = tf.TensorSpec([None, None, 1], tf.float32)

    def one(text: Any) -> Any:
        return tf.ensure_shape(tf.io.parse_tensor(text, tf.float32), kind.shape)

    return tf.map_fn(one, tf.io.decode_base64(texts), fn_output_signature=kind)
