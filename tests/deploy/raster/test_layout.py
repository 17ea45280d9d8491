"""What networks read around a pixel."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from lib.core.errors import DeploymentError
from lib.deploy.raster.layout import layout_of, receptive_margin
from tests.deploy.raster.networks import network_of


def any_size(*inner: Any) -> Any:
    return keras.Sequential([keras.Input((None, None, 2)), *inner])


# Half of each kernel times its dilation and the steps before it.
MARGINS = [
    (any_size(layers.Conv2D(2, 1)), 0),
    (any_size(layers.Conv2D(2, 3, padding="same")), 1),
    (any_size(*[layers.Conv2D(2, 3, padding="same") for _ in range(4)]), 4),
    (any_size(layers.Conv2D(2, 5, dilation_rate=3, padding="same")), 6),
    (any_size(layers.SeparableConv2D(2, 7, padding="same")), 3),
    # 1 before, then 2 more in steps of 2, made a multiple of 2 for the two halves: 2 + 1 + 1 = 4.
    (
        any_size(
            layers.Conv2D(2, 3, padding="same"),
            layers.AveragePooling2D(2),
            layers.Conv2DTranspose(2, 2, strides=2),
        ),
        4,
    ),
]


@pytest.mark.parametrize(("network", "margin"), MARGINS)
def test_margin_of_networks_of_any_size_is_how_far_their_layers_look(
    network: Any, margin: int
) -> None:
    assert receptive_margin(network) == margin


def test_margin_is_enough_and_one_pixel_less_is_not() -> None:
    network = any_size(*[layers.Conv2D(2, 3, padding="same") for _ in range(3)])
    x = np.random.default_rng(0).normal(size=(1, 21, 21, 2)).astype(np.float32)
    margin = receptive_margin(network)
    whole = np.asarray(network(x))[0, 10, 10]

    def centre_of(reach: int) -> Any:
        cut = slice(10 - reach, 11 + reach)
        return np.asarray(network(x[:, cut, cut]))[0, reach, reach]

    assert np.allclose(centre_of(margin), whole, atol=1e-6)
    assert not np.allclose(centre_of(margin - 1), whole, atol=1e-6)


@pytest.mark.parametrize(
    ("family", "kind", "margin"),
    [
        ("mlp", "pixel", 0),
        ("gru", "series", 0),
        ("patch_cnn", "centre", 4),
        ("fcn", "any size", 3),
        ("unet", "tiles", 4),
    ],
)
def test_layout_of_each_family_says_how_it_is_run(family: str, kind: str, margin: int) -> None:
    layout = layout_of(network_of(family))

    assert (layout.kind, layout.margin) == (kind, margin)


def test_layer_that_sees_all_of_a_patch_of_any_size_is_refused_by_name() -> None:
    start = keras.Input((None, None, 2))
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="squeezed")(start)
    network = keras.Model(start, layers.Multiply()([start, mean]))

    with pytest.raises(DeploymentError, match="“squeezed”"):
        layout_of(network)
