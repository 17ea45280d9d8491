"""Files with finished samples, as programs and Earth Engine's exports write them."""

import io
import json

from lib.core.tables.tfrecord import write_example, write_records

EE_CSV = b"""system:index,B4,class,.geo
0,0.5,3,"{""type"":""Point"",""coordinates"":[15.5,47.5]}"
1,0.25,1,"{""type"":""MultiPoint"",""coordinates"":[]}"
"""


def parquet(frame):
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def records(tmp_path, *rows):
    write_records(tmp_path / "r", [write_example(row) for row in rows])
    return (tmp_path / "r").read_bytes()


def mixer(**changes):
    plain = {
        "projection": {
            "crs": "EPSG:32633",
            "affine": {"doubleMatrix": [10.0, 0.0, 500_000.0, 0.0, -10.0, 5_300_000.0]},
        },
        "patchDimensions": [3, 2],
        "patchesPerRow": 2,
        "totalPatches": 2,
    }
    return json.dumps(plain | changes).encode()
