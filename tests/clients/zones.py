"""What users of geemap do: an image as an array, and the mean of an image by zones."""

import csv
import json
import sys
from pathlib import Path

import ee
import geemap
from google.auth.credentials import AnonymousCredentials

ee.Initialize(AnonymousCredentials(), project="local", url=sys.argv[1])
table = Path(sys.argv[2]) / "zones.csv"
scene = ee.Image("projects/local/assets/scene").select("nir")
left, right = (
    ee.Feature(
        ee.Geometry.Rectangle(
            [500_000 + x, 5_299_800, 500_150 + x, 5_300_000], "EPSG:32633", False
        ),
        {"zone": name},
    )
    for x, name in ((0, "left"), (150, "right"))
)
array = geemap.ee_to_numpy(scene, region=scene.geometry(), scale=10)
geemap.zonal_stats(
    scene, ee.FeatureCollection([left, right]), str(table), statistics_type="MEAN", scale=10
)
with table.open() as file:
    means = {row["zone"]: float(row["mean"]) for row in csv.DictReader(file)}
print(json.dumps({"shape": list(array.shape), "sum": int(array.sum()), "means": means}))
