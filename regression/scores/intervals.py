"""How wide an interval has to be: conformal prediction, from errors that were already known."""

from bisect import insort
from math import ceil
from typing import NamedTuple

import numpy as np

GAMMA = 0.02  # how fast a miss widens what follows


class Intervals(NamedTuple):
    """Half widths in the unit of the errors, and how they came about."""

    method: str
    half_widths: np.ndarray  # of each test row; NaN where there is no interval
    half_width: float | None  # of a prediction made after the last test row
    at_limit: int  # test rows for which no error seen was large enough


def held_out_conformal(errors: np.ndarray, test_rows: int, coverage: float) -> Intervals:
    """For test rows drawn at random: calibrated on training rows, as networks that had not seen
    them answered.

    `errors` are absolute, one for each training row. As CV+ (Barber, Candes, Ramdas and
    Tibshirani 2021), but about the prediction of the model itself. Without errors there is no
    interval.
    """
    method = "conformal, from errors on held-out training rows"
    if not len(errors):
        none = "none, as there are no held-out training rows to calibrate them on (train.folds 0)"
        return Intervals(none, np.full(test_rows, np.nan), None, 0)
    half_width, largest = quantile(errors, coverage), float(errors.max())
    at_limit = test_rows if half_width > largest else 0
    half_width = min(half_width, largest)
    return Intervals(method, np.full(test_rows, half_width), half_width, at_limit)


def adaptive_conformal(
    errors: np.ndarray,
    origins: np.ndarray,
    dates: np.ndarray,
    test_rows: int,
    coverage: float,
) -> Intervals:
    """For test rows in the order of time: each is calibrated on errors known at its origin.

    `errors` (absolute), `origins` and `dates` (those predicted) are those of the training rows
    and then of `test_rows` test rows, in the order of the dates. All errors known count, those
    of the training rows from the start: a few years of them may hold no recession. Every miss
    that has become known lowers alpha, the share of errors left outside, and every hit raises
    it: alpha + GAMMA * (1 - coverage - missed), kept within 0 and 1 (Gibbs and Candes 2021,
    equation 2). Where no known error is large enough, and so at alpha 0, the interval is as wide
    as the largest.
    """
    first = len(errors) - test_rows
    ordered = np.sort(errors[:first]).tolist()
    alpha, learnt, at_limit = 1 - coverage, first, 0
    half_widths: list[float] = []
    for row in range(first, len(errors) + 1):
        # After the last row everything is known.
        known = row if row == len(errors) else np.searchsorted(dates[:row], origins[row], "right")
        for told in range(learnt, known):
            missed = errors[told] > half_widths[told - first]
            alpha = min(max(alpha + GAMMA * (1 - coverage - missed), 0.0), 1.0)
            insort(ordered, errors[told])
        learnt = max(learnt, known)
        needed = rank(len(ordered), 1 - alpha)
        at_limit += row < len(errors) and needed > len(ordered)
        half_widths.append(float(ordered[min(needed, len(ordered)) - 1]))
    return Intervals("adaptive conformal", np.array(half_widths[:-1]), half_widths[-1], at_limit)


def deviation(coverage: float, periods: np.ndarray, horizon: int) -> float:
    """How far the share that a right interval holds of some rows is off, by luck alone.

    The standard deviation of the mean of hits of probability `coverage`, one for each of
    `periods`: whole numbers, ascending. Errors of rows within a horizon of each other share
    periods, k apart horizon - k of them, so that these errors correlate by 1 - k / horizon and
    hits by its square at most (as Mehler's series shows for Gaussian errors). Rows drawn at
    random have fewer such neighbours than rows that follow each other.
    """
    rows = len(periods)
    there = np.bincount(periods - periods.min())
    shared = sum(
        (there[apart:] @ there[:-apart]) * (1 - apart / horizon) ** 2
        for apart in range(1, min(horizon, len(there)))
    )
    return float(np.sqrt(coverage * (1 - coverage) / rows * (1 + 2 * shared / rows)))


def quantile(errors: np.ndarray, coverage: float) -> float:
    """The error that a new one exceeds with a probability of at most 1 - coverage.

    The one of that rank among the errors; infinite where they are too few for it.
    """
    needed = rank(len(errors), coverage)
    return float(np.sort(errors)[needed - 1]) if needed <= len(errors) else np.inf


def rank(errors: int, coverage: float) -> int:
    """Which of so many errors, the smallest first: number ceil((n + 1) * coverage) of n."""
    return max(ceil(round((errors + 1) * coverage, 9)), 1)
