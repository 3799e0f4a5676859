"""The unit in which a network learns: the target's own, or its log change since the origin."""

import numpy as np


def transform(values: np.ndarray, known: np.ndarray, kind: str) -> np.ndarray:
    """From the target's unit to the unit of the loss.

    log_change: log(value) - log(known), `known` being the target's figure at the origin.
    """
    return values if kind == "level" else np.log(values / known)


def inverse_transform(answers: np.ndarray, known: np.ndarray, kind: str) -> np.ndarray:
    """From the unit of the loss back to the target's; arrays broadcast as NumPy's do."""
    return answers if kind == "level" else known * np.exp(answers)
