"""Train the network on the training rows; save it for Keras and, exported, for LiteRT."""

import json
import math
import zipfile

import numpy as np
import pandas as pd
from tqdm import tqdm

from stages.backend import keras, tf
from stages.errors import InputError, run
from stages.files import replacing, write_csv
from stages.params import Train, load_params
from stages.tables import predictors


def build(x: np.ndarray, params: Train) -> keras.Model:
    """The network for predictors like `x`, of shape (rows, predictors), all unscaled.

    It answers in the target's unit, with shape (rows, 1).
    """
    largest = np.abs(x).max(axis=0).astype("float64")
    keras.utils.set_random_seed(params.seed)
    return keras.Sequential(
        [
            keras.Input(x.shape[1:], name="predictors"),
            # Divides by the root of the variance: the largest predictors become exactly 1.
            keras.layers.Normalization(mean=0 * largest, variance=largest**2),
            *[keras.layers.Dense(units, activation="relu") for units in params.layers],
            keras.layers.Dense(1, name="predicted"),
        ]
    )


def fit(model: keras.Model, x: np.ndarray, y: np.ndarray, params: Train) -> list[float]:
    """Train `model` on predictors `x` and targets `y`; return the loss of every epoch.

    Does what `model.compile` and `model.fit` do, with a whole epoch in one call of TensorFlow:
    for a network this small, the way to and from Python costs more than the arithmetic.
    The rows are shuffled anew for every epoch, by a generator seeded with `params.seed`.
    """
    loss_function = keras.losses.MeanSquaredError()
    optimizer = keras.optimizers.Adam(params.learning_rate)
    optimizer.build(model.trainable_variables)
    x, y = tf.constant(x), tf.constant(y)

    @tf.function
    def train_epoch(order: tf.Tensor) -> tf.Tensor:
        total = 0.0
        for start in tf.range(0, len(order), params.batch_size):
            batch = order[start : start + params.batch_size]
            with tf.GradientTape() as tape:
                predicted = model(tf.gather(x, batch), training=True)
                loss = loss_function(tf.gather(y, batch), predicted)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            total += loss * tf.cast(len(batch), loss.dtype)
        return total / len(order)

    shuffle = np.random.default_rng(params.seed).permutation
    losses = []
    for epoch in tqdm(range(1, params.epochs + 1), "train", unit="epoch", delay=3, disable=None):
        losses.append(float(train_epoch(tf.constant(shuffle(len(x)), tf.int32))))
        if not math.isfinite(losses[-1]):
            raise InputError(
                f"train.learning_rate should let the loss settle, "
                f"found {params.learning_rate} and a loss of {losses[-1]} in epoch {epoch}"
            )
    return losses


def save(model: keras.Model, path: str) -> None:
    """Save a .keras file with the same bytes each time: without times and memory addresses."""
    with replacing(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        for name in ("metadata.json", "config.json"):
            entries[name] = settle(entries[name])
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in entries.items():
                archive.writestr(zipfile.ZipInfo(name), content)  # dated 1980, the zip's zero


def settle(text: bytes) -> bytes:
    """Make constant what differs between two savings of one model, in a JSON text of Keras."""
    numbers: dict[int, int] = {}

    def settled(tree: dict) -> dict:
        if "date_saved" in tree:
            tree["date_saved"] = "1980-01-01@00:00:00"
        if "shared_object_id" in tree:  # an address, which only has to tell objects apart
            tree["shared_object_id"] = numbers.setdefault(
                tree["shared_object_id"], len(numbers) + 1
            )
        return tree

    return json.dumps(json.loads(text, object_hook=settled)).encode()


def export(model: keras.Model, path: str) -> None:
    """Export for LiteRT, with an input and an output of the names that `build` gave."""
    named = keras.Model(model.inputs, {"predicted": model.outputs[0]})
    with replacing(path) as temporary:
        named.export(temporary, format="litert", verbose=False)


def main() -> None:
    params = load_params().train
    table = pd.read_csv("data/train.csv")

    x, y = predictors(table), table[["target"]].to_numpy("float32")
    model = build(x, params)
    losses = fit(model, x, y, params)

    save(model, "models/model.keras")
    export(model, "models/model.tflite")
    # Six digits: beyond them another kind of processor may differ.
    history = pd.DataFrame({"epoch": range(1, len(losses) + 1), "loss": losses})
    write_csv(history.assign(loss=[float(f"{loss:.6g}") for loss in losses]), "metrics/history.csv")
    print(
        f"train: {len(table)} rows, {model.count_params():,} weights, "
        f"{params.epochs} epochs: RMSE {losses[-1] ** 0.5:.0f} during the last"
    )


if __name__ == "__main__":
    run(main)
