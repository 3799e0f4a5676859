"""The unit in which a network learns: the target's own, or its log change since the origin."""

import numpy as np


def apply_transform(values: np.ndarray, known: np.ndarray, transform: str) -> np.ndarray:
    """From the target's unit to the unit of the loss.

    log_change: log(value) - log(known), `known` being the target's figure at the origin; to nine
    decimals, for the last digits of a logarithm are a processor's own.
    """
    return values if transform == "level" else np.log(values / known).round(9)


def invert_transform(outputs: np.ndarray, known: np.ndarray, transform: str) -> np.ndarray:
    """From the unit of the loss back to the target's; arrays broadcast as NumPy's do."""
    return outputs if transform == "level" else known * np.exp(outputs)
