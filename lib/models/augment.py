"""Training samples changed a little, anew in every step, and the same for the same key.

All of it happens inside TensorFlow's graph with stateless random numbers: a resumed run draws
the same as an undisturbed one.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray

from lib.models.scaling import Scaling

FOR_FORM = {
    "pixel": ("noise", "jitter"),
    "series": ("noise", "jitter", "missing dates"),
    "patch": ("noise", "flips", "rotations", "brightness"),
}
"""What can be done to samples of each form."""

_NOISE = 0.05
"""Spread of the noise, as a share of the spread of each predictor."""
_BRIGHTNESS = 0.2
"""Spread of the shift of a whole patch, in the same unit."""
_JITTER = 0.1
"""Spread of the shift of a whole sample, another for each predictor, in the same unit."""
_MISSING = 0.15
"""Share of the dates that are left out."""

Batch = tuple[Any, Any, Any]
Change = Callable[[Any, Any, Any, Any], Batch]


def augmenter(names: tuple[str, ...], form: str, scaling: Scaling) -> Callable[..., Batch] | None:
    """Give a function that changes a batch, or None if nothing that is asked fits the form.

    Args:
        names: Which of `lib.core.plan.AUGMENTATIONS` are wanted; those of other forms are left
            out.
        form: Form of the samples.
        scaling: Spread of each predictor, which noise is measured in.

    Returns:
        A function of (predictors, valid, labels, key) that gives the first three anew; `valid`
        is float with the shape of the vectors, `key` an int tensor of two.
    """
    changes = [_changes(scaling.spread)[name] for name in FOR_FORM[form] if name in names]
    if not changes:
        return None

    def augment(x: Any, valid: Any, y: Any, key: Any) -> Batch:
        import tensorflow as tf  # slow import

        for number, change in enumerate(changes):
            part = tf.random.experimental.stateless_fold_in(key, number)
            x, valid, y = change(x, valid, y, part)
        return x, valid, y

    return augment


def _changes(spread: NDArray[Any]) -> dict[str, Change]:
    def shift(size: float, axes: str) -> Change:
        return lambda x, valid, y, key: (_shifted(x, key, spread * size, axes), valid, y)

    return {
        "noise": shift(_NOISE, "all"),
        "jitter": shift(_JITTER, "predictors"),
        "brightness": shift(_BRIGHTNESS, "none"),
        "missing dates": _missing_dates,
        "flips": _flips,
        "rotations": _rotations,
    }


def _shifted(x: Any, key: Any, size: NDArray[Any], axes: str) -> Any:
    """Add normal noise of its own for all values, for each predictor of a sample, or for it."""
    import tensorflow as tf  # slow import

    shape = tf.shape(x)
    ones = tf.ones_like(shape)
    drawn = {
        "all": shape,
        "predictors": tf.concat([shape[:1], ones[1:-1], shape[-1:]], 0),
        "none": tf.concat([shape[:1], ones[1:]], 0),
    }[axes]
    return x + tf.random.stateless_normal(drawn, key) * size


def _missing_dates(x: Any, valid: Any, y: Any, key: Any) -> Batch:
    """Take dates away at random; a series that would lose all keeps those it has."""
    import tensorflow as tf  # slow import

    kept = tf.cast(tf.random.stateless_uniform(tf.shape(valid), key) >= _MISSING, valid.dtype)
    left = valid * kept
    some = tf.reduce_sum(left, axis=1, keepdims=True) > 0
    return x, tf.where(some, left, valid), y


def _flips(x: Any, valid: Any, y: Any, key: Any) -> Batch:
    """Turn patches over in rows and columns, each one time in two."""
    import tensorflow as tf  # slow import

    flags = tf.random.stateless_uniform((tf.shape(x)[0], 2), key) < 0.5
    for axis in (1, 2):
        turned = partial(tf.reverse, axis=[axis])
        x, valid, y = _where(flags[:, axis - 1], (x, valid, y), turned)
    return x, valid, y


def _rotations(x: Any, valid: Any, y: Any, key: Any) -> Batch:
    """Rotate square patches by 0, 90, 180 or 270 degrees."""
    import tensorflow as tf  # slow import

    flags = tf.random.stateless_uniform((tf.shape(x)[0], 2), key) < 0.5
    batch = _where(flags[:, 0], (x, valid, y), lambda a: tf.reverse(a, [1, 2]))
    return _where(flags[:, 1], batch, lambda a: tf.reverse(_transposed(a), [2]))


def _transposed(values: Any) -> Any:
    import tensorflow as tf  # slow import

    return tf.transpose(values, [0, 2, 1, *range(3, len(values.shape))])


def _where(chosen: Any, batch: Batch, change: Callable[[Any], Any]) -> Batch:
    """Change the chosen samples of a batch, and their labels where those are maps."""
    import tensorflow as tf  # slow import

    def one(values: Any) -> Any:
        if len(values.shape) < 3:
            return values
        flags = tf.reshape(chosen, [-1, *[1] * (len(values.shape) - 1)])
        return tf.where(flags, change(values), values)

    x, valid, y = batch
    return one(x), one(valid), one(y)
