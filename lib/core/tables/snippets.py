"""Python that reads what `lib.core.tables.writing` wrote, for people to paste."""

import json

from lib.core.samples import SampleSet
from lib.core.tables.series_columns import VALID
from lib.core.tables.writing import feature_description, format_of, steps_of

_READ = {
    "csv": ("import pandas as pd", "table = pd.read_csv({file})"),
    "parquet": ("import pandas as pd", "table = pd.read_parquet({file})"),
    "geojson": ("import geopandas", "table = geopandas.read_file({file})"),
    "geopackage": ("import geopandas", "table = geopandas.read_file({file})"),
}
_DATASET = """
# For TensorFlow:
# import tensorflow as tf
# dataset = tf.data.Dataset.from_tensor_slices((predictors, classes)).shuffle(10_000).batch(256)
"""
_NUMPY = """import numpy as np

file = np.load({file})
print(file["readme"])  # the shapes of all arrays
predictors = file["predictors"]  # {shape}
classes = file["class_index"]  # 0 .. {last}, in the order of file["legend_names"]
"""
_TFRECORD = """import tensorflow as tf

SHAPE = {inner}  # {inner_words}
PREDICTORS = {names}
CLASS_VALUES = tf.constant({values}, tf.int64)  # {legend}
FEATURES = {{name: tf.io.FixedLenFeature(SHAPE, tf.float32) for name in PREDICTORS}}
FEATURES["class_value"] = tf.io.FixedLenFeature([], tf.int64)
{more}

def parse(record):
    found = tf.io.parse_single_example(record, FEATURES)
    predictors = tf.stack([found[name] for name in PREDICTORS], axis=-1)
    class_index = tf.argmax(tf.cast(CLASS_VALUES == found["class_value"], tf.int64))
    return predictors, class_index


dataset = tf.data.TFRecordDataset({file}, compression_type="GZIP").map(parse)
dataset = dataset.shuffle(10_000).batch(256).prefetch(tf.data.AUTOTUNE)
"""


def snippet(samples: SampleSet, name: str, *, stem: str = "samples") -> str:
    """Write Python that reads a file of samples.

    It sets `predictors` and `classes` (class indices) as NumPy arrays; for TFRecord it sets
    `dataset`, a tf.data.Dataset of batches of both.

    Args:
        samples: What was written.
        name: One of `FORMATS`.
        stem: What the file is called before its ending.

    Raises:
        SampleError: The format is unknown or cannot hold the samples.
    """
    file = json.dumps(f"{stem}{format_of(samples, name).suffix}")
    if name == "tfrecord":
        return _tfrecord(samples, file)
    if name == "numpy":
        shape = _shape_words(samples)
        return _NUMPY.format(file=file, shape=shape, last=len(samples.legend) - 1) + _DATASET
    return _table(samples, name, file) + _DATASET


def _table(samples: SampleSet, name: str, file: str) -> str:
    imports, read = _READ[name]
    index = {value: k for k, value in enumerate(samples.legend.values)}
    return "\n".join(
        [
            "import numpy as np",
            imports,
            "",
            read.format(file=file),
            *_predictors(samples),
            f'classes = table["class_value"].map({index}).to_numpy()  # {_legend_words(samples)}',
            "",
        ]
    )


def _predictors(samples: SampleSet) -> list[str]:
    names, comment = list(samples.names), f"  # {_shape_words(samples)}"
    if samples.form == "pixel":
        return [f"names = {names}", f"predictors = table[names].to_numpy(np.float32){comment}"]
    if samples.form == "series":
        return [
            f"names = {names}",
            f"steps = {list(steps_of(samples))}",
            'columns = [f"{step}_{name}" for step in steps for name in names]',
            "predictors = table[columns].to_numpy(np.float32)",
            f"predictors = predictors.reshape(len(table), len(steps), len(names)){comment}",
        ]
    return [
        f"names = {names}",
        "flat = np.stack([np.stack(table[name]) for name in names], axis=-1)",
        f"predictors = flat.reshape(len(table), *{samples.predictors.shape[1:3]}, len(names))"
        + comment,
    ]


def _tfrecord(samples: SampleSet, file: str) -> str:
    described = feature_description(samples)["features"]
    inner = list(samples.predictors.shape[1:-1])
    more = [
        f"# {name}: tf.io.FixedLenFeature({facts['shape']}, tf.{facts['dtype']})"
        for name, facts in described.items()
        if name not in (*samples.names, "class_value")
    ]
    words = {"pixel": "of single pixels", "series": "dates", "patch": "rows and columns"}
    return _TFRECORD.format(
        inner=inner,
        inner_words=words[samples.form],
        names=list(samples.names),
        values=list(samples.legend.values),
        legend=_legend_words(samples),
        more="\n".join(["# There are also:", *more]) + "\n",
        file=file,
    )


def _shape_words(samples: SampleSet) -> str:
    axes = {
        "pixel": "(samples, predictors)",
        "series": "(samples, dates, predictors)",
        "patch": "(samples, rows, columns, predictors)",
    }
    note = "; 0 where not observed, see the columns " + VALID if samples.valid is not None else ""
    return axes[samples.form] + note


def _legend_words(samples: SampleSet) -> str:
    return ", ".join(f"{k} {name}" for k, name in enumerate(samples.legend.names)).replace(
        "\n", " "
    )
