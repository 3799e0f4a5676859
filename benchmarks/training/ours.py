"""Ours: a whole epoch in one call of TensorFlow, as the stage train does it."""

import numpy as np

from stages.params import Train
from stages.train import build, fit


def train(x: np.ndarray, y: np.ndarray, params: Train) -> list[float]:
    return fit(build(x, params), x, y, params)
