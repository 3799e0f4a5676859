"""Whether two ensembles, or two series of forecasts, differ by more than luck."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

CONFIDENCE = 0.95
VERDICTS = [
    *("better", "worse", "no proven difference", "too small to matter", "no difference"),
    "no verdict",  # with one network on a side
]
SMALLEST_THAT_MATTERS = 0.01  # of an error that needs no network


class Uncertainty(NamedTuple):
    """A variance, and the degrees of freedom that it was estimated with."""

    variance: float
    freedom: float


class Difference(NamedTuple):
    """The RMSE of head less the RMSE of base, and its 95% intervals.

    `these_rows` holds whatever seeds are drawn, on these test rows; `other_rows`
    whatever seeds and rows. None where there is nothing to estimate it from: with one member
    on a side, or with test rows of one block. `seeds` is what `relation` says of
    those of members; `identical` are predictions that agree
    in every cell. Below `threshold` a difference does not matter.
    """

    base: float
    head: float
    value: float
    blocks: int
    threshold: float
    identical: bool
    seeds: str = ""
    these_rows: tuple[float, float] | None = None
    other_rows: tuple[float, float] | None = None

    @property
    def smallest(self) -> float | None:
        """The smallest difference that these test rows could have shown."""
        if self.other_rows is None:
            return None
        return (self.other_rows[1] - self.other_rows[0]) / 2

    @property
    def verdict(self) -> str:
        """One of VERDICTS."""
        if self.identical:
            return "no difference"
        if self.these_rows is None:
            return "no verdict"
        direction = "better" if self.value < 0 else "worse"
        wide, narrow = excludes_zero(self.other_rows), excludes_zero(self.these_rows)
        if (wide or narrow) and abs(self.value) <= self.threshold:
            return "too small to matter"
        return direction if wide else "no proven difference"

    @property
    def on_these_rows(self) -> str | None:
        """Better or worse, where that is certain on these test rows and not proven on others."""
        if self.verdict != "no proven difference" or not excludes_zero(self.these_rows):
            return None
        return "better" if self.value < 0 else "worse"


def excludes_zero(interval: tuple[float, float] | None) -> bool:
    return interval is not None and not interval[0] <= 0 <= interval[1]


def rmse(actual: np.ndarray, members: np.ndarray) -> float:
    """Root mean squared error of the members' mean; `members` has shape (rows, members)."""
    return float(np.sqrt(np.mean((members.mean(axis=1) - actual) ** 2)))


def jackknife(value: float, without: np.ndarray, sizes: np.ndarray) -> Uncertainty:
    """The variance of an estimate, from what it is without each group in turn.

    `value` is the estimate from everything, `without` has one for each group left out, and
    `sizes` says how many observations each group holds. This is the delete-m_j jackknife of
    Busing, Meijer and van der Leeden (1999), Delete-m jackknife for unequal m, Statistics and
    Computing 9, 3-8. With groups of one it is Tukey's: (n - 1) / n times the sum of squares
    about the mean (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 11).
    """
    parts = sizes.sum() / sizes
    pseudo = parts * value - (parts - 1) * without
    centre = np.sum(pseudo / parts)
    return Uncertainty(float(np.mean((pseudo - centre) ** 2 / (parts - 1))), len(sizes) - 1)


def of_members(
    actual: np.ndarray, base: np.ndarray, head: np.ndarray, seeds: str
) -> list[Uncertainty]:
    """What other seeds could make of the difference on the same rows.

    `base` and `head` have shape (rows, members), `seeds` is what `relation` says of theirs.
    The same seeds: member k is left out on both sides at once, since a seed's luck may tell on
    both. None in common: each side alone, and the variances add. Some in common: neither is
    right; the standard errors add, which is the most that any correlation between the sides
    can give (Cauchy-Schwarz), with the fewer degrees of freedom of the two.
    """
    left_out = [without_each(actual, side) for side in (base, head)]
    if seeds == "the same":
        value, without = rmse(actual, head) - rmse(actual, base), left_out[1] - left_out[0]
        return [jackknife(value, without, np.ones(len(without)))]
    sides = [
        jackknife(rmse(actual, side), without, np.ones(len(without)))
        for side, without in zip((base, head), left_out, strict=True)
    ]
    return together(sides, seeds)


def together(sides: list[Uncertainty], seeds: str) -> list[Uncertainty]:
    """Of the difference, from that of either side: see `of_members`."""
    if seeds == "none in common":
        return sides
    most = sum(np.sqrt(side.variance) for side in sides) ** 2
    return [Uncertainty(float(most), min(side.freedom for side in sides))]


def without_each(actual: np.ndarray, members: np.ndarray) -> np.ndarray:
    """The RMSE without each of the members in turn."""
    others = (members.sum(axis=1, keepdims=True) - members) / (members.shape[1] - 1)
    return np.sqrt(np.mean((others - actual[:, np.newaxis]) ** 2, axis=0))


def of_rows(
    actual: np.ndarray, base: np.ndarray, head: np.ndarray, blocks: np.ndarray
) -> Uncertainty:
    """What other test rows could make of the difference: whole blocks are left out in turn.

    `blocks` has a label for each row; both sides lose the same. A network errs alike for months
    on end, so that single dates are no independent evidence; years nearly are (the delete-block
    jackknife of Kuensch 1989, The jackknife and the bootstrap for general stationary
    observations, Annals of Statistics 17, 1217-1241, with blocks that do not overlap).
    """
    _, block, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
    squares = [(side.mean(axis=1) - actual) ** 2 for side in (base, head)]
    rest = len(actual) - sizes
    before, after = (
        np.sqrt((each.sum() - np.bincount(block, each)).clip(0) / rest) for each in squares
    )
    return jackknife(rmse(actual, head) - rmse(actual, base), after - before, sizes)


def interval(value: float, sources: list[Uncertainty]) -> tuple[float, float]:
    """The 95% interval of an estimate whose variance is the sum of several.

    Student's t, with the degrees of freedom of Welch (1947, Biometrika 34, 28-35) and
    Satterthwaite (1946, Biometrics Bulletin 2, 110-114).
    """
    variance = sum(source.variance for source in sources)
    if variance == 0:
        return value, value
    freedom = variance**2 / sum(source.variance**2 / source.freedom for source in sources)
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2) * np.sqrt(variance))
    return value - half, value + half


def relation(base: range, head: range) -> str:
    """What the seeds of two ensembles have in common."""
    if base == head:
        return "the same"
    return "some in common" if set(base) & set(head) else "none in common"


def compare(
    actual: np.ndarray,
    blocks: np.ndarray,
    base: np.ndarray,
    head: np.ndarray,
    seeds: tuple[range, range],
    yardstick: float,
) -> Difference:
    """Compare two ensembles on the same test rows.

    `actual` and `blocks` (a label for each row) have shape (rows,), `base` and `head` shape
    (rows, members); `seeds` are the members' seeds on either side. All in the target's unit,
    `yardstick` too: what an error is that needs no network.
    """
    found = measure(actual, blocks, base, head, yardstick)._replace(seeds=relation(*seeds))
    if min(base.shape[1], head.shape[1]) == 1:
        return found
    of_seeds = of_members(actual, base, head, found.seeds)
    narrow = interval(found.value, of_seeds)
    if found.blocks == 1:
        return found._replace(these_rows=narrow)
    wide = interval(found.value, [*of_seeds, of_rows(actual, base, head, blocks)])
    # With few members the degrees of freedom gained can outweigh the variance added.
    return found._replace(these_rows=narrow, other_rows=max(narrow, wide, key=np.ptp))


def measure(
    actual: np.ndarray, blocks: np.ndarray, base: np.ndarray, head: np.ndarray, yardstick: float
) -> Difference:
    """The difference without its intervals; arguments as in `compare`."""
    before, after = rmse(actual, base), rmse(actual, head)
    threshold, identical = SMALLEST_THAT_MATTERS * yardstick, np.array_equal(base, head)
    return Difference(before, after, after - before, len(np.unique(blocks)), threshold, identical)


def compare_out_of_fold(
    actual: np.ndarray,
    blocks: np.ndarray,
    folds: Sequence[np.ndarray],
    base: np.ndarray,
    head: np.ndarray,
    yardstick: float,
) -> Difference:
    """Compare two series of answers, of networks that each hold out one fold of the rows.

    `base` and `head` have shape (rows, 1); `folds` has for each side which fold held a row out,
    of shape (rows,). The rest is as in `compare`. What a network owes to luck it owes in all
    rows of its fold, so whole folds are left out in turn, and beside them blocks. Few folds tell
    little of a variance, so each has an interval, and their widths are put together (Zou and
    Donner 2008, Construction of confidence limits about effect measures: a general approach,
    Statistics in Medicine 27, 1693-1702). Networks of one seed share some luck, which leaving
    folds out does not show: that so few verdicts are wrong is measured, by benchmarks/aa.py. The
    luck of networks cannot be told from that of rows:
    `these_rows` and `other_rows` are one.
    """
    found = measure(actual, blocks, base, head, yardstick)
    dealt = [each for each in folds if len(np.unique(each)) > 1]
    if not dealt:
        return found
    if len(dealt) == 2 and (dealt[0] == dealt[1]).all():
        dealt.pop()
    apart = [*dealt, blocks] if found.blocks > 1 else dealt
    spans = [interval(found.value, [of_rows(actual, base, head, each)]) for each in apart]
    half = float(np.linalg.norm(np.ptp(spans, axis=1) / 2))
    whole = found.value - half, found.value + half
    return found._replace(these_rows=whole, other_rows=whole)


def diebold_mariano(
    errors: np.ndarray, others: np.ndarray, horizon: int
) -> tuple[float, float] | None:
    """The statistic for equal accuracy of two series of forecast errors, and its p-value.

    Above 0 where the first errs less: the mean of `others`² - `errors`² over its standard error
    (Diebold and Mariano 1995, Comparing predictive accuracy, Journal of Business & Economic
    Statistics 13, 253-263). The losses depend on each other through time: their variance is the
    mean square of their first B = 0.4 n^(2/3) cosine coefficients, and the p-value is two-sided
    by Student's t with B degrees of freedom (Lazarus, Lewis, Stock and Watson 2018, HAR
    inference: recommendations for practice, the same journal 36, 541-559).
    None for fewer rows than three horizons, and where the cosines see nothing vary.
    """
    differences = np.asarray(others) ** 2 - np.asarray(errors) ** 2
    n = len(differences)
    terms = int(0.4 * n ** (2 / 3))
    if n < 3 * horizon or terms < 1:
        return None
    angles = np.pi * np.outer(np.arange(1, terms + 1), np.arange(n) + 0.5) / n
    coefficients = sqrt(2 / n) * np.cos(angles) @ (differences - differences.mean())
    variance = np.mean(coefficients**2)
    if variance <= 1e-12 * np.mean(differences**2):
        return None
    statistic = differences.mean() * sqrt(n / variance)
    return float(statistic), float(2 * stdtr(terms, -abs(statistic)))
