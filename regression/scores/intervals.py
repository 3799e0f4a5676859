"""How wide an interval has to be: conformal prediction, from errors that were already known."""

from bisect import insort
from math import ceil
from typing import NamedTuple

import numpy as np

GAMMA = 0.02  # how fast a miss widens what follows


class Intervals(NamedTuple):
    """Half widths in the unit of the errors, and how they came about."""

    method: str
    half_widths: np.ndarray  # of each test row
    half_width: float  # of a prediction made after the last test row
    at_limit: int  # test rows for which no error seen was large enough


def split_conformal(errors: np.ndarray, coverage: float) -> Intervals:
    """For test rows drawn at random: each is calibrated on the errors of all the others.

    `errors` are absolute, of shape (test rows,). The quantile is that of Vovk, Gammerman and
    Shafer 2005 for exchangeable errors, which is why the coverage comes out near nominal.
    """
    ordered, others = np.sort(errors), len(errors) - 1
    largest, needed = ordered[-1], rank(others, coverage)
    half_widths = np.full(len(errors), largest)
    if needed <= others:
        # Without an error that is no larger than the one of this rank, the next has its rank.
        half_widths = np.where(errors <= ordered[needed - 1], ordered[needed], ordered[needed - 1])
    return Intervals(
        method="split conformal",
        half_widths=half_widths,
        half_width=min(quantile(errors, coverage), largest),
        at_limit=len(errors) if needed > others else 0,
    )


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


def deviation(coverage: float, rows: int, horizon: int) -> float:
    """How far the share that a right interval holds of so many rows is off, by luck alone.

    The standard deviation of the mean of `rows` hits of probability `coverage`. Errors of rows
    within a horizon of each other share periods, k apart horizon - k of them, so that these
    errors correlate by 1 - k / horizon and hits by its square at most (as Mehler's series shows
    for Gaussian errors).
    """
    apart = np.arange(1, min(horizon, rows))
    shared = (1 - apart / rows) * (1 - apart / horizon) ** 2
    return float(np.sqrt(coverage * (1 - coverage) / rows * (1 + 2 * np.sum(shared))))


def quantile(errors: np.ndarray, coverage: float) -> float:
    """The error that a new one exceeds with a probability of at most 1 - coverage.

    The one of that rank among the errors; infinite where they are too few for it.
    """
    needed = rank(len(errors), coverage)
    return float(np.sort(errors)[needed - 1]) if needed <= len(errors) else np.inf


def rank(errors: int, coverage: float) -> int:
    """Which of so many errors, the smallest first: number ceil((n + 1) * coverage) of n."""
    return max(ceil(round((errors + 1) * coverage, 9)), 1)
