"""Walk a Keras network from its outputs to its inputs, and write each layer once."""

from collections.abc import Mapping, Sequence
from typing import Any

from lib.deploy.native import activations, dense, joining, normalization, recurrent, shape, space
from lib.deploy.native import series as along_time
from lib.deploy.native.registry import unwritable, writer_for, writes
from lib.deploy.native.signal import Signal, Writing

# Each of these registers its writers when it is imported.
WRITER_MODULES = (
    activations,
    along_time,
    dense,
    joining,
    normalization,
    recurrent,
    shape,
    space,
)


def write_network(network: Any, entering: Mapping[str, Signal], writing: Writing) -> Signal:
    """Write a network.

    Args:
        network: Sequential or functional Keras model with one output.
        entering: A signal for each of its inputs, by the name of the input.
        writing: Takes note of the forms used and of what the layers cost.

    Raises:
        DeploymentError: A layer cannot be written.
    """
    if len(network.outputs) != 1:
        raise unwritable(network, f"it gives {len(network.outputs)} answers")
    known = {id(tensor): entering[name_of(tensor)] for tensor in network.inputs}
    return _signal_of(network.outputs[0], known, writing)


def name_of(tensor: Any) -> str:
    """Name of the input layer that a symbolic tensor comes from."""
    name: str = _origin(tensor)[0].name
    return name


@writes("Functional", "Sequential")
def write_model(layer: Any, inputs: Sequence[Signal], writing: Writing) -> Signal:
    """A network inside of another."""
    names = [name_of(tensor) for tensor in layer.inputs]
    return write_network(layer, dict(zip(names, inputs, strict=True)), writing)


def _signal_of(tensor: Any, known: dict[int, Signal], writing: Writing) -> Signal:
    """The signal of a symbolic tensor; those before it are written first, each once."""
    if id(tensor) not in known:
        operation, node = _origin(tensor)
        inputs = [_signal_of(before, known, writing) for before in node.input_tensors]
        layer = _named_key(operation, node)
        known[id(tensor)] = writer_for(layer)(layer, inputs, writing)
        writing.finish(operation.name, known[id(tensor)])
    return known[id(tensor)]


def _origin(tensor: Any) -> tuple[Any, Any]:
    """The operation that made a symbolic tensor, and that use of it.

    Keras names neither in public, and `layer.output` fails for a layer that is used twice.
    """
    operation, node_index, _ = tensor._keras_history  # noqa: SLF001
    return operation, operation._inbound_nodes[node_index]  # noqa: SLF001


def _named_key(operation: Any, node: Any) -> Any:
    """The operation itself; for `x[key]` the key, which only the node has."""
    if type(operation).__name__ != "GetItem":
        return operation
    key = node.arguments.args[1]
    return shape.GetItem(operation.name, tuple(key) if isinstance(key, list | tuple) else (key,))
