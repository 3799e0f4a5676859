"""Train networks that differ in their seed alone: exactly where they can be, else by Keras."""

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import NamedTuple

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
    Batch,
    Setup,
    State,
    answer,
    decay_of,
    divisors_of,
    step_sizes,
    train_step,
)
from regression.params import Train

MakeOptimizer = Callable[[Train], keras.optimizers.Optimizer]
BLOCK = 1024  # held-out rows that are answered at a time


class Fold(NamedTuple):
    """A network beside the members, which trains on some rows and is asked about others."""

    network: keras.Model
    rows: np.ndarray  # their numbers, from 0
    held_out: np.ndarray


class History(NamedTuple):
    """Losses are in the unit of the target, squared; answers in the unit of the target."""

    losses: np.ndarray  # (epochs, members)
    val_losses: np.ndarray  # of each fold, of the rows that it holds out: (epochs, folds)
    answers: list[np.ndarray]  # of each fold, to these rows after the last epoch: (rows,)
    inexact: str | None = None  # what kept the networks from being trained exactly


def fit(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
    folds: Sequence[Fold] = (),
) -> History:
    """Train the members on predictors `x` and targets `y`, and beside them the folds' networks.

    Does to each network what Keras's `compile` and `fit` do, with an optimizer of its own and the
    mean squared error of its answers: to the same bits on every processor where layers and
    optimizer allow it, otherwise by Keras itself. With standard scaling the error counts in
    deviations of the target. The losses returned are without the penalties that layers may add
    to what is minimised.
    """
    check([*members, *(fold.network for fold in folds)])
    reason = inexact(members, x, y, params, make_optimizer)
    for network, rows, _ in folds:
        reason = reason or inexact([network], x[rows], y[rows], params, make_optimizer)
    train = fit_in_turn if reason else fit_exactly
    return train(members, x, y, params, make_optimizer, folds)._replace(inexact=reason)


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


class Scaled(NamedTuple):
    """Rows as a network learns them: predictors and (targets - offset) / scale, float32."""

    x: tf.Tensor
    y: np.ndarray
    offset: float
    scale: float


def scaled(network: keras.Model, x: np.ndarray, y: np.ndarray, params: Train) -> Scaled:
    offset, scale = target_scaling(y, params)
    return Scaled(network.layers[0](x), (y - offset) / scale, offset, scale)


def in_blocks(tables: list[tf.Tensor]) -> list[tf.Tensor]:
    """The tables side by side, some rows at a time: (tables, rows, columns), filled up with 0."""
    if not tables:
        return []
    longest = max(len(table) for table in tables)
    filled = [tf.pad(table, [[0, longest - len(table)], [0, 0]]) for table in tables]
    stacked = tf.stack(filled)
    return [stacked[:, start : start + BLOCK] for start in range(0, longest, BLOCK)]


def fit_exactly(
    members: list[keras.Sequential],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
    folds: Sequence[Fold] = (),
) -> History:
    """Train all at once and a whole epoch in one call, in arithmetic that no processor changes.

    For networks this small, the way to and from Python is what takes the time.
    """
    adam = make_optimizer(params)
    networks = [*members, *(fold.network for fold in folds)]
    layers = list(zip(*(network.layers[1:] for network in networks), strict=True))
    bits = bits_for(most_terms(members, x, params))
    setup = Setup(layers, bits, decay_of(adam), adam.epsilon)
    # The members learn from one table, each fold from its own: here one lies below another.
    tables = [scaled(members[0], x, y, params)]
    tables += [scaled(network, x[rows], y[rows], params) for network, rows, _ in folds]
    inputs, targets = (tf.concat(parts, axis=0) for parts in list(zip(*tables, strict=True))[:2])
    table_of = np.array([0] * len(members) + list(range(1, len(tables))))
    lengths = np.array([len(table.y) for table in tables])
    starts = np.cumsum(lengths) - lengths

    # Nothing here needs translating from Python, which takes longer than tracing.
    @tf.function(jit_compile=True, autograph=False)
    def train_epoch(
        state: State, batches: tf.Tensor, rates: tf.Tensor, divisors: tf.Tensor
    ) -> tuple[State, tf.Tensor]:
        def next_step(step: tf.Tensor, state: State, total: tf.Tensor) -> tuple:
            rows = tf.maximum(batches[step], 0)
            batch = Batch(tf.gather(inputs, rows), tf.gather(targets, rows), batches[step] >= 0)
            state, losses = train_step(setup, state, batch, rates[step], divisors)
            return step + 1, state, total + losses

        start = 0, state, tf.zeros(len(networks), "float64")
        return tf.while_loop(lambda step, *_: step < rates.shape[0], next_step, start)[1:]

    @tf.function(autograph=False)
    def ask_folds(weights: list[tf.Tensor]) -> tf.Tensor:
        own = [alike[len(members) :] for alike in layers], [w[len(members) :] for w in weights]
        parts = [answer(*own, double(rows), bits)[0] for rows in held_out]
        return tf.concat(parts, axis=1)[..., 0]

    held_out = in_blocks([network.layers[0](x[rows]) for network, _, rows in folds])
    weights = stack_weights(networks)
    zeros = [tf.zeros_like(weight) for weight in weights]
    state = weights, zeros, zeros
    divisors, rates = divisors_of(adam), [step_sizes(adam) for _ in tables]
    seeds = network_seeds(params, folds)
    epochs = batch_indices(list(lengths[table_of]), params.batch_size, params.epochs, seeds)
    losses, val_losses, answers = [], [], []
    for epoch, batches in enumerate(progress(epochs, params.epochs, "epoch"), 1):
        sizes = np.zeros((len(batches), len(tables)), "float32")
        for column, rate, length in zip(sizes.T, rates, lengths, strict=True):
            steps = ceil(length / batches.shape[1])
            column[:steps] = [next(rate) for _ in range(steps)]
        rows = np.where(batches < 0, -1, batches + starts[table_of]).transpose(0, 2, 1)
        state, summed = train_epoch(
            state, tf.constant(rows, "int32"), tf.constant(sizes[:, table_of]), divisors
        )
        losses.append(summed[: len(members)].numpy() / len(x) * (tables[0].scale * tables[0].scale))
        check_settled(losses[-1], f"in epoch {epoch}, a loss", params)
        if folds:
            answers = [
                outputs[: len(fold.held_out)] * table.scale + table.offset
                for outputs, fold, table in zip(
                    ask_folds(state[0]).numpy(), folds, tables[1:], strict=True
                )
            ]
        val_losses.append(squared(answers, y, folds))
        check_settled(val_losses[-1], f"in epoch {epoch}, a loss", params)
    unstack_weights(state[0], networks)
    return History(np.array(losses), np.array(val_losses), answers)


def squared(answers: list[np.ndarray], y: np.ndarray, folds: Sequence[Fold]) -> list[float]:
    """The mean squared error of each fold's answers."""
    errors = [own - y[fold.held_out, 0] for own, fold in zip(answers, folds, strict=True)]
    return [float(np.mean(each * each)) for each in errors]


def fit_in_turn(
    members: list[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    params: Train,
    make_optimizer: MakeOptimizer,
    folds: Sequence[Fold] = (),
) -> History:
    """Train one after another by Keras's own `fit`, which knows every layer but takes longer."""
    everything = np.arange(len(x))
    learners = [*(Fold(member, everything, everything[:0]) for member in members), *folds]
    history, val_history, answers = [], [], []
    networks = zip(network_seeds(params, folds), learners, strict=True)
    for seed, (member, rows, held_out) in progress(networks, len(learners), "network"):
        keras.utils.set_random_seed(seed)  # for layers that draw without a seed of their own
        _, scale = target_scaling(y[rows], params)
        # Around the member, which would otherwise be saved together with its optimizer.
        network = keras.Sequential([keras.Input(x.shape[1:]), member])
        network.compile(make_optimizer(params), "mse", loss_weights=1 / scale**2, metrics=["mse"])
        epochs = batch_indices([len(rows)], params.batch_size, params.epochs, [seed])
        batches = (rows[batch[batch >= 0]] for epoch in epochs for batch in epoch)
        others = (x[held_out], y[held_out])
        fitted = network.fit(
            ((x[batch], y[batch]) for batch in batches),
            epochs=params.epochs,
            steps_per_epoch=ceil(len(rows) / params.batch_size),
            shuffle=False,
            verbose=0,
            validation_data=others if len(held_out) else None,
            validation_batch_size=BLOCK,
        )
        for epoch, loss in enumerate(fitted.history["mse"], 1):
            check_settled(loss, f"in epoch {epoch}, a loss", params)
        if len(held_out):
            val_history.append(fitted.history["val_mse"])
            answers.append(network.predict(x[held_out], BLOCK, verbose=0)[:, 0].astype("float64"))
        else:
            history.append(fitted.history["mse"])
    val_losses = np.transpose(val_history).reshape(params.epochs, -1)
    return History(np.transpose(history), val_losses, answers)


def progress(steps: Iterable, total: int, unit: str) -> Iterable:
    """The steps, under a bar if they take long; under the bar of a longer task, it goes after."""
    return tqdm(steps, "train", total, unit=unit, delay=3, leave=None, disable=None)


def check_settled(figures: np.ndarray | list[float], what: str, params: Train) -> None:
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


def network_seeds(params: Train, folds: Sequence[Fold]) -> list[int]:
    """The seeds of the members and of the folds' networks, which all have the first member's."""
    return member_seeds(params) + [params.seed] * len(folds)
