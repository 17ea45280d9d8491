"""Spectral indices."""

import ast

import pytest

from lib.catalog.collections import find
from lib.catalog.indices import all_indices, available, find_index

# Reflectance of green leaves, of the order of the USGS library's lawn grass.
LEAF = {
    "blue": 0.04,
    "green": 0.08,
    "red": 0.05,
    "rededge1": 0.12,
    "nir": 0.45,
    "swir1": 0.25,
    "swir2": 0.12,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NDVI", 0.40 / 0.50),
        ("NDWI", -0.37 / 0.53),
        ("MNDWI", -0.17 / 0.33),
        ("NDMI", 0.20 / 0.70),
        ("NBR", 0.33 / 0.57),
        ("NDBI", -0.20 / 0.70),
        ("EVI", 2.5 * 0.40 / (0.45 + 0.30 - 0.30 + 1)),
        ("EVI2", 2.5 * 0.40 / (0.45 + 0.12 + 1)),
        ("SAVI", 1.5 * 0.40 / (0.50 + 0.5)),
        ("BSI", (0.30 - 0.49) / (0.30 + 0.49)),
        ("NDRE", 0.33 / 0.57),
        ("ARVI", (0.45 - 0.06) / (0.45 + 0.06)),
    ],
)
def test_the_formula_of_an_index_gives_its_value_on_leaves(name, value):
    code = compile(ast.parse(find_index(name).formula, mode="eval"), name, "eval")

    assert eval(code, {}, LEAF) == pytest.approx(value)  # noqa: S307 - formulas of our own


def test_every_index_names_its_source_and_the_catalogues_own_come_first():
    names = [index.name for index in all_indices()]

    assert names[:3] == ["NDVI", "NDWI", "MNDWI"]
    assert len(set(names)) == len(names) > 200
    assert all(index.source and index.title for index in all_indices())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # Formulas of the Awesome Spectral Indices page, written with the leaf's reflectance.
        ("OSAVI", 0.40 / (0.50 + 0.16)),
        ("GNDVI", 0.37 / 0.53),
        ("CIRE", 0.45 / 0.12 - 1),
        # Constants take the values that the page states: alpha is 0.1.
        ("WDRVI", (0.1 * 0.45 - 0.05) / (0.1 * 0.45 + 0.05)),
    ],
)
def test_an_awesome_spectral_index_reads_common_band_names(name, value):
    index = find_index(name)
    code = compile(ast.parse(index.formula, mode="eval"), name, "eval")
    leaf = LEAF | {"rededge1": 0.12}

    assert eval(code, {}, leaf) == pytest.approx(value)  # noqa: S307 - data of a pinned package
    assert index.domain == "vegetation"


def test_every_formula_is_arithmetic_over_common_names_of_optical_bands():
    optical = {"coastal", "blue", "green", "red", "nir", "nir08", "swir1", "swir2"}
    optical |= {"rededge1", "rededge2", "rededge3"}
    allowed = (
        *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.USub, ast.Name, ast.Load, ast.Constant),
        *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow),
    )

    for index in all_indices():
        assert set(index.needs) <= optical, index.name
        nodes = ast.walk(ast.parse(index.formula, mode="eval"))
        assert all(isinstance(node, allowed) for node in nodes), index.name


def test_indices_of_radar_kernels_and_wavelengths_are_left_out():
    assert find_index("DpRVIVV") is None
    assert find_index("kNDVI") is None
    assert find_index("PAR") is None


def test_an_index_needs_the_names_of_its_formula():
    assert find_index("EVI").needs == ("blue", "nir", "red")
    assert find_index("nothing") is None


@pytest.mark.parametrize(
    ("collection_id", "names"),
    [
        ("LANDSAT/LT05/C02/T1_L2", {"NDVI", "NDWI", "MNDWI", "NDMI", "NBR", "NDBI"}),
        ("COPERNICUS/S2_SR_HARMONIZED", {"NDVI", "NDRE", "BSI"}),
    ],
)
def test_optical_collections_offer_indices(collection_id, names):
    assert names <= {index.name for index in available(find(collection_id))}


def test_radar_offers_none_and_landsat_no_red_edge():
    assert available(find("COPERNICUS/S1_GRD")) == ()
    assert "NDRE" not in {i.name for i in available(find("LANDSAT/LC08/C02/T1_L2"))}


def test_an_index_that_a_collection_has_as_a_band_is_not_offered():
    offered = {index.name for index in available(find("MODIS/061/MOD13Q1"))}

    assert "NDVI" not in offered
    assert "EVI2" in offered


def test_bands_of_an_index_are_those_of_the_collection():
    bands = find_index("NDVI").bands_of(find("LANDSAT/LT05/C02/T1_L2"))

    assert bands == {"nir": "SR_B4", "red": "SR_B3"}
