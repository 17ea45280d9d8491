"""The whole walk in a browser, from a cold server's deep link to the map and its pixels."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from playwright.sync_api import Browser, Page, expect

from benchmarks.app import App, running_app
from tests.e2e.hands import (
    SLOW_MS,
    all_tiles_are_loaded,
    collection,
    colors_of,
    draw_rectangle,
    fill,
    go_on_to,
    ground,
    keep_picture,
    metric,
    press,
    see,
    see_below,
    see_error,
    upload,
    visitor,
)

EPOCH = re.compile(r"Epoch (\d+) of 300")
LINE = [[8.55, 47.30], [8.60, 47.33]]


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with running_app() as found:
        yield found


def test_walk_from_a_cold_deep_link_to_a_map_whose_tiles_have_the_colours_of_the_legend(
    chromium: Browser,
) -> None:
    with running_app() as app:
        page = visitor(chromium, app, "train")
        choose_area(page)
        draw_samples(page)
        train_with_a_reload_and_cancel(page)
        go_on_to(page, "Deploy")
        press(page, "Deploy and check")
        see(page, "Both forms agree. The network may be put on the map.")
        look_at_the_map(page)
        second_visitor_sees_nothing_of_it(chromium, app, page)


def choose_area(page: Page) -> None:
    """Arrive where nothing is yet, follow the page's own button, and draw an area."""
    see(page, "No area is chosen yet.")
    page.get_by_role("link", name="Loam").click()
    see(page, "Teach a network to read the land")
    page.go_back()
    press(page, "Go to Imagery")
    press(page, "Take the demo's area")
    see_below(page, "The imagery is on the map.")
    all_tiles_are_loaded(page)
    before = metric(page, "Area")
    draw_rectangle(page, (380, 200), (560, 380))
    expect(page.get_by_text(before, exact=True)).to_have_count(0, timeout=SLOW_MS)
    see_below(page, "The imagery is on the map.")
    all_tiles_are_loaded(page)


def draw_samples(page: Page) -> None:
    """Draw samples with fewer of each class than the page proposes."""
    go_on_to(page, "Samples")
    fill(page, "Samples in each class", "150")
    see_below(page, re.compile("Draw up to 1,650 samples"))
    press(page, "Draw samples")
    see_below(page, re.compile(r"\d samples in"))
    assert int(metric(page, "Training").replace(",", "")) > 0
    all_tiles_are_loaded(page)


def train_with_a_reload_and_cancel(page: Page) -> None:
    """See training move, reload in the middle of it, and cancel: the best epoch is kept."""
    go_on_to(page, "Train")
    page.get_by_text("More", exact=True).click()
    fill(page, "Batch size", "2")
    fill(page, "Patience", "500")
    fill(page, "Epochs", "300")
    see_below(page, re.compile("up to 300 epochs"))
    press(page, "Train")
    first = epoch_after(page, 0)
    second = epoch_after(page, first)
    page.reload()
    assert epoch_after(page, second) > second
    press(page, "Cancel")
    see_below(page, re.compile(r"Training cancelled after \d+ epochs .* the weights of epoch \d+"))
    see(page, "Overall agreement")


def epoch_after(page: Page, epoch: int) -> int:
    """Wait until training has come further than an epoch, and return how far."""
    page.wait_for_function(
        """epoch => {
            const found = /Epoch (\\d+) of 300/.exec(document.body.innerText);
            return found && Number(found[1]) > epoch;
        }""",
        arg=epoch,
    )
    found = EPOCH.search(page.locator("body").inner_text())
    assert found is not None
    return int(found[1])


def look_at_the_map(page: Page) -> None:
    """Put the classes on the map; tiles show nothing but colours of the legend."""
    go_on_to(page, "Results")
    press(page, "Put it on the map")
    see_below(page, "The walk is finished.")
    all_tiles_are_loaded(page)
    legend = set(
        page.locator(".loam-legend i").evaluate_all(
            """marks => marks.map(mark => "#" + getComputedStyle(mark).backgroundColor
                .match(/\\d+/g).map(v => Number(v).toString(16).padStart(2, "0")).join(""))"""
        )
    )
    tiles = [seen for seen in colors_of(page, "img.leaflet-tile-loaded") if seen]
    classes = [seen for seen in tiles if set(seen) <= legend]
    assert len(set().union(*classes)) >= 3
    assert sum(sum(seen.values()) for seen in classes) > 10_000


def second_visitor_sees_nothing_of_it(chromium: Browser, app: App, first: Page) -> None:
    """Somebody else gets a project of their own, with nothing done and no file of the first."""
    project = re.search(r"project=([0-9a-f]{32})", first.url)
    assert project is not None
    page = visitor(chromium, app, "results")
    see(page, "No area is chosen yet.")

    assert project[1] not in page.url
    for step in ("1 Imagery", "2 Samples", "3 Train", "4 Deploy"):
        expect(page.get_by_role("link", name=f"{step} not yet")).to_be_visible()


def test_finished_walk_fills_all_pages_at_once(chromium: Browser, app: App, tmp_path: Path) -> None:
    page = visitor(chromium, app)
    see(page, "Teach a network to read the land")
    expect(page.get_by_role("img").first).to_be_visible(timeout=SLOW_MS)
    keep_picture(page, "home", tmp_path)
    press(page, "Show the finished walk")
    see_below(page, "The walk is finished.")
    for number, step in enumerate(("Imagery", "Samples", "Train", "Deploy", "Results"), start=1):
        page.get_by_role("link", name=f"{number} {step}").click()
        expect(page.get_by_role("heading", name=step, exact=True)).to_be_visible(timeout=SLOW_MS)
        see_below(page, "The walk is finished." if step == "Results" else "Go on to")
        if step in ("Imagery", "Samples", "Results"):
            all_tiles_are_loaded(page)
        keep_picture(page, step.lower(), tmp_path)

        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
        expect(page.locator(".st-key-connection")).to_contain_text("Prepared")


def test_raster_of_one_visitor_is_no_choice_of_another(chromium: Browser, app: App) -> None:
    page = visitor(chromium, app, "imagery")
    page.get_by_text("Bring your own raster").click()
    upload(page, "GeoTIFF", "meadow.tif", small_raster(), "image/tiff")
    press(page, "Import and use it")
    expect(collection(page)).to_have_value(re.compile("Own raster · meadow_"), timeout=SLOW_MS)
    other = visitor(chromium, app, "imagery")
    collection(other).click()

    see(other, re.compile("Landsat 8"))
    expect(other.get_by_text(re.compile("meadow"))).to_have_count(0)


def small_raster() -> bytes:
    """A GeoTIFF of two bands on real ground."""
    with rasterio.MemoryFile() as file:
        with file.open(
            driver="GTiff",
            width=64,
            height=64,
            count=2,
            dtype="uint16",
            crs="EPSG:32632",
            transform=rasterio.Affine(10, 0, 500_000, 0, -10, 5_300_000),
        ) as raster:
            raster.write(np.arange(2 * 64 * 64, dtype=np.uint16).reshape(2, 64, 64))
        return bytes(file.read())


@pytest.mark.slow
def test_tiles_that_do_not_come_are_replaced_by_one_picture(chromium: Browser, app: App) -> None:
    page = visitor(chromium, app, "imagery")
    page.context.route("**/tiles/**", lambda route: route.abort())
    press(page, "Take the demo's area")
    see_below(page, "The imagery is on the map.")
    picture = ground(page).locator("img.loam-picture")

    expect(picture.first).to_be_visible(timeout=SLOW_MS)
    page.wait_for_function(
        """() => [...document.querySelectorAll("iframe")].some(frame =>
            [...frame.contentDocument.querySelectorAll("img.loam-picture")].some(
                image => image.complete && image.naturalWidth > 100))"""
    )
    assert any(len(seen) > 100 for seen in colors_of(page, "img.loam-picture"))


@pytest.fixture
def with_area(chromium: Browser, app: App) -> Page:
    """A page with the demo's area on it, where something could be lost."""
    page = visitor(chromium, app, "imagery")
    press(page, "Take the demo's area")
    see_below(page, "The imagery is on the map.")
    return page


def test_file_without_a_polygon_is_told_beside_its_control(with_area: Page) -> None:
    area = metric(with_area, "Area")
    line = {"type": "LineString", "coordinates": LINE}
    press(with_area, "Type or upload an area")
    with_area.get_by_role("tab", name="File").click()
    upload(with_area, "Vector file", "a.json", json.dumps(line).encode(), "application/json")
    press(with_area, "Use this file")

    see_error(with_area, "[data-testid=stPopoverBody]", "no polygon, so it has no surface")
    assert metric(with_area, "Area") == area


def test_reversed_dates_are_told_beside_their_control(with_area: Page) -> None:
    scenes = metric(with_area, "Scenes")
    year = with_area.get_by_role("spinbutton", name="year, Until")
    year.press_sequentially("2019")
    with_area.keyboard.press("Escape")

    see_error(with_area, ".st-key-controls", "The dates run backwards")
    assert metric(with_area, "Scenes") == scenes
    with_area.reload()
    see_below(with_area, "The imagery is on the map.")
    assert with_area.get_by_role("spinbutton", name="year, Until").inner_text() == "2021"


def test_raster_that_is_none_is_told_beside_its_control(with_area: Page) -> None:
    area = metric(with_area, "Area")
    with_area.get_by_text("Bring your own raster").click()
    upload(with_area, "GeoTIFF", "broken.tif", b"II*\\0 this is no raster", "image/tiff")
    press(with_area, "Import and use it")

    see_error(with_area, ".st-key-controls [data-testid=stExpander]", "broken.tif")
    assert metric(with_area, "Area") == area
    expect(collection(with_area)).to_have_value("Sentinel-2 surface reflectance")


def test_project_file_of_a_newer_version_is_told_beside_its_control(with_area: Page) -> None:
    with_area.get_by_role("link", name="Loam").click()
    newer = json.dumps({"schema_version": 999, "name": "Later"}).encode()
    upload(with_area, "Open a project file", "later.json", newer, "application/json")
    press(with_area, "Open it")

    see_error(with_area, ".st-key-panel-project", "saved by a newer Loam")
    done = with_area.locator("[data-testid=stPageLink]").filter(has_text="Imagery done")
    expect(done.first).to_be_visible()
