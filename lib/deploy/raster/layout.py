"""What a network reads around a pixel, and how a block must be cut for it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lib.core.errors import DeploymentError
from lib.deploy.lite import input_names
from lib.earthengine.stack import series_names

MASK = "valid"
PIXEL, SERIES, CENTRE, ANY_SIZE, TILES = "pixel", "series", "centre", "any size", "tiles"


@dataclass(frozen=True)
class Layout:
    """How a network is run over an image.

    Attributes:
        kind: "pixel"; "series"; "centre" (a patch gives the class of its centre); "any size"
            (every pixel of a block of any size gets its class); "tiles" (the same for patches of
            one size, which overlap by half and are blended).
        inputs: Names of its inputs, in its order.
        predictors: Predictors of a pixel or a date.
        classes: Classes that it tells apart.
        dates: Dates of a series, else 0.
        side: Rows and columns of a patch of one size, else 0.
        margin: Pixels around a block that must be read for the block's answers.
        multiple: What sides and corners of a block must be multiples of.
    """

    kind: str
    inputs: tuple[str, ...]
    predictors: int
    classes: int
    dates: int = 0
    side: int = 0
    margin: int = 0
    multiple: int = 1

    @property
    def masked(self) -> bool:
        """Whether it reads which predictors were observed."""
        return MASK in self.inputs

    @property
    def dense(self) -> bool:
        """Whether it answers for every pixel of what it reads."""
        return self.kind in (ANY_SIZE, TILES)

    def bands(self, names: Sequence[str]) -> list[str]:
        """Bands of the predictor image that are read, in order; `names` are the predictors."""
        if self.kind != SERIES:
            return list(names)
        values, flags = series_names(names, self.dates)
        return [*values, *(flags if self.masked else ())]

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Layout":
        """Read what `to_json` gave."""
        return cls(**{**data, "inputs": tuple(data["inputs"])})


def layout_of(network: Any) -> Layout:
    """Tell how a Keras network is run over an image.

    Raises:
        DeploymentError: It reads something else than pixels, series or patches, or a layer sees
            the whole of a patch of any size.
    """
    names = input_names(network)
    wanted = [tensor for tensor, name in zip(network.inputs, names, strict=True) if name != MASK]
    shape = tuple(wanted[0].shape[1:]) if len(wanted) == 1 else ()
    if not 1 <= len(shape) <= 3 or shape[-1] is None:
        raise DeploymentError(
            f"This network reads {', '.join(names)}, not pixels, series or patches.",
            hint="Train one of the families that the model page offers.",
        )
    common: dict[str, Any] = {
        "inputs": tuple(names),
        "predictors": int(shape[-1]),
        "classes": int(network.outputs[0].shape[-1]),
    }
    if len(shape) == 1:
        return Layout(kind=PIXEL, **common)
    if len(shape) == 2:
        return Layout(kind=SERIES, dates=_length(shape[0]), **common)
    if shape[0] is None:
        reach, multiple = _reach_of(network)
        margin = -(-reach // multiple) * multiple
        return Layout(kind=ANY_SIZE, margin=margin, multiple=multiple, **common)
    side = _length(shape[0])
    if len(network.outputs[0].shape) == 4:
        half = -(-side // 2)
        return Layout(kind=TILES, side=side, margin=half, multiple=half, **common)
    return Layout(kind=CENTRE, side=side, margin=side // 2, **common)


def receptive_margin(network: Any) -> int:
    """Pixels around a block that must be read so that its answers are those of the whole image.

    For networks of any size it is how far their layers look, after Araujo, Norris and Sim (2019,
    Distill, "Computing receptive fields of convolutional neural networks"), at least: where
    branches are joined the farther one counts. For patches of one size it is half of the patch.

    Raises:
        DeploymentError: As for `layout_of`.
    """
    return layout_of(network).margin


def _length(length: int | None) -> int:
    if length is None:
        raise DeploymentError(
            "This network takes series of any length, and a map needs one.",
            hint="Train it with the dates of the imagery.",
        )
    return int(length)


@dataclass(frozen=True)
class _Sight:
    """How far a tensor looks to one side, and how far apart its cells are, in pixels."""

    reach: float = 0.0
    step: float = 1.0

    def through(self, kernel: int, *, dilation: int = 1, stride: int = 1) -> "_Sight":
        ahead = (kernel // 2) * dilation * self.step
        return _Sight(self.reach + ahead, self.step * stride)

    def pooled(self, pool: int, stride: int) -> "_Sight":
        return _Sight(self.reach + (pool - 1) * self.step, self.step * stride)

    def spread(self, kernel: int, stride: int) -> "_Sight":
        step = self.step / stride
        return _Sight(self.reach + max(kernel - 1, 0) * step, step)


_WHOLE = ("Global", "Flatten", "Resizing", "MultiHead", "Attention", "GroupNorm", "UnitNorm")


def _reach_of(network: Any) -> tuple[int, int]:
    """How far a network looks in pixels, and the coarsest step between its cells."""
    steps = [1.0]
    seen = {id(tensor): _Sight() for tensor in network.inputs}
    sight = _sight_of(network.outputs[0], seen, steps)
    return math.ceil(sight.reach), int(max(steps))


def _sight_of(tensor: Any, seen: dict[int, _Sight], steps: list[float]) -> _Sight:
    if id(tensor) in seen:
        return seen[id(tensor)]
    # Keras names the use of a layer that made a tensor nowhere in public.
    operation, index, _ = tensor._keras_history  # noqa: SLF001
    before = [
        _sight_of(one, seen, steps)
        for one in operation._inbound_nodes[index].input_tensors  # noqa: SLF001
    ]
    joined = _Sight(max(one.reach for one in before), max(one.step for one in before))
    seen[id(tensor)] = _after(operation, joined, steps)
    steps.append(seen[id(tensor)].step)
    return seen[id(tensor)]


def _after(layer: Any, sight: _Sight, steps: list[float]) -> _Sight:
    kind = type(layer).__name__
    if kind.startswith(_WHOLE):
        raise DeploymentError(
            f"The layer “{layer.name}” ({kind}) looks at the whole of a patch, so that a map "
            "would depend on how it is cut into blocks.",
            hint="Train a network of patches of one size.",
        )
    if kind in ("Functional", "Sequential"):
        inner = {id(tensor): sight for tensor in layer.inputs}
        return _sight_of(layer.outputs[0], inner, steps)
    if kind == "Conv2DTranspose":
        return sight.spread(_most(layer.kernel_size), _most(layer.strides))
    if kind == "UpSampling2D":
        return sight.spread(2 * _most(layer.size), _most(layer.size))
    if hasattr(layer, "pool_size"):
        return sight.pooled(_most(layer.pool_size), _most(layer.strides))
    if hasattr(layer, "kernel_size"):
        return sight.through(
            _most(layer.kernel_size),
            dilation=_most(layer.dilation_rate),
            stride=_most(layer.strides),
        )
    return sight


def _most(number: Any) -> int:
    return int(np.max(number))
