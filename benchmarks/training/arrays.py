"""The usual way: `model.fit` on arrays, one network after another."""

import keras
import numpy as np

from benchmarks.training.network import build
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
