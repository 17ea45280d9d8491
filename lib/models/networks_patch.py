"""Networks of patches: `(batch, rows, columns, predictors)` and a mask to classes."""

from typing import Any

from lib.core.model_plan import ModelPlan
from lib.models.layers import Parts, chain, masked_inputs
from lib.models.scaling import Scaling


def build_patch_cnn(
    plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int
) -> Any:
    """Build convolutions with pooling, then dense layers: `(batch, classes)` for the centre."""
    import keras  # slow import

    parts = Parts(plan)
    inputs, x = masked_inputs(scaling, shape)
    for number, width in enumerate(plan.filters, start=1):
        x = chain(parts.convolution(width, f"convolution_{number}"), x)
        x = keras.layers.MaxPooling2D(2, padding="same", name=f"pooling_{number}")(x)
    x = keras.layers.Flatten(name="flat")(x)
    for number, width in enumerate(plan.hidden_units, start=1):
        x = chain(parts.dense(width, f"hidden_{number}"), x)
    return _model(plan, inputs, parts.classes(n_classes)(x))


def build_fcn(plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int) -> Any:
    """Build convolutions without pooling: `(batch, rows, columns, classes)`, of any size."""
    parts = Parts(plan)
    inputs, x = masked_inputs(scaling, (None, None, shape[-1]))
    for number, width in enumerate(plan.filters, start=1):
        x = chain(parts.convolution(width, f"convolution_{number}"), x)
    return _model(plan, inputs, parts.classes(n_classes, convolution=True)(x))


def build_unet(plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int) -> Any:
    """Build a U-Net: `(batch, rows, columns, classes)`, for patches of any one size.

    Source: Ronneberger, Fischer and Brox (2015), arXiv 1505.04597, with convolutions that keep
    the size. Patches are padded to a size that can be halved at each level, and the map is cut.
    """
    import keras  # slow import

    parts = Parts(plan)
    inputs, x = masked_inputs(scaling, shape)
    margins = [_margin(side, len(plan.filters)) for side in shape[:2]]
    x = keras.layers.ZeroPadding2D(margins, name="padded")(x)
    skips: list[Any] = []
    for level, width in enumerate(plan.filters):
        if level:
            x = keras.layers.MaxPooling2D(2, name=f"pooling_{level}")(x)
        x = _double(parts, x, width, f"down_{level}")
        skips.append(x)
    for number, width in enumerate(plan.filters[-2::-1]):
        x = parts.step_up(width, f"step_up_{number}")(x)
        x = keras.layers.Concatenate(name=f"joined_{number}")([skips[-2 - number], x])
        x = _double(parts, x, width, f"up_{number}")
    x = keras.layers.Cropping2D(margins, name="cut")(x)
    return _model(plan, inputs, parts.classes(n_classes, convolution=True)(x))


def _double(parts: Parts, x: Any, width: int, name: str) -> Any:
    """Two convolutions, as every level of a U-Net has them."""
    return chain(
        [*parts.convolution(width, f"{name}_a"), *parts.convolution(width, f"{name}_b")], x
    )


def _margin(side: int, levels: int) -> tuple[int, int]:
    """Pixels to add before and behind so that a side can be halved between levels."""
    missing = -side % 2 ** (levels - 1)
    return missing // 2, missing - missing // 2


def _model(plan: ModelPlan, inputs: list[Any], sums: Any) -> Any:
    import keras  # slow import

    last = keras.layers.Activation("softmax", dtype="float32", name="probabilities")
    return keras.Model(inputs, last(sums), name=plan.family)
