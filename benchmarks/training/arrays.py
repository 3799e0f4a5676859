"""The usual way: `model.fit` on arrays, one network after another."""

import keras
import numpy as np

from regression.params import Train


def train(x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    x = x / x.max(axis=0)
    losses = []
    for seed in range(params.seed, params.seed + params.members):
        model = build(params, seed)
        model.compile(keras.optimizers.Adam(params.learning_rate), loss="mean_squared_error")
        history = model.fit(x, y, batch_size=params.batch_size, epochs=params.epochs, verbose=0)
        losses.append(history.history["loss"])
    return np.transpose(losses)


def build(params: Train, seed: int) -> keras.Sequential:
    """The guide's network as one writes it, for predictors that are already scaled."""
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(units, activation="relu") for units in params.layers]
    return keras.Sequential([*hidden, keras.layers.Dense(1)])
