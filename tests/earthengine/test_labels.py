import pytest

from lib.core.errors import LabelError
from lib.core.imagery_plan import ImageryPlan
from lib.core.plan import LabelPlan
from lib.earthengine import imagery, labels
from lib.earthengine.connection import local
from tests.earthengine.scene import BANDS, Scene


def table(scene: Scene, column: str) -> LabelPlan:
    return LabelPlan(kind="features", source=scene.polygons, band="", class_property=column)


def test_legend_of_words_numbers_them_in_sorted_order(scene: Scene) -> None:
    legend = labels.default_legend(scene.earth, table(scene, "cover"))

    assert legend.names == ("field", "water", "wood")
    assert legend.values == (1, 2, 3)


def test_legend_of_numbers_keeps_them(scene: Scene) -> None:
    legend = labels.default_legend(scene.earth, table(scene, "code"))

    assert legend.values == (4, 5)  # the lengths of the words


def test_legend_of_an_own_map_has_the_codes_that_occur(scene: Scene) -> None:
    plan = LabelPlan(kind="map", source=scene.label_map, band="label")

    assert labels.default_legend(scene.earth, plan).values == (10, 20, 30)


def test_legend_of_a_known_map_is_the_published_one() -> None:
    legend = labels.default_legend(local(), LabelPlan())

    assert legend.values == (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
    assert legend.colors[0] == "#006400"


def test_class_column_that_is_not_there_is_told_with_those_there_are(scene: Scene) -> None:
    with pytest.raises(LabelError, match="a column “kind”") as caught:
        labels.default_legend(scene.earth, table(scene, "kind"))
    assert caught.value.field == "class_property"
    assert "cover" in caught.value.message


def test_class_counts_count_features(scene: Scene) -> None:
    counts = labels.class_counts(scene.earth, scene.polygons, "cover")

    assert counts == {"wood": 2, "water": 1, "field": 1}


def test_class_columns_are_those_of_the_file(scene: Scene) -> None:
    assert set(labels.class_columns(scene.earth, scene.polygons)) == {"code", "cover"}


def test_mixing_the_planet_with_own_labels_is_refused(scene: Scene) -> None:
    with pytest.raises(LabelError, match="the planet is not the Earth"):
        imagery.refuse_mixing(scene.earth, ImageryPlan(), table(scene, "cover"))


@pytest.mark.parametrize(
    ("simulated", "own", "words"),
    [(False, False, "are of the Earth and the imagery is simulated"),
     (True, True, "are of the simulated planet and the imagery is yours")],
)  # fmt: skip
def test_table_of_another_world_than_the_imagery_is_not_mapped(scene, simulated, own, words):
    plan = ImageryPlan(collection=scene.image, start="", end="", bands=BANDS, indices=())

    with pytest.raises(LabelError, match=words):
        imagery.refuse_table(scene.earth, plan if own else ImageryPlan(), simulated=simulated)
    imagery.refuse_table(scene.earth, ImageryPlan() if own else plan, simulated=simulated)


def test_own_imagery_with_own_labels_is_not_refused(scene: Scene) -> None:
    plan = ImageryPlan(collection=scene.image, start="", end="", bands=BANDS, indices=())
    own = imagery.predictors(scene.earth, plan, scene.aoi)

    imagery.refuse_mixing(scene.earth, plan, table(scene, "cover"))
    assert not imagery.is_simulated(scene.earth, own)
