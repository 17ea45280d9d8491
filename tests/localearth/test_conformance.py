"""Local Earth gives the answers that Earth Engine's reference documents, through its REST door.

The answers are not in the repository: `documented_values.json` comes from the API reference's own
examples (google/earthengine-community, Apache-2.0, commit c9cbf6c6), `semantics_values.json` from
guides and the signature list. LOAM_CONFORMANCE names their folder.
"""

import io
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.localearth.service import Service

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("LOAM_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
PROJECT = "/v1/projects/local"

KNOWN_DEVIATIONS = {
    "ee_array_eigen:40": "the answer was printed with one number missing: [-0.62, 0.53]",
    "ee_array_eigen:45": "signs of eigenvectors of a symmetric matrix follow EJML's rotations, "
    "which are not documented; ours make the largest component positive",
    "ee_kernel_add:24": "the printed rows belong to another expression of the example "
    "(chebyshev(3), without its middle rows), not to square(1, magnitude=100)",
}


def _cases(name: str) -> list[Any]:
    path = FOLDER / f"{name}_values.json"
    if not path.is_file():
        reason = (
            f"no documented answers at {path}; set LOAM_CONFORMANCE to the folder that has them"
        )
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id=f"no {name} answers")]
    return [pytest.param(case, id=case["id"]) for case in json.loads(path.read_text())]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """One service for all answers."""
    return Service(tmp_path_factory.mktemp("earth"))


@pytest.mark.parametrize("case", _cases("documented"))
def test_value_when_documented_is_what_the_reference_prints(
    service: Service, case: dict[str, Any]
) -> None:
    assert _agrees(service, case) != (case["id"] in KNOWN_DEVIATIONS), KNOWN_DEVIATIONS.get(
        case["id"]
    )


@pytest.mark.parametrize("case", _cases("semantics"))
def test_value_when_semantics_are_known_follows_them(
    service: Service, case: dict[str, Any]
) -> None:
    assert _agrees(service, case) != (case["id"] in KNOWN_DEVIATIONS), KNOWN_DEVIATIONS.get(
        case["id"]
    )


def _agrees(service: Service, case: dict[str, Any]) -> bool:
    expected = case["expected"]
    if isinstance(expected, dict) and "grid" in expected:
        return _same_pixels(
            _pixels(service, case["graph"], expected["grid"]), expected, case["abs_tol"]
        )
    came = _value(service, case["graph"])
    if case["kind"] == "kernel_weights":
        rows = re.findall(r"\[([^\]]*)\]", came["weights"])
        came = [[float(weight) for weight in row.split(",")] for row in rows]
    assert came is not None or expected is None
    agrees = _same(came, expected, case["abs_tol"])
    if not agrees and case["id"] not in KNOWN_DEVIATIONS:
        pytest.fail(f"expected {expected}, came {came}")
    return agrees


def _value(service: Service, graph: dict[str, Any]) -> Any:
    answer = _post(service, "value:compute", {"expression": graph})
    return json.loads(answer)["result"]


def _pixels(service: Service, graph: dict[str, Any], grid: dict[str, Any]) -> Any:
    a, b, c, d, e, f = grid["affineTransform"]
    width, height = grid["dimensions"]
    keys = ("scaleX", "shearX", "translateX", "shearY", "scaleY", "translateY")
    request = {
        "expression": graph,
        "fileFormat": "NPY",
        "grid": {
            "crsCode": grid["crsCode"],
            "affineTransform": dict(zip(keys, (a, b, c, d, e, f), strict=True)),
            "dimensions": {"width": width, "height": height},
        },
    }
    return np.load(io.BytesIO(_post(service, "image:computePixels", request)))


def _post(service: Service, what: str, body: dict[str, Any]) -> bytes:
    answer = service.handle("POST", f"{PROJECT}/{what}", "", json.dumps(body).encode(), {})
    assert answer.status == 200, answer.body.decode()[:300]
    return answer.body


def _same_pixels(pixels: Any, expected: dict[str, Any], tolerance: float) -> bool:
    for key, value in expected.items():
        if key == "grid":
            continue
        band, *place = re.split(r"[\[\],]+", key.rstrip("]"))
        came = pixels[band][tuple(int(at) for at in place)] if place else pixels[band]
        np.testing.assert_allclose(came, value, rtol=0, atol=tolerance)
    return True


def _same(came: Any, expected: Any, tolerance: float) -> bool:
    """Compare as the set's README says: within the tolerance, `[x]` and x are alike."""
    if isinstance(expected, dict):
        return came.keys() == expected.keys() and all(
            _same(came[key], expected[key], tolerance) for key in expected
        )
    if isinstance(came, list) and isinstance(expected, list):
        return len(came) == len(expected) and all(
            _same(each, wanted, tolerance) for each, wanted in zip(came, expected, strict=True)
        )
    if isinstance(came, list) or isinstance(expected, list):
        wrapped, plain = (came, expected) if isinstance(came, list) else (expected, came)
        return len(wrapped) == 1 and _same(wrapped[0], plain, tolerance)
    return _same_plain(_number(came), _number(expected), tolerance)


def _same_plain(came: Any, expected: Any, tolerance: float) -> bool:
    if not isinstance(came, (int, float)) or not isinstance(expected, (int, float)):
        return bool(came == expected)
    if math.isnan(expected) or math.isinf(expected):
        return came == expected or (math.isnan(came) and math.isnan(expected))
    # Numbers printed with an exponent have ten digits, and no absolute tolerance suits them.
    relative = 1e-9 * abs(expected) if abs(expected) > 1e12 else 0.0
    return abs(came - expected) <= max(tolerance, 1e-9, relative) * (1 + 1e-9)


def _number(value: Any) -> Any:
    special = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
    return special.get(value, value) if isinstance(value, str) else value
