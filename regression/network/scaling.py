"""How predictors and targets are scaled: by the training rows alone, inside the model."""

import numpy as np

from regression.network.backend import keras
from regression.params import Train


def scaling(x: np.ndarray, params: Train) -> keras.layers.Rescaling:
    """max: the largest predictors become 1, to one unit in the last place of a float32.

    standard: mean 0, deviation 1. A predictor without a scale of its own (max: 0 throughout,
    standard: all alike) becomes 0.
    """
    x = x.astype("float64")
    offset, size = 0 * x[0], np.abs(x).max(axis=0)
    if params.scaling == "standard":
        offset, size = x.mean(axis=0), x.std(axis=0) * (np.ptp(x, axis=0) > 0)
    # Divided here: the converter to LiteRT would fold a root in digits of its processor's own.
    scale = np.divide(1, size, out=0 * size, where=size > 0)
    return keras.layers.Rescaling(scale, -offset * scale)


def target_scaling(y: np.ndarray, params: Train) -> tuple[float, float]:
    """Offset and scale of what is learnt; with max, as in the guide, the target itself."""
    if params.scaling == "max":
        return 0.0, 1.0
    return float(y.mean(dtype="float64")), float(y.std(dtype="float64")) or 1.0
