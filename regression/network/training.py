"""Train networks that differ in their seed alone: side by side where they can be, else in turn."""

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
    side_by_side,
    unstack_weights,
)
from regression.network.scaling import scaling, target_scaling
from regression.params import Train

MakeOptimizer = Callable[[Train], keras.optimizers.Optimizer]


def fit(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> np.ndarray:
    """Train the members on predictors `x` and targets `y`; return losses: (epochs, members).

    Does to each member what Keras's `compile` and `fit` do, with an optimizer of its own and the
    mean squared error of its answers: side by side where layers and optimizer allow it, otherwise
    in turn. With standard scaling the error counts in deviations of the target. The losses
    returned are in the unit of the target, squared, and without the penalties that layers may
    add to what is minimised.
    """
    check(members)
    reason = in_turn(members, x, y, params, make_optimizer)
    train = fit_in_turn if reason else fit_side_by_side
    return train(members, x, y, params, make_optimizer)


def in_turn(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> str | None:
    """Why the members are trained one after another, in words; None where they are not."""
    offset, scale = target_scaling(y, params)
    last = keras.layers.Rescaling(scale, offset) if params.scaling == "standard" else None
    layers = obstacle(members, scaling(x, params), last)
    return layers or obstacle_in_optimizer(make_optimizer(params))


def fit_side_by_side(
    members: list[keras.Sequential],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
) -> np.ndarray:
    """Train all at once and a whole epoch in one call.

    For networks this small, the way to and from Python is what takes the time.
    """
    network = side_by_side(members)
    optimizer = make_optimizer(params)
    optimizer.build(network.trainable_variables)
    loss_function = keras.losses.MeanSquaredError(reduction=None)
    offset, scale = target_scaling(y, params)
    scaled, y = members[0].layers[0](x), tf.constant((y - offset) / scale, "float32")

    @tf.function(jit_compile=True)
    def train_epoch(batches: tf.Tensor) -> tf.Tensor:
        total = tf.zeros(len(members))
        for batch in batches:
            filled, rows = tf.cast(batch >= 0, "float32"), tf.maximum(batch, 0)
            with tf.GradientTape() as tape:
                predicted = network(tf.gather(scaled, rows), training=True)
                losses = filled * loss_function(tf.gather(y, rows), predicted)
                loss = tf.reduce_sum(losses) / tf.reduce_sum(filled[:, 0])
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply(gradients, network.trainable_variables)
            total += tf.reduce_sum(losses, axis=0)
        return total / len(x)

    history = []
    epochs = batch_indices(len(x), params.batch_size, params.epochs, member_seeds(params))
    for batches in progress(epochs, params.epochs, "epoch"):
        history.append(train_epoch(batches).numpy() * scale**2)
        check_settled(history[-1], f"in epoch {len(history)}, a loss", params)
    unstack_weights(network, members)
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
