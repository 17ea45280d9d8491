"""How many weights a network has, and what it remembers of a sample in training: arithmetic.

Shapes are those of one sample: `(predictors,)`, `(dates, predictors)` or `(rows, columns,
predictors)`. A dense layer has a weight for each pair of its ends and a bias for each output;
batch normalisation has two for each channel. Patches and series enter with one more channel, the
mask. `activations` counts the numbers that the backward pass needs of one sample.
"""

from dataclasses import replace
from itertools import pairwise
from math import prod

from lib.core.model_plan import ModelPlan

Shape = tuple[int, ...]


def head_weights(plan: ModelPlan, n_in: int, n_out: int) -> int:
    """Weights of dense layers and of the classes behind them."""
    widths = (n_in, *plan.hidden_units)
    hidden = sum((a + 1) * b + _norm(plan, b) for a, b in pairwise(widths))
    return hidden + (widths[-1] + 1) * n_out


def softmax_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a softmax regression."""
    return head_weights(replace(plan, hidden_units=()), shape[-1], n_out)


def mlp_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a multilayer perceptron."""
    return head_weights(plan, shape[-1], n_out)


def patch_cnn_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a patch CNN: every convolution is followed by a pooling that halves the sides."""
    rows, cols = pooled(shape[0], plan), pooled(shape[1], plan)
    convolutions = _stack_weights(plan, shape[-1] + 1, plan.kernel_size**2)
    return convolutions + head_weights(plan, rows * cols * plan.filters[-1], n_out)


def fcn_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a fully convolutional network: the classes are a 1 x 1 convolution."""
    convolutions = _stack_weights(plan, shape[-1] + 1, plan.kernel_size**2)
    return convolutions + (plan.filters[-1] + 1) * n_out


def unet_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a U-Net: two convolutions a level, down and up, and a 2 x 2 step up between."""
    area = plan.kernel_size**2
    total, n_in = 0, shape[-1] + 1
    for width in plan.filters:
        total += _conv(plan, n_in, width, area) + _conv(plan, width, width, area)
        n_in = width
    for below, width in pairwise(plan.filters[::-1]):
        total += (below * 4 + 1) * width
        total += _conv(plan, 2 * width, width, area) + _conv(plan, width, width, area)
    return total + (plan.filters[0] + 1) * n_out


def temporal_cnn_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a temporal CNN."""
    convolutions = _stack_weights(plan, shape[-1] + 1, plan.kernel_size)
    return convolutions + head_weights(plan, shape[0] * plan.filters[-1], n_out)


def lstm_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of an LSTM: four gates, each with input, state and a bias."""
    return _recurrent_weights(plan, shape, n_out, gates=4, biases=1)


def gru_weights(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Weights of a GRU as Keras has it: three gates with two biases each."""
    return _recurrent_weights(plan, shape, n_out, gates=3, biases=2)


def pooled(side: int, plan: ModelPlan) -> int:
    """Side of a patch after all poolings; a side of 1 stays."""
    for _ in plan.filters:
        side = -(-side // 2)
    return side


def dense_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one sample by dense layers alone."""
    return shape[-1] + 4 * sum(plan.hidden_units) + 2 * n_out


def softmax_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one sample by a softmax regression."""
    return dense_activations(replace(plan, hidden_units=()), shape, n_out)


def patch_cnn_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one patch by a patch CNN."""
    total, area = 3 * prod(shape), shape[0] * shape[1]
    for width in plan.filters:
        total += 4 * area * width
        area = -(-area // 4)
    return total + 4 * sum(plan.hidden_units) + 2 * n_out


def fcn_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one patch by a network whose layers all have the patch's size."""
    return 3 * prod(shape) + shape[0] * shape[1] * (4 * sum(plan.filters) + 4 * n_out)


def unet_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one patch by a U-Net."""
    area = shape[0] * shape[1]
    levels = sum(18 * width * (area >> 2 * depth) for depth, width in enumerate(plan.filters))
    return 3 * prod(shape) + levels + 4 * n_out * area


def temporal_cnn_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one series by a temporal CNN."""
    dense = 4 * sum(plan.hidden_units) + 2 * n_out
    return 3 * prod(shape) + 4 * shape[0] * sum(plan.filters) + dense


def recurrent_activations(plan: ModelPlan, shape: Shape, n_out: int) -> int:
    """Numbers kept of one series by an LSTM or a GRU: gates and states of every date."""
    ways = 2 if plan.bidirectional else 1
    return 3 * prod(shape) + 12 * ways * shape[0] * sum(plan.recurrent_units) + 2 * n_out


def _recurrent_weights(
    plan: ModelPlan, shape: Shape, n_out: int, *, gates: int, biases: int
) -> int:
    ways = 2 if plan.bidirectional else 1
    total, n_in = 0, shape[-1] + 1
    for units in plan.recurrent_units:
        total += ways * gates * units * (n_in + units + biases)
        n_in = ways * units
    return total + head_weights(plan, n_in, n_out)


def _stack_weights(plan: ModelPlan, n_in: int, area: int) -> int:
    widths = (n_in, *plan.filters)
    return sum(_conv(plan, a, b, area) for a, b in pairwise(widths))


def _conv(plan: ModelPlan, n_in: int, n_out: int, area: int) -> int:
    return (n_in * area + 1) * n_out + _norm(plan, n_out)


def _norm(plan: ModelPlan, channels: int) -> int:
    return 2 * channels if plan.batch_norm else 0
