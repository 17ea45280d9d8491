"""The formats that a network can be taken away in; light enough for pages to import."""

from dataclasses import dataclass

from lib.core.errors import DeploymentError
from lib.deploy.agreement import EIGHT_BIT, EXACT, HALF, Bound


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        name: Its name in commands and file names.
        title: What people call it.
        words: What it is good for, in a sentence.
        file: Its file or folder in the bundle.
        bound: How close to Keras it must be.
        packages: What its example needs, as pip names.
    """

    name: str
    title: str
    words: str
    file: str
    bound: Bound
    packages: tuple[str, ...]


_ALL = (
    Format(
        "keras",
        "Keras",
        "The network as it was trained; opens in Keras 3 to train on or to look into.",
        "model.keras",
        EXACT,
        ("tensorflow", "keras"),
    ),
    Format(
        "savedmodel",
        "TensorFlow SavedModel",
        "For TensorFlow Serving, Vertex AI and any program with TensorFlow.",
        "savedmodel",
        EXACT,
        ("tensorflow",),
    ),
    Format(
        "tflite-float32",
        "TFLite, float32",
        "Small and fast on processors and phones, without TensorFlow; the same answers.",
        "model_float32.tflite",
        EXACT,
        ("ai-edge-litert",),
    ),
    Format(
        "tflite-float16",
        "TFLite, float16",
        "Half the size; probabilities differ in the third digit.",
        "model_float16.tflite",
        HALF,
        ("ai-edge-litert",),
    ),
    Format(
        "tflite-int8",
        "TFLite, int8 weights",
        "A quarter of the size; a class in a hundred may differ.",
        "model_int8.tflite",
        EIGHT_BIT,
        ("ai-edge-litert",),
    ),
    Format(
        "onnx",
        "ONNX",
        "For ONNX Runtime and most other frameworks and languages.",
        "model.onnx",
        EXACT,
        ("onnxruntime",),
    ),
)

FORMATS = {item.name: item for item in _ALL}
"""Formats by name, in the order of the page."""


def find_format(name: str) -> Format:
    """Give the format of a name.

    Raises:
        DeploymentError: There is none.
    """
    if name not in FORMATS:
        raise DeploymentError(
            f"There is no format “{name}”.", hint=f"Choose among {', '.join(FORMATS)}."
        )
    return FORMATS[name]
