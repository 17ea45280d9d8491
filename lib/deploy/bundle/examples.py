"""Examples of a bundle: some ten lines a format, which run beside its file."""

from lib.deploy.bundle.formats import FORMATS
from lib.deploy.bundle.writing import OUTPUT
from lib.deploy.raster.layout import Layout

_OPENING = '''"""Classes of the samples beside this file. Needs: pip install {packages}"""
import json
import numpy as np
{imports}
samples = np.load("samples.npz")
names = [item["name"] for item in json.load(open("contract.json"))["classes"]]
{body}
print([names[index] for index in probabilities.reshape(-1, len(names)).argmax(axis=1)][:8])
print("greatest difference", abs(probabilities - samples["probabilities"]).max())
'''
_LITE_BODY = """network = Interpreter("{file}")
for item in network.get_input_details():
    network.resize_tensor_input(item["index"], samples[item["name"]].shape)
network.allocate_tensors()
for item in network.get_input_details():
    network.set_tensor(item["index"], samples[item["name"]])
network.invoke()
probabilities = network.get_tensor(network.get_output_details()[0]["index"])"""
_EXAMPLES = {
    "keras": (
        "import keras",
        (
            'network = keras.saving.load_model("{file}")\n'
            "probabilities = np.asarray(network([samples[name] for name in {inputs}]))"
        ),
    ),
    "savedmodel": (
        "import tensorflow as tf",
        (
            'network = tf.saved_model.load("{file}")\n'
            "given = {{name: tf.constant(samples[name]) for name in {inputs}}}\n"
            'probabilities = network.signatures["serving_default"](**given)["{output}"].numpy()'
        ),
    ),
    "onnx": (
        "import onnxruntime",
        (
            'network = onnxruntime.InferenceSession("{file}")\n'
            "probabilities = network.run(None, {{name: samples[name] for name in {inputs}}})[0]"
        ),
    ),
}


def example_name(name: str) -> str:
    """Name of the file with the example of a format."""
    return f"example_{name.replace('-', '_')}.py"


def example_of(name: str, layout: Layout) -> str:
    """Write the example of a format: some ten lines that run beside its file."""
    item = FORMATS[name]
    lite = ("from ai_edge_litert.interpreter import Interpreter", _LITE_BODY)
    imports, body = _EXAMPLES.get(name, lite)
    if name == "keras" and len(layout.inputs) == 1:
        body = body.replace("[samples[name] for name in {inputs}]", 'samples["predictors"]')
    filled = body.format(file=item.file, inputs=list(layout.inputs), output=OUTPUT)
    packages = " ".join((*item.packages, "numpy"))
    return _OPENING.format(packages=packages, imports=imports, body=filled)
