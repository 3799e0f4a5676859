"""How predictors and targets are scaled: by the training rows alone, inside the model."""

import numpy as np

from regression.network.backend import keras
from regression.params import Train


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
