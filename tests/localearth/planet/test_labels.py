"""Label products are the true cover with errors of a stated rate."""

import numpy as np
import pytest

from lib.localearth.planet import dynamicworld, labels
from lib.localearth.planet.labels import reported_cover, true_cover
from lib.localearth.planet.lattice import Lattice, Window
from lib.localearth.planet.view import GROUNDS
from tests.localearth.planet import places

# Pixels of WorldCover around the varied landscape, 900 x 900.
COLUMN, ROW = int((places.LON + 180) * 12000) - 450, int((84 - places.LAT) * 12000) - 450


def windows():
    for i in range(9):
        column, row = COLUMN + 300 * (i % 3), ROW + 300 * (i // 3)
        yield Window(labels.LATTICE, 0, column, row, 300, 300)


@pytest.mark.slow
def test_worldcover_differs_from_the_truth_at_the_stated_rate():
    true = np.stack([true_cover(GROUNDS.get(window)) for window in windows()])
    reported = np.stack([reported_cover(window) for window in windows()])
    assert (true != reported).mean() == pytest.approx(labels.ERROR_RATE, abs=0.04)


def test_varied_landscape_holds_all_classes():
    """10 x 10 km around 10.6 E, 48.1 N."""
    true = np.stack([true_cover(GROUNDS.get(window)) for window in windows()])
    shares = {value: (true == value).mean() for value in (10, 20, 30, 40, 50, 60, 80, 90)}
    assert min(shares.values()) > 0.004
    assert sum(shares.values()) > 0.999


def test_confused_classes_are_neighbours_and_never_themselves():
    for value, others in labels.CONFUSED.items():
        assert value not in others
        assert set(others) <= set(labels.CLASSES)


def test_worldcover_when_read_as_an_asset_gives_published_values_only():
    (plane,) = places.read(places.image(f"{places.WORLDCOVER}/2021"), places.utm(10.0, 256))
    assert plane.valid.all()
    assert set(np.unique(plane.data)) <= set(labels.VALUES)


def test_dynamic_world_probabilities_sum_to_one_and_the_label_is_the_greatest():
    scene = places.narrowed(places.DYNAMIC_WORLD, "2021-07-15", "2021-07-25").elements[0]
    *chances, label = places.stack(scene, places.utm(10.0, 128))
    chances = np.stack(chances)
    seen = np.isfinite(label)
    assert seen.any()
    np.testing.assert_allclose(chances.sum(axis=0)[seen], 1.0, atol=1e-5)
    np.testing.assert_array_equal(np.argmax(chances, axis=0)[seen], label[seen])


def test_confusion_of_dynamic_world_keeps_all_evidence():
    np.testing.assert_allclose(dynamicworld.CONFUSION.sum(axis=1), 1.0, atol=1e-6)


def test_true_cover_when_pixels_are_coarse_is_the_commonest_of_the_fine_ones():
    lattice = Lattice("EPSG:32632", 0.0, 0.0, 10.0)
    fine = true_cover(GROUNDS.get(Window(lattice, 0, 61_760, -532_992, 256, 256)))
    coarse = true_cover(GROUNDS.get(Window(lattice, 2, 61_760 // 4, -532_992 // 4, 64, 64)))
    blocks = fine.reshape(64, 4, 64, 4).transpose(0, 2, 1, 3).reshape(64, 64, 16)
    same = (blocks == coarse[:, :, None]).sum(axis=2) >= 8
    assert same.mean() > 0.85
