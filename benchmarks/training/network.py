"""The guide's network as one writes it."""

import keras

from regression.params import Train


def build(params: Train, seed: int) -> keras.Sequential:
    """It takes predictors that are already scaled."""
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(units, activation="relu") for units in params.layers]
    return keras.Sequential([*hidden, keras.layers.Dense(1)])
