"""First contact with a service: try each form and each assumption, and tell what came."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import ee
import numpy as np

from lib.core.errors import AppError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.deploy.check_forms import INPUT, FormCheck, band_names, column_of, form_checks
from lib.deploy.check_layers import CHECKS, LayerCheck, layer_answer
from lib.deploy.check_layers import TOLERANCE as LAYER_TOLERANCE
from lib.deploy.native.neighbours import probe
from lib.earthengine.access import Connection, post, with_connection
from lib.earthengine.answers import rows_of, value_of
from lib.earthengine.connection import verify
from lib.earthengine.graphs import projection_of, to_expression
from lib.earthengine.pixels import fetch

TOLERANCE = 1e-6
# Four by four pixels of 10 m in UTM zone 33 north; a corner that is no multiple of the scale.
GRID = Grid("EPSG:32633", (10.0, 0.0, 300_003.0, 0.0, -10.0, 5_300_007.0), (4, 4))

Outcome = tuple[str, str, bool]


@dataclass(frozen=True)
class CheckRow:
    """One thing that was tried.

    Attributes:
        name: What.
        expected: What should come.
        came: What came, or the error.
        seconds: How long it took.
        passed: Whether the two agree.
    """

    name: str
    expected: str
    came: str
    seconds: float
    passed: bool


@with_connection
def run_checks(
    connection: Connection, *, on_row: Callable[[CheckRow], None] | None = None
) -> tuple[CheckRow, ...]:
    """Try everything, one after the other.

    Args:
        connection: Service to try.
        on_row: Called with each row as it comes.
    """
    rows = []
    for name, run in _checks():
        row = _timed(name, run, connection)
        if on_row:
            on_row(row)
        rows.append(row)
    return tuple(rows)


def _checks() -> list[tuple[str, Callable[[Connection], Outcome]]]:
    service: list[tuple[str, Callable[[Connection], Outcome]]] = [
        ("sign in", _sign_in),
        ("pixel centres", _pixel_centres),
        ("masked pixels are 0", _masked_is_zero),
        ("one masked band masks the array", _array_mask),
        ("pages of a table", _pages),
        ("samples lie on pixel centres", _sample_places),
        ("pixels of a polygon", _polygon_pixels),
        ("pixels of many points in one feature", _multipoint_pixels),
        ("cloud score by scene", _cloud_score),
        ("random forest in a request", _forest),
        ("map and tile", _tile),
        ("direction of neighbours", _neighbours),
    ]
    forms = [(f"form: {check.form}", _form_run(check)) for check in form_checks()]
    layers = [(f"layer: {name}", _layer_run(check)) for name, check in CHECKS.items()]
    return [*service, *forms, *layers]


def _timed(name: str, run: Callable[[Connection], Outcome], connection: Connection) -> CheckRow:
    started = time.monotonic()
    try:
        expected, came, passed = run(connection)
    except (AppError, ee.EEException) as error:
        expected, came, passed = "an answer", str(error), False
    return CheckRow(name, expected, came, time.monotonic() - started, passed)


def _form_run(check: FormCheck) -> Callable[[Connection], Outcome]:
    def run(connection: Connection) -> Outcome:
        image = to_expression(check.write(column_of(INPUT)).toDouble())
        return _compared(connection, image, check.expected)

    return run


def _layer_run(check: LayerCheck) -> Callable[[Connection], Outcome]:
    def run(connection: Connection) -> Outcome:
        expected, came = layer_answer(connection, check, GRID)
        away = float(np.abs(expected - came).max())
        return f"within {LAYER_TOLERANCE:g}", f"{away:.1e}", away <= LAYER_TOLERANCE

    return run


def _neighbours(connection: Connection) -> Outcome:
    """Whatever the directions are, the compiler keeps to them; they must be two."""
    found = probe(connection, GRID)
    came = f"_1_0 is {found.first} and _0_1 {found.second} rows down and columns right"
    return "two directions", came, True


def _compared(connection: Connection, image: Expression, expected: tuple[float, ...]) -> Outcome:
    names = band_names(len(expected))
    values, valid = fetch(connection, image, GRID, names, dtype=np.float64)
    came = values[0, 0]
    passed = bool(valid.all()) and np.allclose(came, expected, rtol=TOLERANCE, atol=TOLERANCE)
    return _numbers(expected), _numbers(came), passed


def _numbers(values: object) -> str:
    return " ".join(f"{value:.6g}" for value in np.asarray(values, np.float64).ravel())


def _sign_in(connection: Connection) -> Outcome:
    verify(connection)
    return "an answer", "an answer", True


def _pixel_centres(connection: Connection) -> Outcome:
    """The grid's translation is the corner of the upper left pixel, rows run south."""
    image = to_expression(ee.Image.pixelLonLat())
    values, _ = fetch(connection, image, GRID, ["longitude", "latitude"], dtype=np.float64)
    lon, lat = GRID.lonlat([0, 3], [0, 3])
    expected = np.array([lon[0], lat[0], lon[1], lat[1]])
    came = np.concatenate([values[0, 0], values[3, 3]])
    return _numbers(expected), _numbers(came), bool(np.allclose(came, expected, atol=1e-7))


def _masked_is_zero(connection: Connection) -> Outcome:
    image = ee.Image.constant(7).updateMask(ee.Image.constant(0)).rename("v0")
    values, valid = fetch(connection, to_expression(image), GRID, ["v0"])
    came = f"{values[0, 0, 0]:g}, {'valid' if valid.any() else 'masked'}"
    return "0, masked", came, came == "0, masked"


def _array_mask(connection: Connection) -> Outcome:
    bands = ee.Image.constant([1, 2]).toFloat()
    half = bands.updateMask(ee.Image.constant([1, 0]))
    image = half.toArray().arrayFlatten([band_names(2)])
    _, valid = fetch(connection, to_expression(image), GRID, band_names(2))
    came = "valid" if valid.any() else "masked"
    return "masked", came, came == "masked"


def _pages(connection: Connection) -> Outcome:
    """A table of five rows in pages of two, each row once."""

    @with_connection
    def places(_: Connection) -> list[float]:
        features = [ee.Feature(None, {"place": place}) for place in range(5)]
        rows = rows_of(ee.FeatureCollection(features))
        return sorted(row["properties"]["place"] for row in rows)

    came = places(replace(connection, can=replace(connection.can, table_page=2)))
    return "0 1 2 3 4", _numbers(came), came == [0, 1, 2, 3, 4]


def _sample_places(_: Connection) -> Outcome:
    """Coordinates of samples equal what the pixel says of its own centre."""
    image = ee.Image.pixelLonLat().addBands(ee.Image.constant(1).toByte().rename("k"))
    rows = rows_of(
        image.stratifiedSample(
            numPoints=3,
            classBand="k",
            region=_rectangle(),
            projection=projection_of(GRID),
            seed=0,
            geometries=True,
        )
    )
    away = [
        abs(row["geometry"]["coordinates"][axis] - row["properties"][name])
        for row in rows
        for axis, name in enumerate(("longitude", "latitude"))
    ]
    came = f"{len(rows)} samples, {max(away, default=1):.0e} degrees away"
    return "3 samples, 0 degrees away", came, len(rows) == 3 and max(away) < 1e-9


def _polygon_pixels(_: Connection) -> Outcome:
    """A polygon has the pixels whose centre lies in it: 2 x 3 of this grid."""
    t = GRID.transform
    west, north = t[2] + 4.0, t[5] - 4.0
    region = ee.Geometry.Rectangle([west, north - 28.0, west + 18.0, north], GRID.crs, False)
    rows = rows_of(
        ee.Image.constant(1)
        .rename("one")
        .sampleRegions(
            collection=ee.FeatureCollection([ee.Feature(region, {"id": 1})]),
            projection=projection_of(GRID),
            geometries=True,
        )
    )
    return "6 pixels", f"{len(rows)} pixels", len(rows) == 6


def _multipoint_pixels(_: Connection) -> Outcome:
    """Each point of a MultiPoint gives a row at its pixel's centre; samples are read so."""
    row, col = np.array([0, 1, 3]), np.array([0, 2, 3])
    lon, lat = GRID.lonlat(row, col)
    points = ee.Geometry.MultiPoint(np.column_stack([lon, lat]).tolist())
    rows = rows_of(
        ee.Image.pixelLonLat().sampleRegions(
            collection=ee.FeatureCollection([ee.Feature(points)]),
            properties=[],
            projection=projection_of(GRID),
            geometries=True,
        )
    )
    found = np.array([row["geometry"]["coordinates"] for row in rows]).reshape(-1, 2)
    at = sorted(zip(*(axis.tolist() for axis in GRID.rowcol(*found.T)), strict=True))
    came = "pixels " + " ".join(f"{row},{col}" for row, col in at)
    return "pixels 0,0 1,2 3,3", came, came == "pixels 0,0 1,2 3,3"


def _cloud_score(_: Connection) -> Outcome:
    scenes = ee.ImageCollection("COPERNICUS/S2_SR_HARMONIZED").filterBounds(_rectangle())
    scores = ee.ImageCollection("GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED")
    near = scores.filterBounds(_rectangle())
    dates = ("2024-06-01", "2024-07-01")
    linked = scenes.filterDate(*dates).linkCollection(near.filterDate(*dates), ["cs_cdf"])
    names = value_of(linked.first().bandNames())
    came = "band cs_cdf" if "cs_cdf" in names else f"bands {' '.join(names)}"
    return "band cs_cdf", came, "cs_cdf" in names


def _forest(connection: Connection) -> Outcome:
    features = [
        ee.Feature(None, {"v": float(value), "class_index": int(value >= 5)})
        for value in range(10)
        for _ in range(5)
    ]
    forest = ee.Classifier.smileRandomForest(numberOfTrees=10, seed=0)
    trained = forest.train(ee.FeatureCollection(features), "class_index", ["v"])
    asked = ee.Image.constant([1.0]).rename("v").classify(trained).rename("v0")
    other = ee.Image.constant([8.0]).rename("v").classify(trained).rename("v1")
    return _compared(connection, to_expression(asked.addBands(other)), (0.0, 1.0))


def _tile(connection: Connection) -> Outcome:
    image = ee.Image.constant(1).visualize(min=0, max=1, palette=["000000", "ff0000"])
    body = {"expression": to_expression(image).graph, "fileFormat": "PNG"}
    name = json.loads(post("maps?fields=name", body))["name"]
    answer = connection.door.send(f"/v1/{name}/tiles/3/4/2", method="GET", body=None, headers={})
    kind = answer.headers.get("content-type", "")
    return "200 image/png", f"{answer.status} {kind}", (answer.status, kind) == (200, "image/png")


def _rectangle() -> ee.Geometry:
    """The area of the grid, by the centres of its corner pixels."""
    lon, lat = GRID.lonlat([0, 3], [0, 3])
    bounds = [float(lon[0]), float(lat[1]), float(lon[1]), float(lat[0])]
    region: ee.Geometry = ee.Geometry.Rectangle(bounds, "EPSG:4326", False)
    return region
