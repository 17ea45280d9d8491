"""Pure pixels have the measured spectra: mean and covariance of signatures.json."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from lib.localearth.planet import spectra
from lib.localearth.planet.cover import WHOLE, Cover
from lib.localearth.planet.lattice import Lattice, Window
from lib.localearth.planet.optical import composition, reflectance
from lib.localearth.planet.view import GROUNDS

FILE = Path(spectra.__file__).with_name("spectra.toml")
SUMMER = 196
# Reflectance at B2, B3, B4, B8, B11, B12 in signatures.json, sentinel2_hula.
MEASURED = {
    "broadleaf": (0.0405, 0.0714, 0.0663, 0.3403, 0.2253, 0.1276),
    "grass": (0.0465, 0.0795, 0.0720, 0.3532, 0.2565, 0.1425),
    "wetland": (0.0381, 0.0659, 0.0547, 0.2666, 0.1648, 0.0907),
    "shrub": (0.0747, 0.1051, 0.1375, 0.2776, 0.3101, 0.2136),
    "bare": (0.1954, 0.2438, 0.2993, 0.3817, 0.4327, 0.3833),
}
COVERS = {
    "broadleaf": Cover.BROADLEAF, "grass": Cover.GRASS, "shrub": Cover.SHRUB,
    "wetland": Cover.WETLAND, "bare": Cover.BARE,
}  # fmt: skip
# Part of a pixel from which it counts as pure: shrub always has grass between, reeds open water.
PURE = {"broadleaf": 0.97, "grass": 0.97, "bare": 0.97, "shrub": 0.84, "wetland": 0.94}


@pytest.mark.parametrize("name", MEASURED)
def test_material_has_the_measured_mean(name):
    material = spectra.materials()[name]
    found = [material.mean[spectra.BANDS.index(band)] for band in spectra.MEASURED]
    np.testing.assert_allclose(found, MEASURED[name], atol=1e-9)


@pytest.mark.parametrize("name", MEASURED)
def test_loadings_and_rest_give_the_measured_covariance_on_its_diagonal(name):
    entry = tomllib.loads(FILE.read_text(encoding="utf-8"))[name]
    material = spectra.materials()[name]
    rows = [spectra.BANDS.index(band) for band in spectra.MEASURED]
    found = (material.loadings[rows] ** 2).sum(axis=1) + material.rest[rows] ** 2
    np.testing.assert_allclose(
        found, np.diag(entry["covariance"]) * entry.get("scatter", 1.0) ** 2, rtol=1e-6
    )


def pure(name):
    """Reflectance `(pixels, 6)` of pixels that one cover fills, in summer, over some 20 windows."""
    lattice = Lattice("EPSG:32632", 0.0, 0.0, 10.0)
    found = []
    for i in range(20):
        window = Window(lattice, 0, 61_900 + 173 * (i % 5), -532_900 - 211 * (i // 5), 128, 128)
        ground = GROUNDS.get(window)
        planes = reflectance(ground, composition(ground, SUMMER)[0], spectra.MEASURED)
        pixels = ground.parts[COVERS[name]].ravel() >= PURE[name] * WHOLE
        found.append(planes[:, pixels].T)
    return np.concatenate(found)


@pytest.mark.parametrize("name", COVERS)
def test_pure_pixels_in_summer_lie_within_the_measured_covariance(name):
    """At least 95 % inside the ellipsoid that holds 99 % of a normal distribution."""
    values = pure(name)
    assert len(values) > 100
    covariance = np.array(tomllib.loads(FILE.read_text(encoding="utf-8"))[name]["covariance"])
    away = values - np.array(MEASURED[name])
    distance = np.einsum("pi,ij,pj->p", away, np.linalg.inv(covariance), away)
    assert (distance < chi2.ppf(0.99, 6)).mean() > 0.95
    # and they differ among themselves, by more than sensor noise
    assert values[:, 2].std() > 0.2 * np.sqrt(covariance[2, 2])


def test_composition_is_whole_parts_that_fill_each_pixel():
    ground = GROUNDS.get(Window(Lattice("EPSG:32632", 0.0, 0.0, 10.0), 0, 61_900, -532_900, 96, 96))
    for day in (20, 110, 196, 300):
        parts, _ = composition(ground, day)
        assert (parts == np.rint(parts)).all()
        assert (parts >= 0).all()
        assert (parts.sum(axis=0) == WHOLE).all()


def test_sums_of_products_stay_exact_in_float32():
    """Whole numbers below 2**24 add up without rounding, in any order."""
    largest = np.abs(spectra.table(tuple(spectra.materials()))).max()
    assert largest * WHOLE < 2**24
