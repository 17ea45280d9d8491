"""Labels drawn with the mouse: an area, polygons of two classes, samples of what lies in them."""

import re

from playwright.sync_api import Browser, expect

from benchmarks.app import running_app
from tests.e2e.hands import (
    SLOW_MS,
    choose,
    draw_polygon,
    draw_rectangle,
    fill,
    go_on_to,
    ground,
    metric,
    press,
    see,
    see_below,
    visitor,
)

WOODS, FIELDS = "#006400", "#f096ff"


def test_polygons_of_two_classes_are_drawn_in_their_colours_and_sampled(chromium: Browser) -> None:
    with running_app() as app:
        page = visitor(chromium, app, "imagery")
        press(page, "Take the demo's area")
        see_below(page, "The imagery is on the map.")
        draw_rectangle(page, (380, 180), (520, 320))
        go_on_to(page, "Samples")
        choose(page, "Labels from", "Drawn here")
        see(page, "Nothing is drawn yet.")
        draw_rectangle(page, (430, 220), (470, 260))
        see(page, re.compile("Draw labels of another class too"))
        choose(page, "Class to draw", re.compile("Cropland"))
        see(page, "What you draw is “Cropland”.")
        draw_polygon(page, [(400, 280), (450, 280), (450, 310), (410, 310)])

        see(page, "What you draw is “Cropland”.")
        for color in (WOODS, FIELDS):
            shape = ground(page).locator(f"path[stroke='{color}'][stroke-opacity='1']")
            expect(shape.first).to_be_visible(timeout=SLOW_MS)
        choose(page, "Split", re.compile("^At random$"))
        fill(page, "Samples in each class", "20")
        see_below(page, re.compile("Draw up to 220 samples"))
        press(page, "Draw samples")
        see_below(page, re.compile(r"\d samples in"))
        assert metric(page, "Samples") == "40"
