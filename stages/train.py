"""Train networks that differ in their seed alone; save their average for Keras and for LiteRT."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from regression.errors import InputError, run
from regression.files import write_csv, write_json
from regression.model.description import describe
from regression.network.backend import keras, tf
from regression.network.ensemble import average, batch_indices, side_by_side, unstack_weights
from regression.network.saving import export, save
from regression.params import Train, load_params
from regression.table.rows import predictors, targets


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


def fit(members: list[keras.Sequential], x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    """Train the members on predictors `x` and targets `y`; return losses: (epochs, members).

    Does to each member what `compile` and `fit` do, but to all at once and with a whole epoch
    in one call: for networks this small, the way to and from Python is what takes the time.
    """
    network = side_by_side(members)
    optimizer = keras.optimizers.Adam(
        params.learning_rate, weight_decay=params.weight_decay or None
    )
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
    # leave: beneath the bar of a longer task, this one goes when it is done.
    bar = {"unit": "epoch", "delay": 3, "leave": None, "disable": None}
    for batches in tqdm(epochs, "train", params.epochs, **bar):
        history.append(train_epoch(batches).numpy() * scale**2)
        if not np.isfinite(history[-1]).all():
            raise InputError(
                f"train.learning_rate should let the loss settle, found {params.learning_rate} "
                f"and a loss of {history[-1].max()} in epoch {len(history)}"
            )
    unstack_weights(network, members)
    return np.array(history)


def member_seeds(params: Train) -> list[int]:
    """The members' seeds: of their initial weights and of the order of their rows."""
    return [params.seed + member for member in range(params.members)]


def learning_curves(losses: np.ndarray) -> pd.DataFrame:
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

    x, y = predictors(table), targets(table, prepare.transform)
    members = [build(x, y, params, seed) for seed in member_seeds(params)]
    losses = fit(members, x, y, params)
    model = average(members)

    save(model, "models/model.keras")
    export(model, "models/model.tflite")
    description = describe("models/model.tflite", table, prepare, params)
    write_json(description.model_dump(), "models/model.json")
    write_csv(learning_curves(losses), "metrics/history.csv")
    print(
        f"train: {len(table)} rows, {params.members} networks of {members[0].count_params():,} "
        f"weights, {params.epochs} epochs: RMSE {losses[-1].mean() ** 0.5:.4g} during the last"
    )


if __name__ == "__main__":
    run(main)
