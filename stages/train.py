"""Train networks that differ in their seed alone; save their average for Keras and for LiteRT."""

from collections.abc import Iterable
from math import ceil

import numpy as np
import pandas as pd
from tqdm import tqdm

from stages.backend import keras, tf
from stages.description import describe, tell_constant
from stages.ensemble import average, check, hand_back, obstacle, shuffles, side_by_side
from stages.errors import InputError, run
from stages.files import write_csv, write_json
from stages.params import Train, load_params
from stages.saving import export, save
from stages.tables import predictors, responses


def build(x: np.ndarray, y: np.ndarray, params: Train, seed: int) -> keras.Sequential:
    """The network for predictors like `x`, unscaled, of shape (rows, predictors).

    It answers in the unit of the targets `y`, with shape (rows, 1).
    """
    keras.utils.set_random_seed(seed)
    layers = [keras.Input(x.shape[1:]), scaling(x, params)]
    for units in params.layers:
        layers.append(keras.layers.Dense(units, activation="relu"))
        if params.dropout:
            layers.append(keras.layers.Dropout(params.dropout))
    layers.append(keras.layers.Dense(1))
    if params.scaling == "standard":
        offset, scale = target_scaling(y, params)
        layers.append(keras.layers.Rescaling(scale, offset))
    return keras.Sequential(layers)


def scaling(x: np.ndarray, params: Train) -> keras.layers.Normalization:
    """max: the largest predictors become exactly 1. standard: mean 0, deviation 1."""
    x = x.astype("float64")
    if params.scaling == "standard":
        return keras.layers.Normalization(mean=x.mean(axis=0), variance=x.var(axis=0))
    largest = np.abs(x).max(axis=0)
    return keras.layers.Normalization(mean=0 * largest, variance=largest**2)


def target_scaling(y: np.ndarray, params: Train) -> tuple[float, float]:
    """Offset and scale of what is learnt; with max, as in the guide, the target itself."""
    if params.scaling == "max":
        return 0.0, 1.0
    return float(y.mean(dtype="float64")), float(y.std(dtype="float64")) or 1.0


def fit(members: list[keras.Model], x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    """Train the members on predictors `x` and targets `y`; return losses: (epochs, members).

    Does to each member what Keras's `compile` and `fit` do, with Adam and the mean squared error
    of its answers: side by side where its layers allow it, otherwise in turn. With standard
    scaling the error counts in deviations of the target. The losses returned are in the unit of
    the target, squared, and without the penalties that layers may add to what is minimised.
    """
    check(members)
    train = fit_in_turn if in_turn(members, x, y, params) else fit_side_by_side
    return train(members, x, y, params)


def in_turn(members: list[keras.Model], x: np.ndarray, y: np.ndarray, params: Train) -> str | None:
    """Why the members are trained one after another, in words; None where they are not."""
    offset, scale = target_scaling(y, params)
    last = keras.layers.Rescaling(scale, offset) if params.scaling == "standard" else None
    return obstacle(members, scaling(x, params), last)


def fit_side_by_side(
    members: list[keras.Sequential], x: np.ndarray, y: np.ndarray, params: Train
) -> np.ndarray:
    """Train all at once and a whole epoch in one call.

    For networks this small, the way to and from Python is what takes the time.
    """
    network = side_by_side(members)
    optimizer = adam(params)
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
    epochs = shuffles(len(x), params.batch_size, params.epochs, seeds(params))
    for batches in progress(epochs, params.epochs, "epoch"):
        history.append(train_epoch(batches).numpy() * scale**2)
        check_settled(history[-1], f"in epoch {len(history)}, a loss", params)
    hand_back(network, members)
    return np.array(history)


def fit_in_turn(
    members: list[keras.Model], x: np.ndarray, y: np.ndarray, params: Train
) -> np.ndarray:
    """Train one after another by Keras's own `fit`, which knows every layer but takes longer."""
    _, scale = target_scaling(y, params)
    history = []
    networks = zip(seeds(params), members, strict=True)
    for seed, member in progress(networks, len(members), "network"):
        keras.utils.set_random_seed(seed)  # for layers that draw without a seed of their own
        # Around the member, which would otherwise be saved together with its optimizer.
        network = keras.Sequential([keras.Input(x.shape[1:]), member])
        network.compile(adam(params), "mse", loss_weights=1 / scale**2, metrics=["mse"])
        epochs = shuffles(len(x), params.batch_size, params.epochs, [seed])
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


def adam(params: Train) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(params.learning_rate, weight_decay=params.weight_decay or None)


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


def constant_members(answers: np.ndarray, y: np.ndarray) -> tuple[int, ...]:
    """The members, counted from 1, that have died or never learnt.

    Their answers to the training rows, of shape (rows, members), range over less than 1e-5 of
    what the targets `y` range over.
    """
    constant = np.ptp(answers, axis=0) < 1e-5 * np.ptp(y)
    return tuple((np.flatnonzero(constant) + 1).tolist())


def seeds(params: Train) -> list[int]:
    """The members' seeds: of their initial weights and of the order of their rows."""
    return [params.seed + member for member in range(params.members)]


def tabulate(losses: np.ndarray) -> pd.DataFrame:
    """The learning curves: the loss of each member in each epoch, and their mean.

    Six digits: beyond them another kind of processor may differ.
    """
    curves = np.column_stack([losses.mean(axis=1), losses])
    names = ["loss", *(f"loss_{member + 1}" for member in range(losses.shape[1]))]
    history = pd.DataFrame(np.vectorize(lambda loss: float(f"{loss:.6g}"))(curves), columns=names)
    history.insert(0, "epoch", range(1, len(losses) + 1))
    return history


def main() -> None:
    params = load_params()
    prepare, params = params.prepare, params.train
    table = pd.read_csv("data/train.csv")

    x, y = predictors(table), responses(table, prepare.transform)
    members = [build(x, y, params, seed) for seed in seeds(params)]
    reason = in_turn(members, x, y, params)
    losses = fit(members, x, y, params)
    model = average(members)
    answers = model(x)["members"].numpy()
    check_settled(answers, "after the last epoch, an answer", params)
    constant = constant_members(answers, y)

    save(model, "models/model.keras")
    export(model, "models/model.tflite")
    description = describe("models/model.tflite", table, prepare, params, constant)
    write_json(description.model_dump(), "models/model.json")
    write_csv(tabulate(losses), "metrics/history.csv")
    turn = f"one after another, as {reason} cannot be trained side by side" if reason else ""
    notes = filter(None, [turn, tell_constant(description)])
    print(
        f"train: {len(table)} rows, {params.members} networks of {members[0].count_params():,} "
        f"weights, {params.epochs} epochs: RMSE {losses[-1].mean() ** 0.5:.4g} during the last"
        + "".join(f"; {note}" for note in notes)
    )


if __name__ == "__main__":
    run(main)
