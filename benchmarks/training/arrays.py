"""The usual way: `model.fit` on arrays."""

import numpy as np

from stages.backend import keras
from stages.params import Train
from stages.train import build


def train(x: np.ndarray, y: np.ndarray, params: Train) -> list[float]:
    model = build(x, params)
    model.compile(optimizer=keras.optimizers.Adam(params.learning_rate), loss="mean_squared_error")
    history = model.fit(x, y, batch_size=params.batch_size, epochs=params.epochs, verbose=0)
    return history.history["loss"]
