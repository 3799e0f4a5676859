"""Train networks that differ in their seed alone: exactly where they can be, else by Keras."""

from collections.abc import Callable, Iterable
from math import ceil

import numpy as np
from tqdm import tqdm

from regression.errors import InputError
from regression.network.backend import keras, tf
from regression.network.ensemble import (
    batch_indices,
    check,
    obstacle,
    obstacle_in_optimizer,
    stack_weights,
    unstack_weights,
)
from regression.network.exact import MOST_TERMS, bits_for, double
from regression.network.scaling import scaling, target_scaling
from regression.network.step import (
    answer,
    decay_of,
    divisors_of,
    gradients_of,
    move,
    squared_errors,
    step_sizes,
)
from regression.params import Train

MakeOptimizer = Callable[[Train], keras.optimizers.Optimizer]
# The members' weights, each stacked, and the two moments of their gradients.
State = tuple[list[tf.Tensor], list[tf.Tensor], list[tf.Tensor]]


def fit(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> np.ndarray:
    """Train the members on predictors `x` and targets `y`; return losses: (epochs, members).

    Does to each member what Keras's `compile` and `fit` do, with an optimizer of its own and the
    mean squared error of its answers: to the same bits on every processor where layers and
    optimizer allow it, otherwise by Keras itself. With standard scaling the error counts in
    deviations of the target. The losses returned are in the unit of the target, squared, and
    without the penalties that layers may add to what is minimised.
    """
    check(members)
    reason = inexact(members, x, y, params, make_optimizer)
    train = fit_in_turn if reason else fit_exactly
    return train(members, x, y, params, make_optimizer)


def inexact(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> str | None:
    """What keeps the members from being trained exactly, in words; None if nothing does."""
    offset, scale = target_scaling(y, params)
    last = keras.layers.Rescaling(scale, offset) if params.scaling == "standard" else None
    found = obstacle(members, scaling(x, params), last)
    found = found or obstacle_in_optimizer(make_optimizer(params))
    if not found and (terms := most_terms(members, x, params)) > MOST_TERMS:
        return f"a sum of {terms} products (more than {MOST_TERMS})"
    return found


def most_terms(members: list[keras.Model], x: np.ndarray, params: Train) -> int:
    """The terms of the longest sum in a step: over the rows of a batch, or a layer's units."""
    sides = [side for weight in members[0].trainable_variables for side in weight.shape]
    return max(min(params.batch_size, len(x)), *sides)


def fit_exactly(
    members: list[keras.Sequential],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> np.ndarray:
    """Train all at once and a whole epoch in one call, in arithmetic that no processor changes.

    For networks this small, the way to and from Python is what takes the time.
    """
    adam = make_optimizer(params)
    decay = decay_of(adam)
    offset, scale = target_scaling(y, params)
    inputs = tf.constant(members[0].layers[0](x))
    targets = tf.constant((y - offset) / scale, "float32")
    layers = list(zip(*(member.layers[1:] for member in members), strict=True))
    bits = bits_for(most_terms(members, x, params))

    def train_step(
        state: State, batch: tf.Tensor, rate: tf.Tensor, divisors: tf.Tensor
    ) -> tuple[State, tf.Tensor]:
        filled, rows = double(batch >= 0)[..., tf.newaxis], tf.maximum(batch, 0)
        answers, backwards = answer(layers, state[0], double(tf.gather(inputs, rows)), bits)
        losses, gradient = squared_errors(answers, double(tf.gather(targets, rows)), filled)
        moved = [
            move(*each, rate, divisors, decay, adam.epsilon)
            for each in zip(*state, gradients_of(backwards, gradient), strict=True)
        ]
        weights, means, squares = map(list, zip(*moved, strict=True))
        return (weights, means, squares), losses

    # Nothing here needs translating from Python, which takes longer than tracing.
    @tf.function(jit_compile=True, autograph=False)
    def train_epoch(
        state: State, batches: tf.Tensor, rates: tf.Tensor, divisors: tf.Tensor
    ) -> tuple[State, tf.Tensor]:
        def next_step(step: tf.Tensor, state: State, total: tf.Tensor) -> tuple:
            state, losses = train_step(state, batches[step], rates[step], divisors)
            return step + 1, state, total + losses

        start = 0, state, tf.zeros(len(members), "float64")
        return tf.while_loop(lambda step, *_: step < tf.size(rates), next_step, start)[1:]

    weights = stack_weights(members)
    zeros = [tf.zeros_like(weight) for weight in weights]
    state = weights, zeros, zeros
    divisors, rates = divisors_of(adam), step_sizes(adam)
    history = []
    epochs = batch_indices(len(x), params.batch_size, params.epochs, member_seeds(params))
    for batches in progress(epochs, params.epochs, "epoch"):
        sizes = np.array([next(rates) for _ in batches], "float32")
        by_member = tf.constant(batches.transpose(0, 2, 1))
        state, losses = train_epoch(state, by_member, tf.constant(sizes), divisors)
        history.append(losses.numpy() / len(x) * (scale * scale))
        check_settled(history[-1], f"in epoch {len(history)}, a loss", params)
    unstack_weights(state[0], members)
    return np.array(history)


def fit_in_turn(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> np.ndarray:
    """Train one after another by Keras's own `fit`, which knows every layer but takes longer."""
    _, scale = target_scaling(y, params)
    history = []
    networks = zip(member_seeds(params), members, strict=True)
    for seed, member in progress(networks, len(members), "network"):
        keras.utils.set_random_seed(seed)  # for layers that draw without a seed of their own
        # Around the member, which would otherwise be saved together with its optimizer.
        network = keras.Sequential([keras.Input(x.shape[1:]), member])
        network.compile(make_optimizer(params), "mse", loss_weights=1 / scale**2, metrics=["mse"])
        epochs = batch_indices(len(x), params.batch_size, params.epochs, [seed])
        batches = (batch[batch >= 0] for epoch in epochs for batch in epoch)
        fitted = network.fit(
            ((x[rows], y[rows]) for rows in batches),
            epochs=params.epochs,
            steps_per_epoch=ceil(len(x) / params.batch_size),
            shuffle=False,
            verbose=0,
        )
        history.append(fitted.history["mse"])
        for epoch, loss in enumerate(history[-1], 1):
            check_settled(loss, f"in epoch {epoch}, a loss", params)
    return np.transpose(history)


def progress(steps: Iterable, total: int, unit: str) -> Iterable:
    """The steps, under a bar if they take long; under the bar of a longer task, it goes after."""
    return tqdm(steps, "train", total, unit=unit, delay=3, leave=None, disable=None)


def check_settled(figures: np.ndarray, what: str, params: Train) -> None:
    """Raise InputError where losses or answers are no finite figures any more."""
    wild = np.extract(~np.isfinite(figures), figures)
    if wild.size:
        raise InputError(
            "train.learning_rate and train.weight_decay should let the loss settle, found "
            f"{params.learning_rate} and {params.weight_decay} and, {what} of {wild[0]}"
        )


def member_seeds(params: Train) -> list[int]:
    """The members' seeds: of their initial weights and of the order of their rows."""
    return [params.seed + member for member in range(params.members)]
