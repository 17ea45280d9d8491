"""What comes back of a round trip: the image of the classes, and who takes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from lib.core.grid import Grid
from lib.deploy.geotiff import NODATA
from lib.deploy.tfrecord.records import Patches
from lib.earthengine.doors import Answer, Door


def assembled(patches: Patches) -> np.ndarray:
    """The image that an upload makes: patch by patch and row by row, as the guide says."""
    told = json.loads(patches.mixer.read_text())
    width, height = told["patchDimensions"]
    down = told["totalPatches"] // told["patchesPerRow"]
    feature = {"class": tf.io.FixedLenFeature([height, width], tf.int64)}
    records = tf.data.TFRecordDataset([str(path) for path in patches.files])
    tiles = [tf.io.parse_single_example(one, feature)["class"].numpy() for one in records]
    rows = np.stack(tiles).reshape(down, told["patchesPerRow"], height, width).swapaxes(1, 2)
    return rows.reshape(down * height, -1)


def on_grid(patches: Patches, grid: Grid) -> np.ndarray:
    """The pixels of a grid of 10 m; all others must be nothing."""
    image = assembled(patches)
    *_, west, _, _, north = json.loads(patches.mixer.read_text())["projection"]["affine"][
        "doubleMatrix"
    ]
    left, top = int((grid.transform[2] - west) / 10), int((north - grid.transform[5]) / 10)
    cut = (slice(top, top + grid.shape[0]), slice(left, left + grid.shape[1]))
    kept = image[cut].copy()
    image[cut] = NODATA
    assert (image == NODATA).all()
    return kept


@dataclass(frozen=True)
class Ingesting:
    """A door that takes ingestions of records, which Local Earth does not, and notes them.

    Attributes:
        door: Of Local Earth, for everything else.
        orders: What was ingested.
    """

    door: Door
    orders: list[dict[str, Any]] = field(default_factory=list)

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        where = path.partition("?")[0]
        if "image:import" in where:
            self.orders.append(json.loads(body))
        elif where.endswith("/operations") and self.orders:
            answer = self.door.send(path, method=method, body=body, headers=headers)
            told = json.loads(answer.content)
            return _answer({**told, "operations": [self._task(), *told["operations"]]})
        elif not where.endswith("/operations/ABC"):
            return self.door.send(path, method=method, body=body, headers=headers)
        return _answer(self._task())

    def _task(self) -> dict[str, Any]:
        name = self.orders[-1]["imageManifest"]["name"]
        metadata = {"state": "PENDING", "type": "INGEST_IMAGE", "description": f"Ingest {name}"}
        return {"name": "projects/local/operations/ABC", "metadata": metadata}


def _answer(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/json"}, json.dumps(told).encode())
