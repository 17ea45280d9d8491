"""Maps: nothing from a network, nothing that a person wrote is run, latitude first."""

import json
import re

import folium
import pytest
from streamlit_folium import _get_feature_group_string, _get_header, _get_map_string

from lib.core.layer import MapLayer
from lib.ui import mapparts
from lib.ui.look import STATIC

EVIL = "<img src=x onerror=alert(1)>"
AREA = {"type": "Polygon", "coordinates": [[[12, 47], [13, 47], [13, 48], [12, 48], [12, 47]]]}
HOLE = [[12.2, 47.2], [12.4, 47.2], [12.4, 47.4], [12.2, 47.2]]


def rendered(*parts, draw=False):
    """Return everything that the component sends to the browser for a map with these parts."""
    built = mapparts.LoamMap(location=[47.5, 12.5], zoom_start=9, tiles=None)
    if draw:
        group = mapparts.editable(AREA)
        group.add_to(built)
        mapparts.AreaDraw(group).add_to(built)
    group = folium.FeatureGroup(name="layers")
    for part in parts:
        part.add_to(group)
    built.get_root().render()
    header = _get_header(built)
    script = _get_map_string(built)
    return header + script + _get_feature_group_string(group, map=built)


def layer(**changes):
    """Return a layer of the app's own tiles."""
    given = {"name": "Classes", "url": "earth/v1/projects/p/maps/m/tiles/{z}/{x}/{y}"}
    return MapLayer(**{**given, **changes})


def test_map_with_everything_on_it_asks_for_no_address_of_another_host():
    points = mapparts.Points([(12.5, 47.5, 0)], ["#006400"], 3.0)
    text = rendered(
        mapparts.tile_layer(layer(simulated=True), 1.0), mapparts.outline(AREA), points, draw=True
    )

    assert re.findall(r"https?://[^\s\"']+", text) == []


@pytest.mark.parametrize("kind", [mapparts.LoamMap, mapparts.AreaDraw])
def test_scripts_and_styles_of_a_map_are_files_that_the_app_serves(kind):
    links = [url for _, url in [*kind.default_js, *kind.default_css]]

    assert links
    for link in links:
        assert link.startswith("../../app/static/")
        assert (STATIC / link.removeprefix("../../app/static/")).is_file()


def test_styles_that_are_served_name_no_other_host():
    for style in STATIC.rglob("*.css"):
        assert re.findall(r"url\(['\"]?https?:", style.read_text()) == [], style.name


def test_name_and_attribution_of_a_layer_cannot_carry_markup():
    made = mapparts.tile_layer(layer(name=EVIL, attribution=EVIL), 1.0)

    assert made.tile_name == "&lt;img src=x onerror=alert(1)&gt;"
    assert EVIL not in rendered(made)


def test_colour_that_is_none_becomes_grey():
    points = mapparts.Points([(1.0, 2.0, 0)], ['red"});alert(1);({"'], 3.0)

    assert points.colors == ["#999999"]


def test_points_are_sent_as_latitude_longitude_and_class():
    assert mapparts.Points([(12.5, 47.25, 3)], [], 3.0).points == [[47.25, 12.5, 3]]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("earth/v1/m/tiles/{z}/{x}/{y}", "../../earth/v1/m/tiles/{z}/{x}/{y}"),
        ("https://earthengine.googleapis.com/v1/m", "https://earthengine.googleapis.com/v1/m"),
    ],
    ids=["local", "google"],
)
def test_address_of_tiles_is_reached_from_the_frame(url, expected):
    assert mapparts.served(url) == expected


def test_picture_to_fall_back_on_travels_with_its_corners():
    made = mapparts.tile_layer(
        layer(picture_url="earth/v1/p.png", picture_bounds=(12, 47, 13, 48)), 0.5
    )
    options = json.dumps(made.options)

    assert '"loam_picture": "../../earth/v1/p.png"' in options
    assert '"loam_bounds": [[47, 12], [48, 13]]' in options
    assert made.options["opacity"] == 0.5


def test_layer_without_a_picture_has_none_to_fall_back_on():
    assert "loam_picture" not in mapparts.tile_layer(layer(), 1.0).options


@pytest.mark.parametrize(
    ("geometry", "polygons"),
    [
        (None, 0),
        (AREA, 1),
        ({"type": "Polygon", "coordinates": [*AREA["coordinates"], HOLE]}, 1),
        ({"type": "MultiPolygon", "coordinates": [AREA["coordinates"], AREA["coordinates"]]}, 2),
    ],
    ids=["none", "polygon", "with a hole", "two parts"],
)
def test_area_is_loaded_into_the_drawing_tools_by_parts(geometry, polygons):
    assert len(mapparts.editable(geometry)._children) == polygons


def test_area_is_loaded_with_latitude_first():
    polygon = next(iter(mapparts.editable(AREA)._children.values()))

    assert polygon.locations[:2] == [[47.0, 12.0], [47.0, 13.0]]


@pytest.mark.parametrize("several", [True, False])
def test_map_is_told_whether_a_drawing_stands_beside_the_others(several):
    assert f"window.loamSeveral = {json.dumps(several)};" in rendered(
        mapparts.Drawings(several=several)
    )


def test_area_that_is_told_again_with_six_decimals_is_the_same_place():
    exact = {"type": "Polygon", "coordinates": [[[x + 4e-7, y] for x, y in AREA["coordinates"][0]]]}

    assert mapparts.same_place([AREA], exact)


def test_area_whose_corner_moved_by_a_metre_is_another_place():
    moved = [[12, 47], [13, 47], [13.00001, 48], [12, 48], [12, 47]]

    assert not mapparts.same_place([{"type": "Polygon", "coordinates": [moved]}], AREA)


def test_part_that_was_removed_makes_another_place():
    both = {"type": "MultiPolygon", "coordinates": [AREA["coordinates"], [HOLE]]}

    assert mapparts.same_place([AREA, {"type": "Polygon", "coordinates": [HOLE]}], both)
    assert not mapparts.same_place([AREA], both)


def test_area_that_is_loaded_is_filled_so_that_a_click_inside_finds_it():
    polygon = next(iter(mapparts.editable(AREA)._children.values()))

    assert polygon.options["fill"] is True
    assert polygon.options["fillOpacity"] == 0.04
