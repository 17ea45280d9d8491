"""TensorFlow as this process has it: imported once, deterministic, its versions and threads."""

import os
import platform
from typing import Any


def prepare(threads: int | None = None) -> None:
    """Import TensorFlow and Keras and switch on deterministic operations.

    Takes some 5 s the first time; a worker does it while it waits for its first job.

    Args:
        threads: Threads within one operation; None for one a processor. It cannot change once
            TensorFlow has computed anything.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras  # noqa: F401  slow import
    import tensorflow as tf  # slow import

    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    # It warns that each training traces a new graph, which is meant.
    tf.get_logger().setLevel("ERROR")
    tf.config.experimental.enable_op_determinism()


def warm_up() -> None:
    """Import all that training needs, while a person is still choosing."""
    prepare()
    import sklearn.ensemble  # noqa: F401  slow import


def versions() -> dict[str, str]:
    """Give the versions that decide what training computes."""
    import keras  # slow import
    import numpy as np
    import tensorflow as tf  # slow import

    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def machine() -> dict[str, Any]:
    """Give what of the machine decides the last bits of a network (facts: threads, oneDNN)."""
    import tensorflow as tf  # slow import

    return {
        "processor": platform.machine(),
        "system": platform.system(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "deterministic_operations": True,
    }
