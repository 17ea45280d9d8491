"""What few places of a request expect: values, regions, names of assets; and a sound grid."""

from typing import Any

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 3, 2**31, 2**63, 2**64, 10**30, -(10**30), 0.5, -0.0, 1e-320,
    1e308, -1e308, float("nan"), float("inf"), float("-inf"), "", " ", "x", "NaN", "Infinity",
    "\x00", "\ud800", "é" * 40, "x" * 5000, "../../../etc/passwd", "/etc/passwd", "[", "(a+)+$",
    "EPSG:4326", "EPSG:32633", "EPSG:32661", "EPSG:0", "EPSG:99999999", "+proj=merc", "2024-02-30",
    "mean", "%s%n", [], [[]], [None], [1, "a", None], [float("nan")] * 4, list(range(300)),
    [[1, 2], [3]], {}, {"": 0}, {"type": "Point"}, {"type": "Polygon", "coordinates": []},
    {"constantValue": None}, {"constantValue": {}}, {"valueReference": "0"}, {"valueReference": 1},
    {"argumentReference": "_MAPPING_VAR_0_0"}, {"integerValue": "9" * 400}, {"integerValue": []},
    {"bytesValue": "!"}, {"arrayValue": {}}, {"arrayValue": None}, {"dictionaryValue": []},
    {"functionInvocationValue": {}}, {"functionDefinitionValue": {"body": "0"}}, {"unknown": 1},
    {"functionInvocationValue": {"functionName": "Image.constant", "arguments": None}},
    {"functionInvocationValue": {"functionReference": "0", "arguments": {}}},
]  # fmt: skip
REGIONS = {
    "zero": [[[8, 47], [8, 47], [8, 47], [8, 47]]],
    "inverted": [[[9, 48], [8, 48], [8, 47], [9, 47], [9, 48]], [[7, 46], [10, 46], [10, 49]]],
    "crossed": [[[8, 47], [9, 48], [9, 47], [8, 48], [8, 47]]],
    "polar": [[[-180, 89], [0, 90], [180, 89], [180, 95], [-180, 90]]],
    "round the world": [[[-540, -90], [540, -90], [540, 90], [-540, 90]]],
    "far away": [[[1e9, 1e9], [1e300, 1e9], [1e300, -1e300]]],
    "not numbers": [[[float("nan"), 1], [float("inf"), 2], ["a", None]]],
    "flat": [8, 47, 9, 48],
    "two points": [[[8, 47], [9, 48]]],
}
ASSETS = [
    "../../../../etc/passwd", "projects/local/assets/../../../x", "/etc/passwd", "a" * 6000,
    "projects/local/assets/" + "a" * 300, "projects/local/assets/" + "a/" * 2500 + "b",
    "projects/local/assets/scene/", "projects/local/assets//scene", "projects//assets/scene",
    "projects/local/assets/.draft", "projects/local/assets/scene\x00", "C:\\x", "", "~", "%2e%2e",
    "COPERNICUS/S2_SR_HARMONIZED/../x", "COPERNICUS/S2_SR_HARMONIZED/x", "USGS/SRTMGL1_003/a",
]  # fmt: skip
GRID: dict[str, Any] = {
    "dimensions": {"width": 4, "height": 3},
    "affineTransform": {"scaleX": 9, "translateX": 5e5, "scaleY": -9, "translateY": 5.3e6},
    "crsCode": "EPSG:32633",
}
