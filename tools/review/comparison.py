"""The predictions of two revisions, compared on the rows that both test alike."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tools.review.difference import Difference, compare, compare_out_of_fold, rmse
from tools.review.snapshot import ENDS, Snapshot
from tools.review.text import code_span

PERIOD = 5  # years


class Period(NamedTuple):
    """Some years of the rows compared, and the RMSE of either side there."""

    first: int
    last: int
    rows: int
    base: float
    head: float


class Comparison(NamedTuple):
    """The number of test rows that both sides have alike, and how they differ there.

    `revised` rows are on both sides, but with another actual figure, and left out. Where
    there is no difference to speak of, `reason` says why. `yardstick` is what small differences
    are small beside, and `beside` what it is called; `block` is what is left out at once.
    """

    rows: int
    revised: int
    reason: str | None
    yardstick: float = 0.0
    beside: str = ""
    block: str = ""
    difference: Difference | None = None
    periods: tuple[Period, ...] = ()

    @property
    def verdict(self) -> str:
        return self.difference.verdict if self.difference else "not comparable"


def compare_predictions(base: Snapshot, head: Snapshot) -> Comparison:
    """Compare the predictions of two revisions on the rows that both test alike."""
    shared = share(base, head, base.predictions, head.predictions, "test row")
    if isinstance(shared, Comparison):
        return shared
    before, after = members_on(shared.rows, base, head)
    actual = shared.rows["actual"].to_numpy()
    seeds, yardstick = (base.seeds, head.seeds), shared.comparison.yardstick
    difference = compare(actual, shared.blocks, before, after, seeds, yardstick)
    periods: tuple[Period, ...] = ()
    if head.key == "date":
        periods = tuple(by_period(actual, shared.rows["date"].dt.year.to_numpy(), before, after))
    return shared.comparison._replace(difference=difference, periods=periods)


def compare_held_out(base: Snapshot, head: Snapshot) -> Comparison:
    """The same, of training rows, as networks answered that had not learnt them."""
    ways = {"split.method": "random", "train.folds": 0}
    shared = share(base, head, base.held_out, head.held_out, "held-out row", ways)
    if isinstance(shared, Comparison):
        return shared
    actual, *folds = shared.rows[["actual", "fold", "fold_head"]].to_numpy().T
    before, after = (shared.rows[[name]].to_numpy() for name in ("predicted", "predicted_head"))
    yardstick = shared.comparison.yardstick
    difference = compare_out_of_fold(actual, shared.blocks, folds, before, after, yardstick)
    return shared.comparison._replace(difference=difference)


def members_on(rows: pd.DataFrame, base: Snapshot, head: Snapshot) -> list[np.ndarray]:
    """What the networks of either side predict of test rows that both have: (rows, members)."""
    return [
        side.members[side.predictions[head.key].isin(rows[head.key])].to_numpy()
        for side in (base, head)
    ]


class Shared(NamedTuple):
    """The rows that both sides have alike, the block of each, and the comparison but its result."""

    rows: pd.DataFrame
    blocks: np.ndarray
    comparison: Comparison


def share(
    base: Snapshot,
    head: Snapshot,
    before: pd.DataFrame,
    after: pd.DataFrame,
    row: str,
    more: dict[str, Any] | None = None,
) -> Shared | Comparison:
    """The rows of two tables that are alike; where that is none, a comparison that says why.

    `row` is what one is called. Target and horizon have to be the same, and the parameters that
    `more` has, with what they are where nothing says it.
    """
    ask_alike = {"prepare.target": None, "prepare.horizon": 0} | (more or {})
    for name, default in ask_alike.items():
        values = [side.params.get(name, default) for side in (base, head)]
        if values[0] != values[1]:
            reason = f"{name} is {code_span(values[0])} in base and {code_span(values[1])} in head"
            return Comparison(0, 0, reason)
    for name, table in (("base", before), ("head", after)):
        if table.empty:
            return Comparison(0, 0, f"{name} has no {row}s")
    if base.key != head.key:
        reason = f"the {row}s have a {base.key} in base and a {head.key} in head"
        return Comparison(0, 0, reason)
    both = before.merge(after, on=head.key, suffixes=("", "_head"))
    alike = both[both["actual"] == both["actual_head"]]
    revised = len(both) - len(alike)
    if alike.empty:
        actual = f"; {revised} have another actual figure" if revised else ""
        return Comparison(0, revised, f"no {row} is the same on both sides{actual}")
    known = alike["persistence"].fillna(alike["persistence_head"])
    error = (known - alike["actual"]).dropna()
    beside = "RMSE of persistence"
    if error.empty:  # without dates, or where none follows the one before it
        beside, error = "deviation of the actual figures", alike["actual"] - alike["actual"].mean()
    yardstick = float(np.sqrt(np.mean(error**2)))
    blocks, name = make_blocks(alike, head)
    return Shared(
        alike, blocks, Comparison(len(alike), revised, None, yardstick, beside, block=name)
    )


def make_blocks(rows: pd.DataFrame, head: Snapshot) -> tuple[np.ndarray, str]:
    """Which rows are one piece of evidence: a label for each, and what a block is called.

    Calendar years, which err alike within; of years five; rows where there are no dates.
    """
    if head.key == "row":
        return np.arange(len(rows)), "row"
    years = rows["date"].dt.year.to_numpy()
    frequency = head.package.table.frequency if head.package else None
    if frequency and frequency.kind.per_year == 1:
        return years // PERIOD, f"block of {PERIOD} years"
    return years, "calendar year"


def by_period(
    actual: np.ndarray, years: np.ndarray, base: np.ndarray, head: np.ndarray
) -> list[Period]:
    """The RMSE of either side in every five years that hold a row; shapes as in `compare`."""
    found = []
    for first in np.unique(years // PERIOD * PERIOD):
        inside = years // PERIOD * PERIOD == first
        sides = (rmse(actual[inside], side[inside]) for side in (base, head))
        found.append(Period(int(first), int(first) + PERIOD - 1, int(inside.sum()), *sides))
    return found


def same_predictions(base: pd.DataFrame, head: pd.DataFrame, tolerance: float) -> bool:
    """Whether two tables of predictions have the same rows, and cells that are so close.

    Intervals are none of them: they follow from predictions.
    """
    base, head = (table.drop(columns=ENDS, errors="ignore") for table in (base, head))
    if list(base) != list(head):
        return False
    key, *numbers = base
    if not base[key].equals(head[key]):
        return False
    before, after = (table[numbers].to_numpy(dtype=float) for table in (base, head))
    return np.allclose(before, after, rtol=0, atol=tolerance * (1 + 1e-6), equal_nan=True)
