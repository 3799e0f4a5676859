"""Train networks that differ in their seed alone; save their average for Keras and for LiteRT."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from stages.backend import keras, tf
from stages.ensemble import average, hand_back, shuffles, side_by_side
from stages.errors import InputError, run
from stages.files import write_csv
from stages.params import Train, load_params
from stages.saving import export, save
from stages.tables import predictors


def build(x: np.ndarray, params: Train, seed: int) -> keras.Sequential:
    """The network for predictors like `x`, of shape (rows, predictors), all unscaled.

    It answers in the target's unit, with shape (rows, 1).
    """
    largest = np.abs(x).max(axis=0).astype("float64")
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            # Divides by the root of the variance: the largest predictors become exactly 1.
            keras.layers.Normalization(mean=0 * largest, variance=largest**2),
            *[keras.layers.Dense(units, activation="relu") for units in params.layers],
            keras.layers.Dense(1),
        ]
    )


def fit(members: list[keras.Sequential], x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    """Train the members on predictors `x` and targets `y`; return losses: (epochs, members).

    Does to each member what `compile` and `fit` do, but to all at once and with a whole epoch
    in one call: for networks this small, the way to and from Python is what takes the time.
    """
    network = side_by_side(members)
    optimizer = keras.optimizers.Adam(params.learning_rate)
    optimizer.build(network.trainable_variables)
    loss_function = keras.losses.MeanSquaredError(reduction=None)
    scaled, y = members[0].layers[0](x), tf.constant(y)

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
    for batches in tqdm(epochs, "train", params.epochs, unit="epoch", delay=3, disable=None):
        history.append(train_epoch(batches).numpy())
        if not np.isfinite(history[-1]).all():
            raise InputError(
                f"train.learning_rate should let the loss settle, found {params.learning_rate} "
                f"and a loss of {history[-1].max()} in epoch {len(history)}"
            )
    hand_back(network, members)
    return np.array(history)


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
    params = load_params().train
    table = pd.read_csv("data/train.csv")

    x, y = predictors(table), table[["target"]].to_numpy("float32")
    members = [build(x, params, seed) for seed in seeds(params)]
    losses = fit(members, x, y, params)
    model = average(members)

    save(model, "models/model.keras")
    export(model, "models/model.tflite")
    write_csv(tabulate(losses), "metrics/history.csv")
    print(
        f"train: {len(table)} rows, {params.members} networks of {members[0].count_params():,} "
        f"weights, {params.epochs} epochs: RMSE {losses[-1].mean() ** 0.5:.0f} during the last"
    )


if __name__ == "__main__":
    run(main)
