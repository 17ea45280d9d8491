from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.samples import SampleSet, beside
from lib.earthengine import patches
from lib.earthengine.patches import Bunch, PatchStore, bunched
from tests.earthengine.scene import BANDS, CRS, POLYGONS, SHAPE, TRANSFORM, Scene, polygon_pixels
from tests.earthengine.test_sampling import MAP_LEGEND, draw, features, label_map

GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]
SIDE = 5


def patch_plan(scene: Scene, **more: object) -> ImageryPlan:
    return ImageryPlan(
        collection=scene.image, start="", end="", bands=BANDS, indices=(), scale_m=20.0,
        form="patch", patch_size=SIDE, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def around(values: NDArray[np.generic], outside: float) -> NDArray[np.generic]:
    """Every pixel's patch, `(rows, columns, side, side)`."""
    padded = np.pad(values, SIDE // 2, constant_values=outside)
    return np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE))


def assert_patches_of_the_file(scene: Scene, samples: SampleSet) -> None:
    at = np.divmod(samples.ids, SHAPE[1])
    expected = np.stack([around(band, np.nan)[at] for band in scene.values], axis=-1)
    valid = np.isfinite(expected).all(axis=-1)
    assert samples.valid is not None
    assert np.array_equal(samples.valid, valid)
    assert np.array_equal(samples.predictors, np.where(valid[..., None], expected, 0))
    assert valid[:, SIDE // 2, SIDE // 2].all()


def test_patches_are_the_windows_of_the_file_with_their_masks(scene: Scene) -> None:
    samples, report = draw(
        scene, label_map(scene), MAP_LEGEND, imagery=patch_plan(scene), per_class=60
    )

    assert samples.form == "patch"
    assert report.obtained == (60, 60, 12)
    assert samples.valid is not None
    assert not samples.valid.all()
    assert_patches_of_the_file(scene, samples)


def test_patches_have_the_centres_that_pixels_have(scene: Scene) -> None:
    pixels, _ = draw(scene, label_map(scene), MAP_LEGEND, per_class=40)
    found, _ = draw(scene, label_map(scene), MAP_LEGEND, imagery=patch_plan(scene), per_class=40)

    assert set(found.ids) == set(pixels.ids)


def test_dense_patches_have_a_class_for_every_pixel_with_a_label(scene: Scene) -> None:
    plan = patch_plan(scene, dense=True)

    samples, _ = draw(scene, label_map(scene), MAP_LEGEND, imagery=plan, per_class=30)

    index = np.select([scene.codes == code for code in (10, 20, 30)], [0, 1, 2], -1)
    assert samples.dense is not None
    assert np.array_equal(samples.dense, around(index, -1)[np.divmod(samples.ids, SHAPE[1])])
    assert (samples.dense == -1).any()
    assert_patches_of_the_file(scene, samples)


def test_dense_patches_of_polygons_are_labelled_under_them_only(scene: Scene) -> None:
    plan = patch_plan(scene, dense=True)

    samples, _ = draw(scene, features(scene), None, imagery=plan, per_class=30)

    index = np.full(SHAPE, -1)
    for number in reversed(range(4)):
        index[polygon_pixels(number)] = samples.legend.names.index(POLYGONS[number][0])
    assert samples.dense is not None
    assert np.array_equal(samples.dense, around(index, -1)[np.divmod(samples.ids, SHAPE[1])])


def test_large_patches_are_mapped_from_the_file_that_belongs_to_the_samples(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "LARGE_BYTES", 1000)
    monkeypatch.setattr("lib.core.samples._LARGE_BYTES", 1000)
    path = tmp_path / "samples.npz"

    # Of 20,000 asked there are 1,160 labelled pixels, and 30 of them are masked.
    mapped, report = draw(
        scene, label_map(scene), MAP_LEGEND, imagery=patch_plan(scene), large=beside(path),
        per_class=20_000,
    )  # fmt: skip
    before = beside(path).stat().st_ino
    mapped.save(path)

    assert "30 have no valid imagery" in report.reasons[0]
    assert beside(path).stat().st_ino == before
    again = SampleSet.load(path)
    assert len(again) == (scene.valid & (scene.codes > 0)).sum()
    assert_patches_of_the_file(scene, again)


def test_samples_that_are_a_part_of_a_mapped_file_can_be_saved_over_it(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "LARGE_BYTES", 1000)
    monkeypatch.setattr("lib.core.samples._LARGE_BYTES", 1000)
    path = tmp_path / "samples.npz"
    mapped, _ = draw(
        scene, label_map(scene), MAP_LEGEND, imagery=patch_plan(scene), large=beside(path),
        per_class=30,
    )  # fmt: skip
    kept = mapped.with_classes_of_at_least(20)

    kept.save(path)

    again = SampleSet.load(path)
    assert len(again) == 60 < len(mapped)
    assert np.array_equal(again.predictors, kept.predictors)


def test_store_keeps_wanted_slots_and_moves_the_last_into_holes(tmp_path: Path) -> None:
    plan = ImageryPlan(form="patch", patch_size=3)
    store = PatchStore(5, plan, 1, None)
    store.predictors[...] = np.arange(5).reshape(5, 1, 1, 1)

    order = store.finished(np.array([0, 2, 4]))

    assert store.predictors[:, 0, 0, 0].tolist() == [0, 4, 2]
    assert order.tolist() == [0, 2, 1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=60),
    st.sampled_from([1, 9, 65]),
)
def test_bunches_hold_every_patch_and_cost_no_more_than_one_by_one(
    places: list[tuple[int, int]], side: int
) -> None:
    row, col = np.array(places).T

    found = bunched(row, col, side=side, most_pixels=65_536)

    assert sorted(np.concatenate([bunch.members for bunch in found])) == list(range(len(places)))
    for bunch in found:
        rows, cols = bunch.window
        assert rows.start <= row[bunch.members].min() - side // 2
        assert cols.stop > col[bunch.members].max() + side // 2
        assert bunch.pixels <= 65_536
    apart = len(places) * (side**2 + patches.REQUEST_PIXELS)
    assert sum(bunch.pixels + patches.REQUEST_PIXELS for bunch in found) <= apart


def test_bunches_of_neighbours_share_a_request_and_far_ones_do_not() -> None:
    row, col = np.array([10, 12, 14, 5000]), np.array([10, 13, 11, 5000])

    found = bunched(row, col, side=9, most_pixels=65_536)

    assert sorted(sorted(bunch.members.tolist()) for bunch in found) == [[0, 1, 2], [3]]


def test_a_bunch_of_one_patch_cannot_be_halved() -> None:
    one = Bunch(np.array([0]), (slice(0, 3), slice(0, 3)))

    assert patches.halves(one, np.array([1]), np.array([1]), 3) == ()
