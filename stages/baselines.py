"""What needs no network: predictors that a model has to beat, beside the last known figure."""

import numpy as np
import pandas as pd

from stages.tables import predictors


def mean(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """The mean of the training targets, for every test row: shape (rows,)."""
    return np.full(len(test), train["target"].mean())


def linear(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """Ordinary least squares on the same predictors, with an intercept: shape (rows,).

    Solved about the training means, in units of the training deviations, where numbers as
    unlike as percents and persons lose no digits.
    """
    x = predictors(train).astype("float64")
    centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-12)
    level = train["target"].mean()
    slopes, *_ = np.linalg.lstsq((x - centre) / scale, train["target"] - level)
    return (predictors(test) - centre) / scale @ slopes + level


def neighbours(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """The target between the nearest training months: shape (rows,).

    Linear in calendar days, held constant before the first training month and after the last.
    """
    days, test_days = (rows["date"].to_numpy("datetime64[D]").astype(int) for rows in (train, test))
    return np.interp(test_days, days, train["target"])
