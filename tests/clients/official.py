"""What users of the official Python client do first: map, reduce, list and fetch pixels."""

import io
import json
import sys
import urllib.request

import ee
import numpy as np
from google.auth.credentials import AnonymousCredentials

url = sys.argv[1]
ee.Initialize(AnonymousCredentials(), project="local", url=url)
scene = ee.Image("projects/local/assets/scene")
both = ee.ImageCollection([scene, scene.add(10)]).map(lambda image: image.multiply(2))
mean = both.mean().reduceRegion(ee.Reducer.mean(), scene.geometry(), 10, "EPSG:32633")
pixels = ee.data.computePixels({"expression": scene, "fileFormat": "NUMPY_NDARRAY"})
address = scene.select("red").getDownloadURL({"format": "NPY", "scale": 10})
with urllib.request.urlopen(address) as answer:
    downloaded = np.load(io.BytesIO(answer.read()))
sentinel = ee.data.getAsset("COPERNICUS/S2_SR_HARMONIZED")
images = ee.data.listImages(
    {
        "parent": "projects/earthengine-public/assets/COPERNICUS/S2_SR_HARMONIZED",
        "startTime": "2024-06-15T00:00:00Z",
        "endTime": "2024-06-20T00:00:00Z",
        "region": ee.Geometry.Point(8.55, 47.3).getInfo(),
    }
)
counted = (
    ee.ImageCollection("COPERNICUS/S2_SR_HARMONIZED")
    .filterDate("2024-06-15", "2024-06-20")
    .filterBounds(ee.Geometry.Point(8.55, 47.3))
)
print(
    json.dumps(
        {
            "mean": mean.getInfo(),
            "bands": list(pixels.dtype.names),
            "shape": list(pixels.shape),
            "nir": int(pixels["nir"].sum()),
            "downloaded": int(downloaded["red"].sum()),
            "type": sentinel["type"],
            "listed": [image["id"] for image in images["images"]],
            "counted": counted.size().getInfo(),
        }
    )
)
