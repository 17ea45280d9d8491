"""Every layer that the compiler writes, in a small network beside Keras."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.grid import Grid
from lib.deploy.native.activations import FUNCTIONS
from lib.deploy.native.inputs import enter
from lib.deploy.native.neighbours import probe
from lib.deploy.native.signal import Writing, as_bands, value_names
from lib.deploy.native.walk import write_network
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import projection_of, to_expression
from lib.earthengine.pixels import fetch
from lib.earthengine.stack import series_names

TOLERANCE = 1e-4
"""What the parity check allows."""

NAMES = ("first", "second", "third")
STEPS, HALF = 5, 2
_AT = (1, 2)  # row and column of the pixel that is compared
_SHAPES = {
    "pixel": (len(NAMES),),
    "series": (STEPS, len(NAMES)),
    "patch": (2 * HALF + 1, 2 * HALF + 1, len(NAMES)),
}

Numbers = NDArray[np.float64]
Apply = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class LayerCheck:
    """A layer on a small input.

    Attributes:
        form: "pixel", "series" or "patch".
        apply: Gets `keras.layers` and the input, and returns what the network answers.
    """

    form: str
    apply: Apply


def _of(form: str, **checks: Apply) -> dict[str, LayerCheck]:
    return {name: LayerCheck(form, apply) for name, apply in checks.items()}


def _alone(name: str, *arguments: Any, **settings: Any) -> Apply:
    """A layer by itself; Flatten makes one list of what it answers, where it is no list."""

    def apply(k: Any, x: Any) -> Any:
        found = getattr(k, name)(*arguments, **settings)(x)
        return k.Flatten()(found) if len(found.shape) == 3 else found

    return apply


def _beside(name: str) -> Apply:
    return lambda k, x: getattr(k, name)()([x, k.Dense(len(NAMES), "tanh")(x)])


CHECKS: dict[str, LayerCheck] = {
    **_of(
        "pixel",
        Activation=lambda k, x: k.Concatenate()([k.Activation(name)(x) for name in FUNCTIONS]),
        ActivityRegularization=_alone("ActivityRegularization"),
        Add=_beside("Add"),
        AlphaDropout=_alone("AlphaDropout", 0.5),
        Average=_beside("Average"),
        BatchNormalization=_alone("BatchNormalization"),
        Concatenate=_beside("Concatenate"),
        Dense=_alone("Dense", 4, "relu"),
        Dropout=_alone("Dropout", 0.5),
        ELU=_alone("ELU", 0.7),
        Functional=lambda k, x: _nested(k, x, sequential=False),
        GaussianDropout=_alone("GaussianDropout", 0.5),
        GaussianNoise=_alone("GaussianNoise", 0.5),
        Identity=_alone("Identity"),
        LayerNormalization=_alone("LayerNormalization"),
        LeakyReLU=_alone("LeakyReLU", 0.3),
        Multiply=_beside("Multiply"),
        Normalization=_alone("Normalization", mean=[0.5, -1.0, 2.0], variance=[4.0, 0.5, 1.0]),
        PReLU=_alone("PReLU"),
        ReLU=_alone("ReLU", max_value=1.0, negative_slope=0.1),
        RepeatVector=_alone("RepeatVector", 2),
        Rescaling=_alone("Rescaling", 0.25, offset=-1.0),
        Sequential=lambda k, x: _nested(k, x, sequential=True),
        Softmax=_alone("Softmax"),
        Subtract=_beside("Subtract"),
    ),
    **_of(
        "series",
        AveragePooling1D=_alone("AveragePooling1D", 3, 2, padding="same"),
        Bidirectional=lambda k, x: k.Bidirectional(k.GRU(2))(x),
        Conv1D=_alone("Conv1D", 3, 3, padding="causal", dilation_rate=2, activation="relu"),
        Cropping1D=_alone("Cropping1D", (1, 2)),
        Flatten=_alone("Flatten"),
        GRU=_alone("GRU", 3),
        GetItem=lambda _, x: x[:, -2],
        GlobalAveragePooling1D=_alone("GlobalAveragePooling1D"),
        GlobalMaxPooling1D=_alone("GlobalMaxPooling1D"),
        LSTM=_alone("LSTM", 3),
        MaxPooling1D=_alone("MaxPooling1D", 3, 2, padding="same"),
        Permute=_alone("Permute", (2, 1)),
        Reshape=_alone("Reshape", (len(NAMES), STEPS)),
        SimpleRNN=_alone("SimpleRNN", 3),
        SpatialDropout1D=_alone("SpatialDropout1D", 0.5),
        TimeDistributed=lambda k, x: k.Flatten()(k.TimeDistributed(k.Dense(2))(x)),
        ZeroPadding1D=_alone("ZeroPadding1D", (1, 2)),
    ),
    **_of(
        "patch",
        Conv2D=_alone("Conv2D", 3, 3, padding="same", dilation_rate=2),
        Cropping2D=_alone("Cropping2D", 1),
        DepthwiseConv2D=_alone("DepthwiseConv2D", (3, 5), padding="same"),
        GlobalAveragePooling2D=lambda k, x: k.GlobalAveragePooling2D()(k.Conv2D(2, 5)(x)),
        GlobalMaxPooling2D=lambda k, x: k.GlobalMaxPooling2D()(k.Conv2D(2, 5)(x)),
        SeparableConv2D=_alone("SeparableConv2D", 3, 3, padding="same"),
        SpatialDropout2D=_alone("SpatialDropout2D", 0.5),
    ),
}
"""By the name of the Keras class."""


@with_connection
def layer_answer(connection: Connection, check: LayerCheck, grid: Grid) -> tuple[Numbers, Numbers]:
    """What Keras gives for a layer, and what the service gives for its expression.

    Args:
        connection: Service to ask.
        check: The layer.
        grid: Where; its pixel in row 1 and column 2 is compared.
    """
    import keras  # slow import

    entered = keras.Input(_SHAPES[check.form], name="predictors")
    network = _filled(keras.Model(entered, check.apply(keras.layers, entered)))
    inputs = _values(check.form)[None].astype(np.float32)
    expected = np.asarray(keras.ops.convert_to_numpy(network(inputs, training=False)))[0]
    if expected.ndim == 3:
        expected = expected[expected.shape[0] // 2, expected.shape[1] // 2]
    writing = Writing(offsets=probe(connection, grid) if check.form == "patch" else None)
    entering = enter(network, _image(check.form, grid), NAMES, writing)
    signal = write_network(network, entering.signals, writing)
    names = value_names(signal.width)
    image = to_expression(as_bands(signal.written(writing), names, writing).toDouble())
    came, _ = fetch(connection, image, grid, names, dtype=np.float64)
    return expected.astype(np.float64), came[_AT].astype(np.float64)


def _nested(k: Any, x: Any, *, sequential: bool) -> Any:
    import keras  # slow import

    inner = keras.Input((len(NAMES),))
    hidden, last = k.Dense(4, "tanh"), k.Dense(2)
    if sequential:
        return keras.Sequential([inner, hidden, last])(x)
    return keras.Model(inner, last(hidden(inner)))(x)


def _filled(network: Any) -> Any:
    """Give every weight a value that matters."""
    rng = np.random.default_rng(0)
    for variable in network.weights:
        if "normalization" not in variable.path or "batch" in variable.path:
            variable.assign(rng.uniform(0.2, 0.9, variable.shape))
    return network


def _formula(place: int, x: Any, y: Any, date: int) -> Any:
    """A predictor at a pixel and date; numbers and images alike."""
    return x * (0.3 + 0.1 * place) - y * 0.2 + (0.4 * date - 0.5 * place)


def _values(form: str) -> Numbers:
    """The input of Keras for the pixel that is compared; pixels are counted by their middles."""
    row, column = (place + 0.5 for place in _AT)
    if form == "patch":
        away = np.arange(-HALF, HALF + 1)
        y, x = np.meshgrid(row + away, column + away, indexing="ij")
        return np.stack([_formula(place, x, y, 0) for place in range(len(NAMES))], axis=-1)
    dates = range(STEPS if form == "series" else 1)
    found = [[_formula(p, column, row, date) for p in range(len(NAMES))] for date in dates]
    return np.array(found if form == "series" else found[0])


def _image(form: str, grid: Grid) -> ee.Image:
    """The same as an image."""
    place = ee.Image.pixelCoordinates(projection_of(grid))
    x, y = _Bands(place.select("x")), _Bands(place.select("y"))
    dates = range(STEPS if form == "series" else 1)
    bands = [_formula(p, x, y, date).image for date in dates for p in range(len(NAMES))]
    names = series_names(NAMES, STEPS)[0] if form == "series" else NAMES
    image: ee.Image = ee.Image.cat(bands).rename(list(names)).toFloat()
    return image


@dataclass(frozen=True)
class _Bands:
    """An image with the operators of numbers."""

    image: ee.Image

    def __mul__(self, number: float) -> "_Bands":
        return _Bands(self.image.multiply(number))

    def __sub__(self, other: "_Bands") -> "_Bands":
        return _Bands(self.image.subtract(other.image))

    def __add__(self, number: float) -> "_Bands":
        return _Bands(self.image.add(number))
