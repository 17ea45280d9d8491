"""Drawing on the map in a browser: several polygons, edited after coming back, and clicks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.app import App, running_app
from tests.e2e.hands import (
    MAP,
    SLOW_MS,
    all_tiles_are_loaded,
    draw_rectangle,
    go_on_to,
    ground,
    metric,
    press,
    see,
    see_below,
    visitor,
)

SHAPES = "path.leaflet-interactive"


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with running_app() as found:
        yield found


@pytest.mark.slow
def test_polygons_are_added_found_again_and_removed_one_by_one(chromium: Browser, app: App) -> None:
    page = visitor(chromium, app, "imagery")
    press(page, "Take the demo's area")
    see_below(page, "The imagery is on the map.")
    alone = metric(page, "Area")
    page.get_by_text("Several polygons").click()
    draw_rectangle(page, (60, 60), (160, 200))
    becomes_another(page, alone)
    both = metric(page, "Area")

    go_on_to(page, "Samples")
    page.get_by_role("link", name=re.compile("1 Imagery")).click()
    see_below(page, "The imagery is on the map.")
    expect(ground(page).locator(SHAPES)).to_have_count(2)
    assert metric(page, "Area") == both
    remove_smallest(page)

    becomes_another(page, both)
    assert metric(page, "Area") == alone


@pytest.mark.slow
def test_click_on_the_area_reads_a_pixel_and_leaves_the_area_as_it_is(
    chromium: Browser, app: App
) -> None:
    page = visitor(chromium, app, "imagery")
    press(page, "Take the demo's area")
    see_below(page, "The imagery is on the map.")
    area = metric(page, "Pixels")
    page.get_by_role("tab", name="At a point").click()
    see(page, "Click on the map.")
    click_in_the_middle(page)

    see(page, "The pixel at")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2, timeout=SLOW_MS)
    expect(ground(page).locator("path.loam-point")).to_have_count(1)
    page.get_by_role("tab", name="Figures").click()
    see(page, "of the limit of")
    assert metric(page, "Pixels") == area


def becomes_another(page: Page, area: str) -> None:
    """Wait until the area's size is another, and the page is at rest."""
    shown = page.get_by_test_id("stMetric").filter(has_text="Area")
    expect(shown).not_to_contain_text(area, timeout=SLOW_MS)
    see_below(page, "The imagery is on the map.")


def remove_smallest(page: Page) -> None:
    """Remove the smaller of two polygons with the map's own tool."""
    all_tiles_are_loaded(page)
    inside = ground(page)
    inside.locator(".leaflet-draw-edit-remove").click()
    boxes = [shape.bounding_box() for shape in inside.locator(SHAPES).all()]
    sizes = [box["width"] * box["height"] for box in boxes if box]
    inside.locator(SHAPES).nth(sizes.index(min(sizes))).click()
    expect(inside.locator(SHAPES)).to_have_count(1)
    inside.get_by_text("Save", exact=True).click()


def click_in_the_middle(page: Page) -> None:
    """Click into the middle of the map."""
    page.locator(MAP).scroll_into_view_if_needed()
    box = page.locator(MAP).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
