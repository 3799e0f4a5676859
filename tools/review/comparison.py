"""The predictions of two revisions, compared on the months that both test alike."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from tools.review.difference import Difference, compare, rmse
from tools.review.snapshot import ENDS, Snapshot
from tools.review.text import code_span

PERIOD = 5  # years


class Period(NamedTuple):
    """Some years of the months compared, and the RMSE of either side there."""

    first: int
    last: int
    months: int
    base: float
    head: float


class Comparison(NamedTuple):
    """The number of test months that both sides have alike, and how they differ there.

    `revised` months are on both sides, but with another actual figure, and left out. Where
    there is no difference to speak of, `reason` says why. `persistence` is an RMSE.
    """

    months: int
    revised: int
    reason: str | None
    persistence: float | None = None
    difference: Difference | None = None
    periods: tuple[Period, ...] = ()

    @property
    def verdict(self) -> str:
        return self.difference.verdict if self.difference else "not comparable"


def compare_predictions(base: Snapshot, head: Snapshot) -> Comparison:
    """Compare the predictions of two revisions on the months that both test alike."""
    for name, default in (("prepare.target", None), ("prepare.horizon", 0)):
        before, after = (side.params.get(name, default) for side in (base, head))
        if before != after:
            reason = f"{name} is {code_span(before)} in base and {code_span(after)} in head"
            return Comparison(0, 0, reason)
    both = base.predictions.merge(head.predictions, on="date", suffixes=("", "_head"))
    alike = both[both["actual"] == both["actual_head"]]
    revised = len(both) - len(alike)
    if alike.empty:
        actual = f"; {revised} have another actual figure" if revised else ""
        return Comparison(0, revised, f"no test month is the same on both sides{actual}")
    known = alike["persistence"].fillna(alike["persistence_head"])
    error = (known - alike["actual"]).dropna()
    if error.empty:
        reason = "no test month has a last known figure, whose RMSE is the yardstick"
        return Comparison(len(alike), revised, reason)
    before, after = (
        side.members[side.predictions["date"].isin(alike["date"])].to_numpy()
        for side in (base, head)
    )
    years, actual = alike["date"].dt.year.to_numpy(), alike["actual"].to_numpy()
    persistence = float(np.sqrt(np.mean(error**2)))
    difference = compare(actual, years, before, after, (base.seeds, head.seeds), persistence)
    periods = tuple(by_period(actual, years, before, after))
    return Comparison(len(alike), revised, None, persistence, difference, periods)


def by_period(
    actual: np.ndarray, years: np.ndarray, base: np.ndarray, head: np.ndarray
) -> list[Period]:
    """The RMSE of either side in every five years that hold a month; shapes as in `compare`."""
    found = []
    for first in np.unique(years // PERIOD * PERIOD):
        inside = years // PERIOD * PERIOD == first
        sides = (rmse(actual[inside], side[inside]) for side in (base, head))
        found.append(Period(int(first), int(first) + PERIOD - 1, int(inside.sum()), *sides))
    return found


def same_predictions(base: pd.DataFrame, head: pd.DataFrame, tolerance: float) -> bool:
    """Whether two tables of predictions have the same months, and cells that are so close.

    Intervals are none of them: they follow from predictions.
    """
    base, head = (table.drop(columns=ENDS, errors="ignore") for table in (base, head))
    if list(base) != list(head) or not base["date"].equals(head["date"]):
        return False
    before, after = (table.drop(columns="date").to_numpy(dtype=float) for table in (base, head))
    return np.allclose(before, after, rtol=0, atol=tolerance * (1 + 1e-6), equal_nan=True)
