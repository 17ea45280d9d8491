"""The imagery page, control by control, on the simulated planet."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lib.core.aoi import Aoi
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.workflow import samples
from lib.workflow.project import Workspace, new_workspace, open_workspace
from tests.pages.shown import SHELL, TIMEOUT_S, button, words

S1 = "COPERNICUS/S1_GRD"
L8 = "LANDSAT/LC08/C02/T1_L2"
AREA = Aoi.from_bounds(12.400, 47.850, 12.404, 47.853)
PLAN = ImageryPlan(start="2021-06-01", end="2021-07-15")
RING = [[12.40, 47.80], [12.41, 47.80], [12.41, 47.81], [12.40, 47.81], [12.40, 47.80]]
# The same corners, joined so that two edges cross.
CROSSED = [RING[0], RING[2], RING[1], RING[3], RING[0]]


@pytest.fixture
def workspace() -> Workspace:
    """A saved project without an area, so that nothing is drawn."""
    made = new_workspace()
    made.change(imagery=PLAN)
    return made


@pytest.fixture
def with_area(workspace) -> Workspace:
    """The same with a small area."""
    workspace.change(aoi=AREA)
    return workspace


def opened(workspace: Workspace, **controls: object) -> AppTest:
    """Open the page with some of its sections, tabs and panels open.

    Args:
        workspace: Whose page.
        controls: Values by the keys of controls, without what makes them the project's.
    """
    app = AppTest.from_file(str(SHELL), default_timeout=TIMEOUT_S)
    app.query_params["project"] = workspace.id
    for name, value in controls.items():
        key = f"{name.replace('_', '-')}-{workspace.id[:8]}"
        app.session_state[key if name.startswith("section") else f"{key}-0"] = value
    app.switch_page("../../pages/imagery.py").run()
    assert not app.exception
    return app


def labelled(items, label: str):
    """Return the one control with a label."""
    found = [item for item in items if item.label == label]
    assert len(found) == 1, [item.label for item in items]
    return found[0]


def plan_of(workspace: Workspace) -> ImageryPlan:
    """The plan as it was saved."""
    return open_workspace(workspace.id).project.imagery


def read(items) -> str:
    """The text of elements as people read it."""
    return "\n".join(item.value for item in items).replace("\\", "")


def errors(app: AppTest) -> str:
    return read(app.error)


def notes(app: AppTest) -> str:
    return read(app.info)


def captions(app: AppTest) -> str:
    return read(app.caption)


def upload(app: AppTest, name: str, content: object) -> None:
    """Give the area's control a GeoJSON file, and use it."""
    control = labelled(app.get("file_uploader"), "Vector file")
    control.upload(name, json.dumps(content).encode(), "application/json").run()
    button(app, "Use this file").click().run()


def test_typed_bounds_become_the_area(workspace):
    app = opened(workspace)
    for name, value in (("West", 12.40), ("South", 47.85), ("East", 12.404), ("North", 47.853)):
        labelled(app.number_input, name).set_value(value)

    button(app, "Use these bounds").click().run()

    assert open_workspace(workspace.id).project.aoi == AREA


def test_uploaded_polygons_become_the_area(workspace):
    app = opened(workspace)

    upload(app, "field.geojson", {"type": "Polygon", "coordinates": [RING]})

    aoi = open_workspace(workspace.id).project.aoi
    assert aoi is not None
    assert aoi.bounds == (12.40, 47.80, 12.41, 47.81)


def test_outline_that_crosses_itself_is_repaired_and_told(workspace):
    app = opened(workspace)

    upload(app, "field.geojson", {"type": "Polygon", "coordinates": [CROSSED]})

    assert "1 outline crossing itself: repaired." in notes(app)
    assert open_workspace(workspace.id).project.aoi is not None


def test_file_of_another_kind_is_told_and_changes_nothing(workspace):
    app = opened(workspace)

    upload(app, "field.geojson", "no features here")

    assert "field.geojson" in errors(app)
    assert open_workspace(workspace.id).project.aoi is None


def test_table_asset_becomes_the_area(workspace):
    feature = {"type": "Feature", "properties": {"class": "a"}}
    table = feature | {"geometry": {"type": "Polygon", "coordinates": [RING]}}
    text = json.dumps({"type": "FeatureCollection", "features": [table]})
    asset = samples.import_features(workspace, "fields.geojson", text.encode())
    app = opened(workspace)

    labelled(app.text_input, "Earth Engine id").set_value(asset)
    button(app, "Use this asset").click().run()

    aoi = open_workspace(workspace.id).project.aoi
    assert aoi is not None
    assert aoi.bounds == pytest.approx((12.40, 47.80, 12.41, 47.81), abs=1e-6)


def test_asset_that_is_not_there_is_told(workspace):
    app = opened(workspace)

    labelled(app.text_input, "Earth Engine id").set_value("projects/local/assets/nothing")
    button(app, "Use this asset").click().run()

    assert "projects/local/assets/nothing" in errors(app)


def test_area_is_shown_in_hectares_and_pixels_beside_the_limit(with_area):
    app = opened(with_area)

    shown = {item.label: item.value for item in app.metric}
    # 0.004 by 0.003 degrees at 47.85 north: 299 m by 334 m.
    assert shown["Area"] == "10 ha"
    assert 0 < int(shown["Pixels"].replace(",", "")) < 2_000
    assert "of the limit of 4,000,000 pixels" in captions(app)


def test_area_of_two_parts_turns_several_polygons_on(workspace):
    two = {"type": "MultiPolygon", "coordinates": [[RING], [[[x + 0.1, y] for x, y in RING]]]}
    workspace.change(aoi=Aoi(two))

    assert labelled(opened(workspace).toggle, "Several polygons").value is True


def test_id_that_local_earth_lacks_is_refused_by_name_with_those_that_it_has(workspace):
    app = opened(workspace, collection="MODIS/061/MOD13Q1")

    assert "Local Earth has no data set “MODIS/061/MOD13Q1”." in errors(app)
    assert S1 in errors(app)
    assert plan_of(workspace) == PLAN


def test_other_collection_tells_what_it_leaves_out_and_keeps_the_rest(workspace):
    source = SourcePlan(S1, ("VV",))
    workspace.change(imagery=replace(PLAN, indices=("NDVI", "NDRE"), sources=(source,)))
    app = opened(workspace)

    labelled(app.selectbox, "Collection").set_value(L8).run()

    assert "NDRE" in notes(app)
    plan = plan_of(workspace)
    assert (plan.collection, plan.indices, plan.sources) == (L8, ("NDVI",), (source,))


def test_catalogue_is_searched_by_any_word_and_says_what_local_earth_lacks(workspace):
    app = opened(workspace, find_data=True)
    assert "Sentinel-1" in words(app)

    labelled(app.text_input, "Search").set_value("vegetation indices").run()

    assert "**MODIS" in words(app)
    assert "Sentinel-1" not in words(app)
    assert "Not on Local Earth" in captions(app)


def test_facts_of_the_data_set_are_at_hand(workspace):
    app = opened(workspace, about_data=True)

    assert "Contains modified Copernicus Sentinel data" in words(app)
    assert "2017-03-28 to now · 10 m" in words(app)
    table = app.dataframe[0].value
    row = table[table["Band"] == "B4"].iloc[0]
    assert (row["What"], row["Unit"], row["Pixel"]) == ("Red, 665 nm", "reflectance", "10 m")


def test_mask_is_switched_off(workspace):
    app = opened(workspace)

    labelled(app.toggle, "Mask clouds").set_value(False).run()

    assert plan_of(workspace).mask_clouds is False


def test_percentile_composite_takes_the_percentile_that_is_set(workspace):
    app = opened(workspace, section_more=True)

    labelled(app.selectbox, "Composite").set_value("percentile").run()
    labelled(app.slider, "Percentile").set_value(75).run()

    assert (plan_of(workspace).composite, plan_of(workspace).percentile) == ("percentile", 75.0)


def test_pixel_size_that_makes_the_area_too_large_is_told_and_changes_nothing(with_area):
    with_area.change(aoi=Aoi.from_bounds(12.4, 47.85, 12.43, 47.88))
    app = opened(with_area, section_more=True)

    labelled(app.number_input, "Pixel size (m)").set_value(1.0).run()

    assert "pixels of 1 m; up to 4,000,000 are mapped at once" in errors(app)
    assert plan_of(with_area).scale_m == 10.0


def test_bands_are_chosen_and_the_list_of_predictors_follows(workspace):
    app = opened(workspace, section_predictors=True, section_predictor_tabs="Bands")

    labelled(app.multiselect, "Bands").set_value(["B4", "B8"]).run()

    assert plan_of(workspace).bands == ("B4", "B8")
    assert "**4 predictors**  \nB4, B8, NDVI, NDWI" in captions(app)


def test_plan_without_a_band_is_told_and_changes_nothing(workspace):
    app = opened(workspace, section_predictors=True, section_predictor_tabs="Bands")

    labelled(app.multiselect, "Bands").set_value([]).run()

    assert "No bands are chosen." in errors(app)
    assert plan_of(workspace) == PLAN


def test_indices_are_offered_by_domain_and_those_chosen_stay(workspace):
    app = opened(workspace, section_predictors=True, section_predictor_tabs="Indices")

    labelled(app.get("button_group"), "For").set_value("burn").run()
    indices = labelled(app.multiselect, "Indices")
    assert any(option.startswith("BAI · ") for option in indices.options)
    indices.set_value(["NDVI", "NDWI", "BAI"]).run()

    assert plan_of(workspace).indices == ("NDVI", "NDWI", "BAI")


def test_formula_is_checked_as_it_is_typed_and_added(workspace):
    app = opened(workspace, section_predictors=True, section_predictor_tabs="Formulas")
    labelled(app.text_input, "Name").set_value("ratio")
    labelled(app.text_input, "Formula").set_value("B8 / (B4").run()
    assert "ends before it is complete" in errors(app)
    assert button(app, "Add the formula").disabled

    labelled(app.text_input, "Formula").set_value("B8 / (B4 + 1)").run()
    assert errors(app) == ""
    button(app, "Add the formula").click().run()

    assert plan_of(workspace).formulas == (FormulaPlan("ratio", "B8 / (B4 + 1)"),)


def test_formula_is_taken_out(workspace):
    workspace.change(imagery=replace(PLAN, formulas=(FormulaPlan("ratio", "B8 / B4"),)))
    app = opened(workspace, section_predictors=True, section_predictor_tabs="Formulas")

    button(app, "Take out").click().run()

    assert plan_of(workspace).formulas == ()


def test_terrain_texture_and_harmonics_are_predictors_too(workspace):
    app = opened(workspace, section_predictors=True, section_predictor_tabs="More")

    labelled(app.get("button_group"), "Terrain").set_value(["slope"]).run()
    labelled(app.multiselect, "Texture of").set_value(["slope"]).run()
    labelled(app.number_input, "Harmonic terms (pairs a year)").set_value(1).run()

    plan = plan_of(workspace)
    assert (plan.terrain, plan.texture, plan.harmonics) == (("slope",), ("slope",), 1)
    # Eight bands and indices, three terms each; slope; its two measures.
    assert "**27 predictors**" in captions(app)


def test_data_set_is_added_with_its_bands_and_taken_out(workspace):
    app = opened(workspace, section_sources=True)

    labelled(app.selectbox, "Add a data set").set_value(S1).run()
    button(app, "Add").click().run()
    assert plan_of(workspace).sources == (SourcePlan(S1, ("VV", "VH")),)
    labelled(app.multiselect, "Its bands").set_value(["VV"]).run()
    assert plan_of(workspace).sources == (SourcePlan(S1, ("VV",)),)
    button(app, "Take out").click().run()

    assert plan_of(workspace).sources == ()


def test_data_set_without_a_band_is_told_and_changes_nothing(workspace):
    source = SourcePlan(S1, ("VV",))
    workspace.change(imagery=replace(PLAN, sources=(source,)))
    app = opened(workspace, section_sources=True)

    labelled(app.multiselect, "Its bands").set_value([]).run()

    assert "No bands of COPERNICUS/S1_GRD are chosen." in errors(app)
    assert plan_of(workspace).sources == (source,)


def test_series_of_dates_has_windows_of_the_length_that_is_set(workspace):
    app = opened(workspace, section_form=True)

    labelled(app.get("button_group"), "Form").set_value("series").run()
    labelled(app.number_input, "Days in a window").set_value(15).run()
    labelled(app.toggle, "Fill gaps").set_value(False).run()

    plan = plan_of(workspace)
    assert (plan.form, plan.window_days, plan.fill_gaps) == ("series", 15, False)
    # 44 days from 1 June to 15 July.
    assert "3 windows, from 2021-06-01 to 2021-07-15." in captions(app)


def test_patch_of_an_even_side_is_told_and_an_odd_one_is_taken(workspace):
    app = opened(workspace, section_form=True)
    labelled(app.get("button_group"), "Form").set_value("patch").run()

    labelled(app.number_input, "Side of a patch (pixels)").set_value(8).run()
    assert "A patch of 8 pixels has no centre." in errors(app)
    labelled(app.number_input, "Side of a patch (pixels)").set_value(5).run()
    labelled(app.get("button_group"), "A label for").set_value(True).run()

    plan = plan_of(workspace)
    assert (plan.form, plan.patch_size, plan.dense) == ("patch", 5, True)


def test_form_that_cannot_have_harmonic_terms_leaves_them_out_and_says_so(workspace):
    workspace.change(imagery=replace(PLAN, harmonics=2))
    app = opened(workspace, section_form=True)

    labelled(app.get("button_group"), "Form").set_value("patch").run()

    assert "Harmonic terms are left out" in notes(app)
    assert (plan_of(workspace).form, plan_of(workspace).harmonics) == ("patch", 0)


def test_scenes_are_listed_in_their_tab(with_area):
    table = opened(with_area, section_looks="Scenes").dataframe[0].value

    assert list(table.columns) == ["Day", "Clouds", "Data set", "Scene"]
    assert len(table) > 3
    assert table["Day"].between("2021-06-01", "2021-07-14").all()


def test_clear_months_are_drawn_in_their_tab(with_area):
    assert len(opened(with_area, section_looks="Clear months").get("vega_lite_chart")) == 1


def test_cost_is_one_sentence_in_its_tab(with_area):
    assert "All predictors of the area: " in read(opened(with_area, section_looks="Cost").markdown)


def test_point_is_asked_for_until_the_map_was_clicked(with_area):
    assert "Click on the map." in words(opened(with_area, section_looks="At a point"))


def test_point_that_was_clicked_shows_its_spectrum_and_its_course(with_area, monkeypatch):
    lon, lat = AREA.centre
    answer = {"all_drawings": None, "last_clicked": {"lat": lat, "lng": lon}}
    monkeypatch.setattr("lib.ui.maps.st_folium", lambda *_, **__: answer)

    app = opened(with_area, section_looks="At a point")

    assert len(app.get("vega_lite_chart")) == 2
    assert f"The pixel at {lat:.5f}, {lon:.5f}" in captions(app)
    assert open_workspace(with_area.id).project.aoi == AREA


def test_two_drawings_become_one_area_of_two_parts(with_area, monkeypatch):
    ring = [[12.41, 47.850], [12.412, 47.850], [12.412, 47.852], [12.41, 47.852], [12.41, 47.850]]
    shapes = [AREA.geometry, {"type": "Polygon", "coordinates": [ring]}]
    answer = {"all_drawings": [{"type": "Feature", "geometry": shape} for shape in shapes]}
    monkeypatch.setattr("lib.ui.maps.st_folium", lambda *_, **__: answer)

    opened(with_area)

    aoi = open_workspace(with_area.id).project.aoi
    assert aoi is not None
    assert aoi.geometry["type"] == "MultiPolygon"
    assert aoi.bounds == pytest.approx((12.400, 47.850, 12.412, 47.853))


def test_area_that_the_browser_tells_again_rounded_stays_as_it_was(with_area, monkeypatch):
    exact = Aoi.from_bounds(12.40000004, 47.85000004, 12.40400004, 47.85300004)
    with_area.change(aoi=exact)
    answer = {"all_drawings": [{"type": "Feature", "geometry": AREA.geometry}]}
    monkeypatch.setattr("lib.ui.maps.st_folium", lambda *_, **__: answer)

    opened(with_area)

    assert open_workspace(with_area.id).project.aoi == exact


def test_drawings_that_are_all_removed_take_the_area_away(with_area, monkeypatch):
    monkeypatch.setattr("lib.ui.maps.st_folium", lambda *_, **__: {"all_drawings": []})

    opened(with_area)

    assert open_workspace(with_area.id).project.aoi is None
