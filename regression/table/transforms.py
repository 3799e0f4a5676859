"""The unit in which a network learns: the target's own, or its change since the origin."""

import numpy as np


def apply_transform(values: np.ndarray, known: np.ndarray, transform: str) -> np.ndarray:
    """From the target's unit to the unit of the loss.

    `known` is the target's figure at the origin. change: value - known; log_change:
    log(value) - log(known), to nine decimals, for the last digits of a logarithm are a
    processor's own.
    """
    if transform == "level":
        return values
    return values - known if transform == "change" else np.log(values / known).round(9)


def invert_transform(outputs: np.ndarray, known: np.ndarray, transform: str) -> np.ndarray:
    """From the unit of the loss back to the target's; arrays broadcast as NumPy's do."""
    if transform == "level":
        return outputs
    return known + outputs if transform == "change" else known * np.exp(outputs)
