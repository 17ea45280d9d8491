import numpy as np
import pytest

from lib.core.errors import LabelError, SampleError
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.plan import LabelPlan, SamplingPlan
from lib.core.samples import SampleSet
from lib.earthengine import imagery, labels, sampling
from lib.earthengine.sampling import DrawReport
from tests.earthengine.scene import BANDS, CRS, SHAPE, TRANSFORM, Scene, polygon_pixels

GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]
MAP_LEGEND = Legend.from_values([10, 20, 30], ["left", "right", "corner"])


def plan_of(scene: Scene) -> ImageryPlan:
    return ImageryPlan(
        collection=scene.image, start="", end="", bands=BANDS, indices=(), scale_m=20.0
    )


def draw(
    scene: Scene, label_plan: LabelPlan, legend: Legend, **sampling_plan: object
) -> tuple[SampleSet, DrawReport]:
    plan = plan_of(scene)
    return sampling.draw(
        scene.earth,
        imagery.predictors(scene.earth, plan, scene.aoi),
        label_plan,
        plan=SamplingPlan(**sampling_plan),  # type: ignore[arg-type]
        imagery=plan,
        legend=legend,
        aoi=scene.aoi,
    )


def label_map(scene: Scene) -> LabelPlan:
    return LabelPlan(kind="map", source=scene.label_map, band="label")


def features(scene: Scene, asset: str = "") -> LabelPlan:
    return LabelPlan(
        kind="features", source=asset or scene.polygons, band="", class_property="cover"
    )


def assert_read_from_the_file(scene: Scene, samples: SampleSet) -> None:
    rows, cols = GRID.rowcol(samples.lon, samples.lat)
    assert np.array_equal(samples.predictors, scene.values[:, rows, cols].T)
    assert np.array_equal(samples.ids, rows * SHAPE[1] + cols)
    centre = GRID.lonlat(rows, cols)
    assert np.allclose(centre, (samples.lon, samples.lat), atol=1e-9)


def test_draw_from_a_map_takes_so_many_of_each_class_from_its_pixels(scene: Scene) -> None:
    samples, report = draw(scene, label_map(scene), MAP_LEGEND, per_class=10)

    assert samples.counts.tolist() == [10, 10, 10]
    assert report == DrawReport((10, 10, 10), (10, 10, 10), ("", "", ""))
    assert_read_from_the_file(scene, samples)
    rows, cols = GRID.rowcol(samples.lon, samples.lat)
    codes = np.array(MAP_LEGEND.values)[samples.class_index]
    assert np.array_equal(codes, scene.codes[rows, cols])
    assert (samples.group == -1).all()


def test_draw_from_a_map_when_a_class_is_small_takes_all_of_it_and_says_so(scene: Scene) -> None:
    samples, report = draw(scene, label_map(scene), MAP_LEGEND, per_class=50)

    assert samples.counts.tolist() == [50, 50, 12]
    assert report.asked == (50, 50, 50)
    assert report.reasons == ("", "", "All 12 valid pixels of “corner” in the area were taken.")


def test_draw_from_a_map_when_a_class_is_absent_says_so(scene: Scene) -> None:
    legend = Legend.from_values([10, 20, 40], ["left", "right", "ice"])

    samples, report = draw(scene, label_map(scene), legend, per_class=5)

    assert samples.counts.tolist() == [5, 5, 0]
    assert report.reasons[2] == "“ice” has no valid pixel in the area."


def test_draw_leaves_out_pixels_without_a_predictor(scene: Scene) -> None:
    samples, _ = draw(scene, label_map(scene), MAP_LEGEND, per_class=20_000)

    labelled = scene.codes > 0
    assert len(samples) == (labelled & scene.valid).sum() < labelled.sum()


def test_draw_in_proportion_follows_the_mapped_share_of_each_class(scene: Scene) -> None:
    samples, report = draw(
        scene, label_map(scene), MAP_LEGEND, per_class=50, allocation="proportional"
    )

    # 568, 580 and 12 of 1,160 labelled pixels; 150 samples by largest remainder.
    assert report.asked == (73, 75, 2)
    assert samples.counts.tolist() == [73, 75, 2]


@pytest.mark.parametrize("source", [label_map, features], ids=["map", "features"])
def test_draw_with_one_seed_is_the_same_and_with_another_is_not(
    scene: Scene, source: object
) -> None:
    plan = source(scene)  # type: ignore[operator]
    legend = MAP_LEGEND if plan.kind == "map" else labels.default_legend(scene.earth, plan)

    first, again, other = (
        draw(scene, plan, legend, per_class=9, seed=seed)[0] for seed in (1, 1, 2)
    )

    assert np.array_equal(first.ids, again.ids)
    assert np.array_equal(first.predictors, again.predictors)
    assert not np.array_equal(first.ids, other.ids)


def test_draw_from_polygons_takes_every_pixel_whose_centre_lies_in_one(scene: Scene) -> None:
    plan = features(scene)
    legend = labels.default_legend(scene.earth, plan)

    samples, _ = draw(scene, plan, legend, per_class=20_000)

    assert legend.names == ("field", "water", "wood")
    pixels = [polygon_pixels(number) for number in range(4)]
    assert_read_from_the_file(scene, samples)
    assert set(samples.ids) == set(np.flatnonzero(np.any(pixels, axis=0).ravel()))


def test_draw_from_polygons_gives_each_its_group_and_a_shared_pixel_to_the_first(
    scene: Scene,
) -> None:
    plan = features(scene)
    samples, _ = draw(scene, plan, labels.default_legend(scene.earth, plan), per_class=20_000)

    taken = np.zeros(SHAPE, bool)
    shared = polygon_pixels(0) & polygon_pixels(3)
    assert shared.any()
    for number in range(4):
        own = polygon_pixels(number) & ~taken
        taken |= own
        mine = samples.ids[samples.group == number]
        assert set(mine) == set(np.flatnonzero(own.ravel()))
    names = np.array(samples.legend.names)[samples.class_index]
    assert set(names[samples.group == 0]) == {"wood"}
    assert set(names[samples.group == 3]) == {"field"}


def test_draw_from_points_takes_the_pixel_under_each(scene: Scene) -> None:
    plan = features(scene, scene.points)

    samples, _ = draw(scene, plan, labels.default_legend(scene.earth, plan), per_class=10)

    assert samples.ids.tolist() == [2 * 40 + 30, 5 * 40 + 5, 8 * 40 + 20]
    assert_read_from_the_file(scene, samples)


def test_draw_when_no_label_lies_in_the_area_says_so(scene: Scene) -> None:
    legend = Legend.from_values([70, 80])

    with pytest.raises(SampleError, match="No labelled pixel has valid imagery"):
        draw(scene, label_map(scene), legend)


def test_draw_when_no_feature_has_a_class_of_the_legend_says_so(scene: Scene) -> None:
    with pytest.raises(LabelError, match="with a class of the legend"):
        draw(scene, features(scene), Legend.from_values([70, 80]))


def test_draw_when_there_is_one_class_only_says_so(scene: Scene) -> None:
    legend = Legend.from_values([10, 70], ["left", "ice"])

    with pytest.raises(SampleError, match="left"):
        draw(scene, label_map(scene), legend)
