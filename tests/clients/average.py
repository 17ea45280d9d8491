"""What users of Xee do: open a collection as a dataset and average it."""

import json
import sys

import ee
import shapely
import xarray
from google.auth.credentials import AnonymousCredentials
from xee import helpers

ee.Initialize(AnonymousCredentials(), project="local", url=sys.argv[1])
scene = ee.Image("projects/local/assets/scene")
days = [scene.add(n).set("system:time_start", n * 86_400_000) for n in (0, 1, 2)]
corner = (500_000, 5_300_000)
grid = helpers.fit_geometry(
    shapely.box(corner[0], corner[1] - 200, corner[0] + 300, corner[1]),
    geometry_crs="EPSG:32633",
    grid_crs="EPSG:32633",
    grid_scale=(10, -10),
)
dataset = xarray.open_dataset(ee.ImageCollection(days), engine="ee", **grid)
by_day = dataset["nir"].mean(["x", "y"]).compute()
print(json.dumps({"sizes": dict(dataset.sizes), "nir": by_day.values.tolist()}))
