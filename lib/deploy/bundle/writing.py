"""Writes a network in one format; in a process of its own, as `python -m` of this module.

Conversions print pages, and one that fails may end its process.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from lib.core.errors import AppError, DeploymentError
from lib.deploy.bundle.formats import find_format
from lib.deploy.lite import FLOAT16, FLOAT32, INT8, input_names, lite_bytes, unrolled
from lib.models.artifact import Artifact

OUTPUT = "probabilities"
_LITE = {"tflite-float32": FLOAT32, "tflite-float16": FLOAT16, "tflite-int8": INT8}
_OPSET = 18


def write_format(artifact_dir: Path, folder: Path, name: str) -> None:
    """Write one format of a network into a folder.

    Args:
        artifact_dir: Run folder of the network.
        folder: Where the file or folder of the format goes.
        name: Of the format.

    Raises:
        DeploymentError: The network cannot be written so; the message has the reason.
    """
    target = folder / find_format(name).file
    if name == "keras":
        shutil.copyfile(artifact_dir / "model.keras", target)
        return
    network = Artifact.load(artifact_dir).network
    try:
        if name in _LITE:
            target.write_bytes(lite_bytes(network, numbers=_LITE[name]))
        elif name == "savedmodel":
            _write_saved_model(network, target)
        else:
            _write_onnx(network, target)
    except AppError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise DeploymentError(
            f"The network cannot be written as {find_format(name).title}: {reason[0][:200]}"
        ) from error


def _write_saved_model(network: Any, target: Path) -> None:
    """With one signature of named inputs and the output "probabilities"."""
    import keras  # slow import
    import tensorflow as tf  # slow import

    signature = [
        tf.TensorSpec(tensor.shape, tf.float32, name=name)
        for tensor, name in zip(network.inputs, input_names(network), strict=True)
    ]

    def serve(*inputs: Any) -> dict[str, Any]:
        entering = list(inputs) if len(inputs) > 1 else inputs[0]
        return {OUTPUT: network(entering, training=False)}

    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serving_default", serve, input_signature=signature)
    archive.write_out(str(target), verbose=False)


def _write_onnx(network: Any, target: Path) -> None:
    """By tf2onnx: Keras' own export makes scaling constants inputs of the file (Keras 3.15)."""
    import keras  # slow import
    import tensorflow as tf  # slow import
    import tf2onnx  # slow import

    plain = unrolled(network)
    # Of a sequential network tf2onnx does not find the output.
    twin = keras.Model(plain.inputs, plain.outputs)
    signature = [
        tf.TensorSpec(tensor.shape, tf.float32, name=name)
        for tensor, name in zip(twin.inputs, input_names(twin), strict=True)
    ]
    tf2onnx.convert.from_keras(
        twin,
        signature,
        opset=_OPSET,
        custom_op_handlers={"Erfc": (_erfc, [])},
        output_path=str(target),
    )


def _erfc(context: Any, node: Any, name: str, _: Any) -> None:
    """Write `1 - erf(x)`, which the activation “gelu” needs and neither tf2onnx nor ONNX has."""
    from tf2onnx import utils  # slow import

    answers, shapes, dtypes = list(node.output), node.output_shapes, node.output_dtypes
    one = context.make_const(utils.make_name(name), np.array(1, np.float32))
    error = context.make_node("Erf", node.input, shapes=shapes, dtypes=dtypes)
    context.remove_node(name)
    context.make_node(
        "Sub", [one.output[0], error.output[0]], outputs=answers, shapes=shapes, dtypes=dtypes
    )


def main(arguments: list[str]) -> int:
    """Write formats one after the other, with a line of JSON for each on standard output.

    Args:
        arguments: Run folder, folder to write to, and names of formats.
    """
    artifact_dir, folder, *names = arguments
    for name in names:
        problem = ""
        try:
            write_format(Path(artifact_dir), Path(folder), name)
        except AppError as error:
            problem = str(error)
        sys.stdout.write(json.dumps({"written": name, "problem": problem}) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
