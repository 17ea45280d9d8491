"""What a visitor does with mouse and keyboard, and what can be seen on the map."""

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLateError

from benchmarks.app import ROOT, VIEWPORT, App

MAP = "iframe[title='streamlit_folium.st_folium']"
SLOW_MS = 120_000
UNDRAWN_CHART = "[data-testid=stVegaLiteChart]:not(:has(canvas, svg))"
LARGEST_PICTURE_BYTES = 400_000

COUNT_COLORS = """
(body, picture) => {
    const found = [];
    for (const image of body.querySelectorAll(picture)) {
        if (!image.complete || !image.naturalWidth) continue;
        const canvas = document.createElement("canvas");
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
        const brush = canvas.getContext("2d");
        brush.drawImage(image, 0, 0);
        const data = brush.getImageData(0, 0, canvas.width, canvas.height).data;
        const seen = {};
        for (let place = 0; place < data.length; place += 4) {
            if (data[place + 3] === 0) continue;
            const [r, g, b] = data.slice(place, place + 3);
            const color = "#" + [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("");
            seen[color] = (seen[color] || 0) + 1;
        }
        found.push(seen);
    }
    return found;
}
"""


def visitor(chromium: Browser, app: App, path: str = "") -> Page:
    """Open a page as a visitor who was never here before."""
    page = chromium.new_context(viewport=VIEWPORT).new_page()
    page.set_default_timeout(SLOW_MS)
    page.goto(f"{app.url}/{path}")
    return page


def ground(page: Page) -> FrameLocator:
    """Return the inside of the page's map, once one that it replaces is gone."""
    expect(page.locator(MAP)).to_have_count(1, timeout=SLOW_MS)
    return page.frame_locator(MAP)


def press(page: Page, label: str) -> None:
    """Press the button with a label."""
    page.get_by_role("button", name=label, exact=True).click()


def go_on_to(page: Page, title: str) -> None:
    """Leave for the next page, and wait until its controls are there."""
    press(page, f"Go on to {title}")
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible(timeout=SLOW_MS)


def see(page: Page, words: str | re.Pattern[str]) -> None:
    """Wait until words stand on the page."""
    expect(page.get_by_text(words).first).to_be_visible(timeout=SLOW_MS)


def see_below(page: Page, words: str | re.Pattern[str]) -> None:
    """Wait until words stand in the bar at the bottom."""
    bar = page.get_by_test_id("stBottom").get_by_text(words)
    expect(bar.first).to_be_visible(timeout=SLOW_MS)


def see_error(page: Page, place: str, words: str | re.Pattern[str]) -> None:
    """Wait until an error stands in a part of the page, and nowhere else."""
    error = page.locator(place).get_by_role("alert").filter(has_text=words)
    expect(error).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("alert")).to_have_count(1)


def fill(page: Page, label: str, value: str) -> None:
    """Type a number into a field and leave it."""
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(value)
    field.press("Enter")


def metric(page: Page, label: str) -> str:
    """Return the figure under a label."""
    shown = page.get_by_test_id("stMetric").filter(has_text=label)
    return shown.get_by_test_id("stMetricValue").inner_text()


def collection(page: Page) -> Locator:
    """Return the control that names the collection."""
    return page.get_by_role("combobox", name=re.compile("Collection"))


def upload(page: Page, label: str, name: str, data: bytes, mime: str) -> None:
    """Put a file into an upload control."""
    control = page.get_by_test_id("stFileUploader").filter(has_text=label)
    file = {"name": name, "mimeType": mime, "buffer": data}
    control.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def draw_rectangle(page: Page, corner: tuple[int, int], opposite: tuple[int, int]) -> None:
    """Draw a rectangle on the map, from corner to corner in its pixels."""
    ground(page).locator(".leaflet-draw-draw-rectangle").click()
    box = page.locator(MAP).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + corner[0], box["y"] + corner[1])
    page.mouse.down()
    page.mouse.move(box["x"] + opposite[0], box["y"] + opposite[1], steps=4)
    page.mouse.up()


def draw_polygon(page: Page, corners: Sequence[tuple[int, int]]) -> None:
    """Draw a polygon on the map, corner by corner in its pixels, and close it."""
    ground(page).locator(".leaflet-draw-draw-polygon").click()
    box = page.locator(MAP).bounding_box()
    assert box is not None
    for x, y in (*corners, corners[0]):
        page.mouse.move(box["x"] + x - 3, box["y"] + y)
        page.mouse.move(box["x"] + x, box["y"] + y, steps=3)
        page.mouse.down()
        page.mouse.up()


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    """Choose an entry of a list; a rerun that closes the open list is met by opening it again."""
    entry = page.get_by_role("option", name=option)
    for _ in range(5):
        page.get_by_role("combobox", name=re.compile(label)).click()
        try:
            entry.click(timeout=SLOW_MS / 10)
        except TooLateError:
            page.keyboard.press("Escape")
        else:
            return
    raise AssertionError(f"“{label}” has no entry {option}.")


def all_tiles_are_loaded(page: Page) -> None:
    """Wait until no tile of the map is on its way any more, or still fading in."""
    inside = ground(page)
    expect(inside.locator("img.leaflet-tile-loaded").first).to_be_visible(timeout=SLOW_MS)
    for unfinished in (":not(.leaflet-tile-loaded)", ":not([style*='opacity: 1'])"):
        tiles = inside.locator(f"img.leaflet-tile{unfinished}")
        expect(tiles).to_have_count(0, timeout=SLOW_MS)


def colors_of(page: Page, picture: str) -> list[dict[str, int]]:
    """Return, of each picture in the map, how many pixels have which colour.

    Args:
        page: A page with a map.
        picture: Selector of the pictures.
    """
    body = ground(page).locator("body")
    found: list[dict[str, int]] = body.evaluate(COUNT_COLORS, picture)
    return found


def keep_picture(page: Page, name: str, folder: Path) -> None:
    """Keep a picture of the page: under `docs/screenshots` where it is asked for."""
    for unfinished in ("[data-testid=stSkeleton]", UNDRAWN_CHART, "[data-stale=true]"):
        expect(page.locator(unfinished)).to_have_count(0, timeout=SLOW_MS)
    page.mouse.move(0, 0)
    if os.environ.get("LOAM_SCREENSHOTS") == "1":
        folder = ROOT / "docs" / "screenshots"
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    (folder / f"{name}.png").write_bytes(_small(picture, page))


def _small(picture: Image.Image, page: Page) -> bytes:
    """Write a picture as a PNG; the map gives up shades until it is small, text stays sharp."""
    data = _png(picture)
    frame = page.locator(MAP)
    box = frame.bounding_box() if frame.count() == 1 else None
    bits = 6
    while len(data) > LARGEST_PICTURE_BYTES and box is not None and bits > 2:
        left, top = int(box["x"]), int(box["y"])
        place = (left, top, left + int(box["width"]), top + int(box["height"]))
        picture.paste(ImageOps.posterize(picture.crop(place), bits), place[:2])
        data, bits = _png(picture), bits - 1
    return data


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
