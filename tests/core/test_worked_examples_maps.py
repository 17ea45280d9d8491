"""Worked examples E64, E65 and E67 to E75: patches, uncertainty, cleaning of maps.

"Published" numbers were read in the test-suites and documentation named, "derived" ones follow
from the formula.
"""

import numpy as np
import pytest
from scipy.signal import check_COLA

from lib.core.blending import blending_window
from lib.core.receptive import Window, receptive_field, unet_sizes
from lib.core.sieve import majority, sieve
from lib.core.uncertainty import entropy, least_confidence, margin

# modAL, docs/source/content/query_strategies/uncertainty_sampling.ipynb (E68, E69).
SAID = np.array([[0.1, 0.85, 0.05], [0.6, 0.3, 0.1], [0.39, 0.61, 0.0]])

VGG16 = [
    layer
    for convolutions in (2, 2, 3, 3, 3)
    for layer in [*[Window(3)] * convolutions, Window(2, 2)]
]
ALEXNET = [
    *(Window(11, 4), Window(3, 2), Window(5), Window(3, 2)),
    *(Window(3), Window(3), Window(3), Window(3, 2)),
]


@pytest.mark.parametrize(("layers", "side"), [(VGG16, 212), (ALEXNET, 195)], ids=["VGG", "AlexNet"])
def test_e64_receptive_fields_of_the_last_pooling(layers, side):
    """Published: Araujo, Norris and Sim 2019."""
    assert receptive_field(layers) == side


def test_e65_sizes_of_the_first_unet():
    """Published: Ronneberger et al. 2015, figure 1, 572 to 388; margin and field derived."""
    sizes = unet_sizes(572, 4)

    assert (sizes.output, sizes.margin, sizes.bottleneck_field) == (388, 92, 140)


def test_e67_windows_that_overlap_by_half_add_up_to_one():
    """Identity, also by scipy; the symmetric window does not."""
    window = blending_window(64)
    line = window[32]

    assert line[:32] + line[32:] == pytest.approx(np.ones(32), abs=1e-12)
    assert check_COLA(line, 64, 32)
    assert not check_COLA(np.hanning(64), 64, 32)
    total = sum(window[i : i + 32, j : j + 32] for i in (0, 32) for j in (0, 32))
    assert total == pytest.approx(np.ones((32, 32)), abs=1e-12)


def test_e68_three_measures_of_uncertainty():
    """Published; least confidence and entropy pick the second row, the margin the third."""
    assert least_confidence(SAID) == pytest.approx([0.15, 0.4, 0.39], abs=1e-8)
    assert margin(SAID) == pytest.approx([0.75, 0.3, 0.22], abs=1e-8)
    assert entropy(SAID) == pytest.approx([0.51818621, 0.89794572, 0.66874809], abs=1e-8)
    picks = least_confidence(SAID).argmax(), margin(SAID).argmin(), entropy(SAID).argmax()
    assert picks == (1, 2, 1)


def test_e69_normalised_entropy_is_defined_where_a_probability_is_0():
    """Rule of sits, uncertainty.cpp, whose code gives NaN for the third row."""
    assert entropy(SAID, normalised=True) == pytest.approx(
        [0.4716734178155153, 0.8173454221465101, 0.6087207413841681], abs=1e-9
    )
    assert 1 - margin(SAID) == pytest.approx([0.25, 0.7, 0.78], abs=1e-9)


def test_e70_sieve_leaves_what_has_no_data():
    """Published: GDAL, autotest/alg/sieve.py, sieve_7; a hole of three zeros stays."""
    before = np.array(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 1, 1, 1, 1, 1, 1],
            [0, 1, 0, 0, 1, 1, 1],
            [0, 1, 0, 2, 2, 2, 1],
            [0, 1, 1, 2, 1, 2, 1],
            [0, 1, 1, 2, 2, 2, 1],
            [0, 1, 1, 1, 1, 1, 1],
        ],
        dtype=np.uint8,
    )
    after = before.copy()
    after[4, 4] = 2

    assert sieve(before, 4, valid=before > 0).tolist() == after.tolist()


def test_e71_patches_of_just_as_many_pixels_stay():
    """Published: rasterio, test_sieve."""
    image = np.zeros((20, 20), dtype=np.uint8)
    image[5:15, 5:15] = 1

    assert (sieve(image, 100) == image).all()
    assert not sieve(image, 101).any()


def test_e72_corners_join_patches_only_where_asked():
    """Published: rasterio, test_sieve_connectivity; 54 pixels linked at corners."""
    image = np.zeros((20, 20), dtype=np.uint8)
    image[5:15:2, 5:15] = 1
    image[[6, 8, 10, 12], [4, 15, 4, 15]] = 1

    assert image.sum() == 54
    assert not sieve(image, 54).any()
    assert (sieve(image, 54, diagonal=True) == image).all()


@pytest.mark.parametrize(
    ("before", "pixels", "after"),
    [
        pytest.param(
            [[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2, [[1, 2, 3], [4, 5, 6], [7, 8, 9]], id="E73"
        ),
        pytest.param([[1, 1, 3, 2, 2]], 2, [[1, 1, 1, 2, 2]], id="E74"),
        pytest.param([[2, 2, 3, 1, 1]], 2, [[2, 2, 2, 1, 1]], id="E74 mirrored"),
        pytest.param([[1, 1, 1, 1, 2, 3, 3]], 3, [[1, 1, 1, 1, 1, 1, 1]], id="through a chain"),
    ],
)
def test_e73_e74_sieve_of_patches_among_small_or_equal_ones(before, pixels, after):
    """Behaviour of GDAL; which of two equal neighbours wins depends on the direction."""
    assert sieve(np.array(before, dtype=np.uint8), pixels).tolist() == after


def test_e75_majority_of_three_by_three():
    """Derived; the tie rule is a choice: the centre if it is among the winners."""
    before = np.array([[1, 1, 2, 2], [1, 3, 2, 2], [1, 1, 2, 2]], dtype=np.uint8)

    assert majority(before).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 2]]
