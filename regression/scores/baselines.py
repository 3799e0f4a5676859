"""What needs no network: predictors that a model has to beat, beside the last known figure.

`train` and `test` are tables of the stage split: keys, predictors, known, target.
"""

import numpy as np
import pandas as pd

from regression.table.rows import predictors, targets
from regression.table.transforms import invert_transform


def mean(train: pd.DataFrame, test: pd.DataFrame, transform: str) -> np.ndarray:
    """The mean of the training targets, for every test row: shape (rows,).

    change, log_change: the drift, which is the known figure moved on by the mean change.
    """
    outputs = np.full(len(test), targets(train, transform).mean(dtype="float64"))
    return invert_transform(outputs, test["known"].to_numpy("float64"), transform)


def linear(train: pd.DataFrame, test: pd.DataFrame, transform: str) -> np.ndarray:
    """Ordinary least squares on the same predictors, with an intercept: shape (rows,).

    Of changes, with the target among the features: an autoregression.
    Solved about the training means, in units of the training deviations, where numbers as
    unlike as percents and persons lose no digits. A predictor that others make up is left out.
    """
    x, y = predictors(train).astype("float64"), targets(train, transform)[:, 0].astype("float64")
    centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-12)
    slopes = least_squares((x - centre) / scale, y - y.mean())
    outputs = ((predictors(test) - centre) / scale * slopes).sum(axis=1) + y.mean()
    return invert_transform(outputs, test["known"].to_numpy("float64"), transform)


def least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slopes, of shape (columns,), that y has on the columns of x.

    By Gram-Schmidt, each column twice (Giraud, Langou and Rozloznik 2005, The loss of
    orthogonality in the Gram-Schmidt orthogonalization process, Computers and Mathematics with
    Applications 50, 1069-1075): with NumPy's sums alone, for the last digits of LAPACK are those
    of a processor. Where columns make up another, its slope is 0.
    """
    slopes, left = np.zeros(x.shape[1]), y
    basis: list[tuple[np.ndarray, np.ndarray, float]] = []
    for column, unit in zip(x.T, np.eye(x.shape[1]), strict=True):
        rest, made_of = column, unit
        for _ in range(2):
            for vector, parts, square in basis:
                share = (vector * rest).sum() / square
                rest, made_of = rest - share * vector, made_of - share * parts
        square = (rest * rest).sum()
        if square > 1e-20 * (column * column).sum():
            basis.append((rest, made_of, square))
            share = (rest * left).sum() / square
            left, slopes = left - share * rest, slopes + share * made_of
    return slopes


def neighbours(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """The target between the nearest training dates: shape (rows,).

    Linear in calendar days, held constant before the first training date and after the last.
    """
    days, test_days = (rows["date"].to_numpy("datetime64[D]").astype(int) for rows in (train, test))
    return np.interp(test_days, days, train["target"])
