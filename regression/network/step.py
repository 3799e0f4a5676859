"""A step of training, exact: dense layers with ReLU, dropout, the mean squared error, Adam."""

from collections.abc import Callable, Iterator
from math import sqrt
from typing import NamedTuple

import numpy as np

from regression.network.backend import keras, tf
from regression.network.exact import (
    double,
    on_grid,
    product,
    settled,
    short,
    single,
    summand,
    to_units,
)

# From the gradient of a layer's outputs to that of its inputs, and those of its weights.
Backward = Callable[[tf.Tensor], tuple[tf.Tensor, list[tf.Tensor]]]
# The networks' weights, each stacked, and the two moments of their gradients.
State = tuple[list[tf.Tensor], list[tf.Tensor], list[tf.Tensor]]


class Setup(NamedTuple):
    """What is the same in every step."""

    layers: list[tuple[keras.layers.Layer, ...]]  # as `answer` takes them
    bits: int  # of the operands of products
    decay: float  # from `decay_of`
    epsilon: float


class Batch(NamedTuple):
    """What each network learns from in a step; rows that are not `filled` do not count."""

    x: tf.Tensor  # float32 (networks, rows, predictors), scaled as y is
    y: tf.Tensor  # float32 (networks, rows, 1)
    filled: tf.Tensor  # boolean (networks, rows): the first ones


def train_step(
    setup: Setup, state: State, batch: Batch, rate: tf.Tensor, divisors: tf.Tensor
) -> tuple[State, tf.Tensor]:
    """The state after a step of Adam, and the sums of the squared errors: float64 (networks,).

    `rate` has one of `step_sizes` for each network, `divisors` come from `divisors_of`. A
    network without rows in this step stays where it is.
    """
    moves = batch.filled[:, 0]
    answers, backwards = answer(setup.layers, state[0], double(batch.x), setup.bits, moves)
    filled = double(batch.filled)[..., tf.newaxis]
    losses, gradient = squared_errors(answers, double(batch.y), filled)
    divided = tf.where(moves, divisors, np.inf)
    decays = tf.where(moves, setup.decay, 0.0) if setup.decay else None
    moved = [
        move(*each, rate, divided, decays, setup.epsilon)
        for each in zip(*state, gradients_of(backwards, gradient), strict=True)
    ]
    weights, means, squares = map(list, zip(*moved, strict=True))
    return (weights, means, squares), losses


def dense(
    inputs: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None, bits: int
) -> tuple[tf.Tensor, Backward]:
    """The members' dense layers: inputs and outputs are float64 (members, rows, units)."""
    a, w = on_grid(inputs, bits), on_grid(kernel, bits)
    outputs = summand(a, w)
    if bias is not None:
        outputs += double(bias)[:, tf.newaxis]

    def backward(gradient: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        g = on_grid(gradient, bits)
        gradients = [product(a, g, transpose_a=True)]
        if bias is not None:
            gradients.append(tf.reduce_sum(g.values, axis=1))
        return summand(g, w, transpose_b=True), gradients

    return outputs, backward


def relu(inputs: tf.Tensor) -> tuple[tf.Tensor, Backward]:
    def backward(gradient: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        return tf.where(inputs > 0, gradient, tf.zeros_like(gradient)), []

    return tf.nn.relu(inputs), backward


def dropout(
    inputs: tf.Tensor, layers: list[keras.layers.Dropout], moves: tf.Tensor
) -> tuple[tf.Tensor, Backward]:
    """Each member draws its mask from its own seed and count, as it does alone.

    `moves`, boolean (members,), tells which of them make this step, and so which count it.
    """
    ones = tf.ones(tf.shape(inputs)[1:])
    seeds = []
    for layer, counts in zip(layers, tf.unstack(moves), strict=True):
        state = layer.seed_generator.state
        seeds.append(tf.cast(state.value, "int32"))
        state.assign_add(tf.stack([tf.zeros((), state.dtype), tf.cast(counts, state.dtype)]))
    # A loop: as many draws as members, written out, would take most of the time to compile.
    masks = tf.map_fn(
        lambda seed: tf.nn.experimental.stateless_dropout(ones, layers[0].rate, seed),
        tf.stack(seeds),
        fn_output_signature="float32",
    )
    masks = double(masks)  # 0, or the float32 nearest to 1 / (1 - rate)
    return short(inputs) * masks, lambda gradient: (short(gradient) * masks, [])


def answer(
    layers: list[tuple[keras.layers.Layer, ...]],
    weights: list[tf.Tensor],
    inputs: tf.Tensor,
    bits: int,
    moves: tf.Tensor | None = None,
) -> tuple[tf.Tensor, list[Backward]]:
    """What the members answer, and how to go back, layer by layer.

    Each of `layers` holds one of each member; `weights` has theirs, stacked. In training `moves`
    is that of `dropout`; without it nothing is dropped.
    """
    left, backwards = list(weights), []
    for alike in layers:
        first = alike[0]
        if isinstance(first, keras.layers.Dense):
            kernel, bias = left.pop(0), left.pop(0) if first.use_bias else None
            inputs, backward = dense(inputs, kernel, bias, bits)
            backwards.append(backward)
        elif isinstance(first, keras.layers.Dropout) and first.rate and moves is not None:
            inputs, backward = dropout(inputs, list(alike), moves)
            backwards.append(backward)
        if getattr(first, "activation", None) is keras.activations.relu:
            inputs, backward = relu(inputs)
            backwards.append(backward)
    return inputs, backwards


def gradients_of(backwards: list[Backward], gradient: tf.Tensor) -> list[tf.Tensor]:
    """The gradients of all weights, in their order, from that of the answers."""
    gradients: list[tf.Tensor] = []
    for backward in reversed(backwards):
        gradient, own = backward(gradient)
        gradients = own + gradients
    return gradients


def squared_errors(
    answers: tf.Tensor, targets: tf.Tensor, filled: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The sum of each member's squared errors: (members,); the gradient of their mean.

    All are float64 (members, rows, 1); `filled` is 1 in rows that count, else 0.
    """
    errors = short((answers - targets) * filled)
    squares = on_grid(errors * errors, 40)  # which leaves room for 2,048 of them
    sums = to_units(tf.reduce_sum(squares.values, axis=[1, 2], keepdims=True), squares.unit)
    rows = tf.reduce_sum(filled, axis=1, keepdims=True)
    return sums[:, 0, 0], 2.0 * errors / tf.maximum(rows, 1.0)


def move(
    weight: tf.Tensor,
    mean: tf.Tensor,
    square: tf.Tensor,
    gradient: tf.Tensor,
    rate: tf.Tensor,
    divisors: tf.Tensor,
    decay: tf.Tensor | None,
    epsilon: float,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """A weight and the two moments of its gradients after a step of Adam or AdamW: float32.

    For each member there is a `rate`, one of `step_sizes`, two `divisors` and a `decay`. Where
    Keras multiplies by 1 - beta, this divides by its inverse, which is the divisor: a quotient is
    rounded before anything is added to it. With 0, infinity and 0 all stays as it is.
    """
    by_member = [-1] + [1] * (len(weight.shape) - 1)
    first, second = (tf.reshape(divisor, by_member) for divisor in tf.unstack(divisors))
    gradient = single(gradient)
    mean = settled(mean - (mean - gradient) / first)
    square = settled(square - square / second + gradient * gradient / second)
    if decay is not None:
        weight = single(double(weight) - double(weight) * double(tf.reshape(decay, by_member)))
    change = settled(mean * tf.reshape(rate, by_member)) / (tf.sqrt(square) + epsilon)
    return settled(weight - change), mean, square


def divisors_of(adam: keras.optimizers.Adam) -> tf.Tensor:
    """Of the two moments: (2, 1)."""
    return tf.constant([[1 / (1 - adam.beta_1)], [1 / (1 - adam.beta_2)]], "float32")


def decay_of(adam: keras.optimizers.Adam) -> float:
    """The share of a weight that a step takes: of float32, as Keras has it."""
    return float(np.float32(adam.weight_decay or 0) * np.float32(adam.learning_rate))


def step_sizes(adam: keras.optimizers.Adam) -> Iterator[float]:
    """Adam's learning rate in each step, corrected for moments that start at zero."""
    first = second = 1.0
    while True:  # by products: a power is not the same on all processors
        first, second = first * adam.beta_1, second * adam.beta_2
        yield float(adam.learning_rate) * sqrt(1 - second) / (1 - first)
