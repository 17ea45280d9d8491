"""Which operations of a SavedModel TensorFlow 2.15 knows, the last of Google's prebuilt images."""

from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("operations_tf_2_15.txt")


def operations_of(directory: Path) -> frozenset[str]:
    """Names of all operations in the graphs and functions of a SavedModel."""
    from tensorflow.core.protobuf import saved_model_pb2  # slow import

    model = saved_model_pb2.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    graphs = [meta.graph_def for meta in model.meta_graphs]
    functions = [function for graph in graphs for function in graph.library.function]
    used = {node.op for graph in graphs for node in graph.node}
    used |= {node.op for function in functions for node in function.node_def}
    return frozenset(used - {function.signature.name for function in functions})


def unknown_operations(directory: Path) -> tuple[str, ...]:
    """Names of the operations of a SavedModel that TensorFlow 2.15 lacks, sorted."""
    return tuple(sorted(operations_of(directory) - known_operations()))


@cache
def known_operations() -> frozenset[str]:
    """Names of the operations of TensorFlow 2.15.1, as its `tf.raw_ops` lists them."""
    return frozenset(_LIST.read_text(encoding="utf-8").split())
