"""How large the requests are that Earth Engine sends to an endpoint, and which tiles fit.

Earth Engine sends each band of a tile as a tensor of its own, base64 of a serialised TensorProto
in the formats over HTTP (developers.google.com/earth-engine/guides/ee-vertex-payload-formats).
"""

import math
from collections.abc import Sequence

from lib.core.errors import DeploymentError

SERIALIZED = "SERIALIZED_TF_TENSORS"
RAW = "GRPC_TF_TENSORS"
FORMATS = (SERIALIZED, RAW)
"""Over HTTP, and over gRPC (experimental; faster, and needs a container with a gRPC port)."""

DEFAULT_BYTES = 1_500_000
"""What Earth Engine and Vertex AI's shared endpoints take in one request."""

LARGEST_TILE = 256
"""Side of what Earth Engine itself computes at once."""

_NUMBER_BYTES = 4
_TENSOR_HEAD_BYTES = 32
_QUOTES_BYTES = len('"": "", ')
_ENVELOPE_BYTES = len('{"instances": [{}]}')


def instance_bytes(names: Sequence[str], side: int, *, payload_format: str = SERIALIZED) -> int:
    """Give the size of a request with one square tile, at most.

    Args:
        names: Of the inputs, a band each.
        side: Pixels on a side, the overlap included.
        payload_format: One of `FORMATS`.
    """
    tensor = _NUMBER_BYTES * side * side + _TENSOR_HEAD_BYTES
    coded = 4 * math.ceil(tensor / 3) if payload_format == SERIALIZED else tensor
    return _ENVELOPE_BYTES + sum(len(name) + _QUOTES_BYTES + coded for name in names)


def output_multiplier(inputs: int, classes: int) -> float:
    """How much larger the answer is than the request, at least 1 as Earth Engine wants it."""
    return max(1.0, math.ceil(100 * classes / inputs) / 100)


def largest_tile(
    names: Sequence[str],
    *,
    classes: int,
    margin: int,
    limit_bytes: int = DEFAULT_BYTES,
    payload_format: str = SERIALIZED,
    most: int = LARGEST_TILE,
    step: int = 1,
) -> int:
    """Give the side of the largest tile whose request and answer fit, without its overlap.

    Args:
        names: Of the inputs, a band each.
        classes: Numbers that come back for each pixel.
        margin: Pixels that the network must see beyond the tile on each side.
        limit_bytes: Most bytes of a request, and of an answer.
        payload_format: One of `FORMATS`.
        most: Largest tile wanted, in pixels.
        step: What the side with its overlap must be a multiple of.

    Raises:
        DeploymentError: Not even a tile of one pixel fits.
    """
    allowed = limit_bytes / output_multiplier(len(names), classes)
    first = (most + 2 * margin) // step * step
    for side in range(first, 2 * margin, -step):
        if instance_bytes(names, side, payload_format=payload_format) <= allowed:
            return side - 2 * margin
    least = instance_bytes(names, 2 * margin + 1, payload_format=payload_format)
    raise DeploymentError(
        f"One pixel with the {margin} pixels around it that the network sees, in {len(names)} "
        f"bands, takes {least:,} bytes of a request; {int(allowed):,} are allowed.",
        hint="Raise the payload limit, use fewer predictors or a smaller patch, or choose the "
        "route “Map as a file”.",
        field="max_payload_bytes",
    )
