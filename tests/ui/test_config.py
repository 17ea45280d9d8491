"""The theme in config.toml: its colours are the agreed ones and can be read."""

import tomllib
from pathlib import Path

import pytest

from lib.ui import look

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
THEMES = ("light", "dark")
TEXT = 4.5  # WCAG 2.2, success criterion 1.4.3
CONTROL = 3.0  # WCAG 2.2, success criterion 1.4.11


def luminance(color: str) -> float:
    """Relative luminance of "#rrggbb" as WCAG 2.2 defines it."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize(
    "name",
    [
        "textColor",
        "linkColor",
        "grayTextColor",
        "greenTextColor",
        "yellowTextColor",
        "orangeTextColor",
        "redTextColor",
        "blueTextColor",
    ],
)
def test_text_on_every_ground_passes(theme, ground, name):
    colors = CONFIG["theme"][theme]

    assert contrast(colors[name], colors[ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("hue", ["gray", "green", "yellow", "orange", "red", "blue"])
def test_text_of_messages_and_badges_on_their_own_ground_passes(theme, hue):
    colors = CONFIG["theme"][theme]

    assert contrast(colors[f"{hue}TextColor"], colors[f"{hue}BackgroundColor"]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_white_label_on_the_primary_button_passes(theme):
    assert contrast("#ffffff", CONFIG["theme"][theme]["primaryColor"]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize("name", ["primaryColor", "borderColor"])
def test_controls_stand_out_from_every_ground(theme, ground, name):
    colors = CONFIG["theme"][theme]

    assert contrast(colors[name], colors[ground]) >= CONTROL


@pytest.mark.parametrize(
    ("theme", "palette"), [("light", look.LIGHT), ("dark", look.DARK)], ids=THEMES
)
def test_palette_of_charts_is_that_of_the_theme(theme, palette):
    colors = CONFIG["theme"][theme]

    assert palette.background == colors["backgroundColor"]
    assert palette.panel == colors["secondaryBackgroundColor"]
    assert palette.text == colors["textColor"]
    assert palette.quiet == colors["grayTextColor"]
    assert palette.accent == colors["linkColor"]
    assert palette.second == colors["yellowTextColor"]


@pytest.mark.parametrize("palette", [look.LIGHT, look.DARK], ids=THEMES)
def test_curves_and_their_labels_can_be_read(palette):
    assert contrast(palette.accent, palette.background) >= TEXT
    assert contrast(palette.second, palette.background) >= TEXT


def test_every_font_is_a_file_that_the_app_serves():
    faces = CONFIG["theme"]["fontFaces"]

    assert faces
    for face in faces:
        assert face["url"].startswith("app/static/")
        assert (look.STATIC / face["url"].removeprefix("app/static/")).is_file()


def test_server_settings_are_the_careful_ones():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["maxUploadSize"] == 50
    assert CONFIG["server"]["enableStaticServing"] is True
    assert CONFIG["client"] == {"toolbarMode": "minimal", "showErrorDetails": "none"}
    assert CONFIG["runner"]["magicEnabled"] is False
    assert "headless" not in CONFIG["server"]
