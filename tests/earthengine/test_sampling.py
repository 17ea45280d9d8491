import json
from dataclasses import replace
from pathlib import Path

import ee
import geopandas
import numpy as np
import pytest
from shapely.geometry import Point

from lib.core.aoi import Aoi
from lib.core.crs import lonlat_from
from lib.core.errors import LabelError, SampleError
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.plan import DrawnLabel, LabelPlan, Remap, SamplingPlan
from lib.core.samples import SampleSet
from lib.earthengine import assets, harvest, labels, sampling
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.fetching import Watch
from lib.earthengine.graphs import to_expression
from lib.earthengine.imagery import predictors
from lib.earthengine.sampling import DrawReport
from lib.earthengine.stack import stack_names
from tests.earthengine.scene import (
    BANDS,
    CRS,
    POLYGONS,
    SHAPE,
    TRANSFORM,
    Scene,
    polygon_pixels,
)

GRID = Grid(CRS, tuple(TRANSFORM)[:6], SHAPE)  # type: ignore[arg-type]
MAP_LEGEND = Legend.from_values([10, 20, 30], ["left", "right", "corner"])


def plan_of(scene: Scene) -> ImageryPlan:
    return ImageryPlan(
        collection=scene.image, start="", end="", bands=BANDS, indices=(), scale_m=20.0
    )


def draw(
    scene: Scene,
    label_plan: LabelPlan,
    legend: Legend | None,
    *,
    imagery: ImageryPlan | None = None,
    aoi: Aoi | None = None,
    watch: Watch = Watch(),  # noqa: B008 - frozen
    large: Path | None = None,
    earth: Connection | None = None,
    **sampling_plan: object,
) -> tuple[SampleSet, DrawReport]:
    earth = earth or scene.earth
    plan = imagery or plan_of(scene)
    return sampling.draw(
        earth,
        predictors(earth, plan, scene.aoi),
        label_plan,
        plan=SamplingPlan(**sampling_plan),  # type: ignore[arg-type]
        imagery=plan,
        legend=legend or labels.default_legend(earth, label_plan),
        aoi=aoi or scene.aoi,
        watch=watch,
        large=large,
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
    assert report.reasons == ("", "", "All 12 pixels of “corner” in the area were taken.")


def test_draw_from_a_map_when_a_class_is_absent_says_so(scene: Scene) -> None:
    legend = Legend.from_values([10, 20, 40], ["left", "right", "ice"])

    samples, report = draw(scene, label_map(scene), legend, per_class=5)

    assert samples.counts.tolist() == [5, 5, 0]
    assert report.reasons[2] == "“ice” has no pixel in the area."


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


def lonlat_of(pixel: tuple[float, float]) -> list[float]:
    """Longitude and latitude of a point in pixels (x, y) of the scene."""
    x, y = GRID.transform[2] + 20.0 * pixel[0], GRID.transform[5] - 20.0 * pixel[1]
    lon, lat = lonlat_from(CRS).transform(x, y)
    return [float(lon), float(lat)]


def index_of(scene: Scene) -> np.ndarray:
    return np.select([scene.codes == code for code in (10, 20, 30)], [0, 1, 2], -1)


def test_draw_only_takes_pixels_whose_centre_lies_in_the_area(scene: Scene) -> None:
    ring = [lonlat_of(at) for at in ((3.3, 2.2), (35.7, 5.1), (30.2, 27.6), (3.3, 2.2))]
    aoi = Aoi.from_geojson({"type": "Polygon", "coordinates": [ring]})

    samples, _ = draw(scene, label_map(scene), MAP_LEGEND, aoi=aoi, per_class=20_000)

    rows, cols = GRID.rowcol(samples.lon, samples.lat)
    inside = GRID.inside(aoi) & scene.valid & (scene.codes > 0)
    assert set(zip(rows.tolist(), cols.tolist(), strict=True)) == set(
        zip(*np.nonzero(inside), strict=True)
    )


def test_draw_of_pure_pixels_has_eight_neighbours_of_the_class(scene: Scene) -> None:
    samples, report = draw(scene, label_map(scene), MAP_LEGEND, per_class=20_000, pure=True)

    index = np.pad(index_of(scene), 1, constant_values=-1)
    windows = np.lib.stride_tricks.sliding_window_view(index, (3, 3))
    pure = (windows == index_of(scene)[..., None, None]).all(axis=(2, 3)) & (index_of(scene) >= 0)
    assert set(samples.ids) == set(np.flatnonzero(pure & scene.valid))
    # Of the corner's 12 pixels in 3 rows and 4 columns at the border, 2 by 1 are inside: 1 row
    # of 2.
    assert report.obtained[2] == 2
    assert report.reasons[2] == "Of 12 pixels of “corner” in the area, 2 are pure."


def test_draw_of_pure_pixels_of_polygons_leaves_out_their_edges(scene: Scene) -> None:
    samples, _ = draw(scene, features(scene), None, per_class=20_000, pure=True)

    index = np.full(SHAPE, -1)
    for number in reversed(range(4)):
        index[polygon_pixels(number)] = samples.legend.names.index(POLYGONS[number][0])
    padded = np.pad(index, 1, constant_values=-1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    pure = (windows == index[..., None, None]).all(axis=(2, 3)) & (index >= 0)
    assert set(samples.ids) == set(np.flatnonzero(pure & scene.valid))


def test_draw_with_a_distance_keeps_it_between_all_samples(scene: Scene) -> None:
    samples, report = draw(scene, label_map(scene), MAP_LEGEND, per_class=200, min_distance_m=65.0)

    rows, cols = GRID.rowcol(samples.lon, samples.lat)
    apart = 20.0 * np.hypot(rows[:, None] - rows, cols[:, None] - cols)
    np.fill_diagonal(apart, np.inf)
    # Distances in the zone's plane differ from the ground's by less than 0.1 %.
    assert apart.min() >= 65.0 * 0.999
    assert "closer than 65 m" in report.reasons[0]
    assert report.obtained[2] >= 1


def test_draw_by_hand_asks_for_the_counts_that_were_given(scene: Scene) -> None:
    samples, report = draw(
        scene, label_map(scene), MAP_LEGEND, allocation="by hand", counts=(7, 3, 5)
    )

    assert report.asked == (7, 3, 5)
    assert samples.counts.tolist() == [7, 3, 5]


def test_draw_in_proportion_with_a_floor_gives_the_rare_class_its_floor(scene: Scene) -> None:
    _, report = draw(
        scene, label_map(scene), MAP_LEGEND, per_class=50, allocation="proportional", floor=10
    )

    assert report.asked[2] == 10
    assert sum(report.asked) == 150


def test_draw_from_a_remapped_map_counts_values_as_their_class(scene: Scene) -> None:
    plan = replace(label_map(scene), remap=(Remap(30, 10), Remap(20, 5)))
    legend = Legend.from_values([10, 5], ["left", "right"])

    samples, _ = draw(scene, plan, legend, per_class=20_000)

    index = np.select([np.isin(scene.codes, (10, 30)), scene.codes == 20], [0, 1], -1)
    rows, cols = GRID.rowcol(samples.lon, samples.lat)
    assert np.array_equal(samples.class_index, index[rows, cols])
    assert len(samples) == ((index >= 0) & scene.valid).sum()


def test_draw_when_tiles_are_small_or_candidates_few_is_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = draw(scene, label_map(scene), MAP_LEGEND, per_class=11)
    monkeypatch.setattr(harvest, "BLOCK_PIXELS", 60)
    monkeypatch.setattr(harvest, "LIMIT", 20)

    cut, _ = draw(scene, label_map(scene), MAP_LEGEND, per_class=11)

    assert np.array_equal(whole.ids, cut.ids)
    assert np.array_equal(whole.predictors, cut.predictors)


def test_draw_from_what_was_drawn_takes_pixels_and_points_with_their_groups(scene: Scene) -> None:
    ring = [lonlat_of(at) for at in ((2.2, 3.1), (11.8, 3.1), (11.8, 9.7), (2.2, 9.7), (2.2, 3.1))]
    plan = LabelPlan(
        kind="drawn",
        drawn=(
            DrawnLabel(5, json.dumps({"type": "Polygon", "coordinates": [ring]})),
            DrawnLabel(7, json.dumps({"type": "Point", "coordinates": lonlat_of((20.4, 8.9))})),
            DrawnLabel(9, json.dumps({"type": "Point", "coordinates": lonlat_of((1.4, 1.9))})),
        ),
    )
    legend = Legend.from_values([5, 7], ["wood", "water"])

    samples, report = draw(scene, plan, legend, per_class=20_000)

    wood = np.flatnonzero(polygon_pixels(0).ravel())
    assert set(samples.ids[samples.group == 0]) == set(wood)
    assert samples.ids[samples.group == 1].tolist() == [8 * 40 + 20]
    assert samples.class_index.tolist() == [0 if group == 0 else 1 for group in samples.group]
    assert report.unmatched == (("9", 1),)
    assert_read_from_the_file(scene, samples)


def test_draw_from_features_reads_groups_and_parts_from_their_columns(
    scene: Scene, tmp_path: Path
) -> None:
    frame = geopandas.GeoDataFrame(
        {
            "cover": ["a", "b", "a", "rock", "b"],
            "farm": ["north", "south", "north", "south", "east"],
            "use": ["Train", "TEST", "valid", "test", "unsure"],
        },
        geometry=[Point(TRANSFORM @ (x + 0.5, 7.5)) for x in (3, 9, 15, 21, 27)],
        crs=CRS,
    )
    frame.to_file(tmp_path / "t.gpkg")
    asset = assets.import_features(scene.earth, tmp_path / "t.gpkg", "farms")
    plan = replace(features(scene, asset), group_property="farm", part_property="use")
    full = labels.default_legend(scene.earth, plan)
    legend = Legend(full.classes[:2])

    samples, report = draw(scene, plan, legend, per_class=10)

    # Farms by name: east, north, south.
    assert samples.group.tolist() == [1, 2, 1, 0]
    assert samples.given is not None
    assert samples.given.tolist() == [0, 2, 1, -1]
    assert report.unmatched == (("rock", 1),)


def test_draw_of_a_series_has_dates_and_says_which_were_observed(scene: Scene) -> None:
    plan = replace(plan_of(scene), form="series", start="2021-01-01", end="2021-03-02")
    names = stack_names(plan)

    @with_connection
    def stack(connection: Connection) -> object:
        image = ee.Image(scene.image).unmask(0)
        seen = ee.Image(scene.image).mask().reduce(ee.Reducer.min())
        both = ee.Image.cat(image, image.multiply(2), seen, ee.Image.constant(1))
        return to_expression(both.rename(list(names)).toFloat().updateMask(ee.Image.constant(1)))

    samples, _ = sampling.draw(
        scene.earth,
        stack(scene.earth),  # type: ignore[arg-type]
        label_map(scene),
        plan=SamplingPlan(per_class=20_000),
        imagery=plan,
        legend=MAP_LEGEND,
        aoi=scene.aoi,
    )

    assert (samples.form, samples.steps) == ("series", ("2021-01-01", "2021-01-31"))
    assert samples.predictors.shape[1:] == (2, 3)
    assert samples.valid is not None
    assert samples.valid[:, 1].all()
    assert 0 < (~samples.valid[:, 0]).sum() < len(samples)
    assert np.array_equal(samples.predictors[:, 1], 2 * samples.predictors[:, 0])


def test_draw_when_nothing_is_pure_says_so(scene: Scene) -> None:
    plan = LabelPlan(
        kind="drawn",
        drawn=tuple(
            DrawnLabel(value, json.dumps({"type": "Polygon", "coordinates": [ring]}))
            for value, ring in (
                (5, [lonlat_of(at) for at in ((1, 1), (2, 1), (2, 2), (1, 2), (1, 1))]),
                (7, [lonlat_of(at) for at in ((5, 5), (6, 5), (6, 6), (5, 6), (5, 5))]),
            )
        ),
    )

    with pytest.raises(SampleError, match="eight neighbours of its class") as caught:
        draw(scene, plan, None, pure=True)
    assert caught.value.field == "pure"


def test_draw_when_a_drawing_cannot_be_read_says_so(scene: Scene) -> None:
    plan = LabelPlan(kind="drawn", drawn=(DrawnLabel(5, '{"type": "Blob"}'),))

    with pytest.raises(LabelError, match="geometry that cannot be read"):
        draw(scene, plan, MAP_LEGEND_OF_FIVE)


MAP_LEGEND_OF_FIVE = Legend.from_values([5, 7], ["five", "seven"])
