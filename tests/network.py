"""The networks that tests train: a change of `build` in stages/train.py changes none of them."""

import numpy as np

from regression.network.backend import keras
from regression.network.scaling import scaling, target_scaling
from regression.params import Train

L = keras.layers


def build(x: np.ndarray, y: np.ndarray, params: Train, seed: int) -> keras.Sequential:
    """Of all kinds of layers that are trained exactly."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input(x.shape[1:]), scaling(x, params)]
    for units in params.layers:
        layers.append(L.Dense(units, "relu"))
        if params.dropout:
            layers.append(L.Dropout(params.dropout))
    layers.append(L.Dense(1))
    if params.scaling == "standard":
        offset, scale = target_scaling(y, params)
        layers.append(L.Rescaling(scale, offset))
    return keras.Sequential(layers)


def optimizer(params: Train) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(params.learning_rate, weight_decay=params.weight_decay or None)
