"""What a revision's pipeline was told, and what came of it."""

import json
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from regression.errors import InputError
from tools.check_lock import flatten
from tools.revisions import Revision


class Snapshot(NamedTuple):
    """A revision with its parameters, its metrics and its predictions.

    `predictions` has the columns date, actual, predicted, persistence and, from two networks
    on, member_1 and so on, a row for each test month.
    """

    revision: Revision
    params: dict[str, Any]
    metrics: dict[str, Decimal]
    predictions: pd.DataFrame

    @property
    def members(self) -> pd.DataFrame:
        """The predictions of each network: without member columns it was one."""
        members = self.predictions.filter(regex=r"^member_[0-9]+\Z")
        return members if len(members.columns) else self.predictions[["predicted"]]

    @property
    def seeds(self) -> range:
        first = self.params.get("train.seed")
        if not isinstance(first, int):
            raise InputError(
                f"params.yaml in {self.revision} should have a whole number train.seed, "
                f"found {first!r}"
            )
        return range(first, first + len(self.members.columns))


def take_snapshot(revision: Revision) -> Snapshot:
    """Read a revision's parameters and metrics; raises InputError where one is damaged."""
    return Snapshot(
        revision,
        flatten(revision.read_yaml("params.yaml")),
        read_metrics(revision, "metrics/metrics.json"),
        read_predictions(revision, "metrics/predictions.csv"),
    )


def read_metrics(revision: Revision, path: str) -> dict[str, Decimal]:
    """The metrics under names such as test.rmse, with the digits that they are printed with."""
    text = revision.read(path)
    try:
        tree = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=Decimal)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path} in {revision} is no JSON: line {error.lineno}: {error.msg}"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{path} in {revision} is no JSON: it is no text") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path} in {revision} should hold names and numbers, found {tree!r:.50}")
    metrics = flatten(tree)
    for name, value in metrics.items():
        if not isinstance(value, Decimal) or not value.is_finite():
            raise InputError(
                f"{path} in {revision} should hold finite numbers, found {name}: {value!s:.50}"
            )
    return metrics


def read_predictions(revision: Revision, path: str) -> pd.DataFrame:
    """The test months; raises InputError where a column lacks or a cell holds no such thing."""
    file = BytesIO(revision.read(path))
    try:
        cells = pd.read_csv(file, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except ValueError as error:
        raise InputError(f"{path} in {revision} is no table: {str(error).strip()}") from None
    expected = ["date", "actual", "predicted"]
    if not {*expected} <= {*cells} or not isinstance(cells.index, pd.RangeIndex):
        raise InputError(
            f"{path} in {revision} should have the columns {', '.join(expected)}, "
            f"found {', '.join(cells)[:200]}"
        )
    if "persistence" not in cells:
        cells["persistence"] = ""
    numbers = cells.filter(regex=r"^(actual|predicted|persistence|member_[0-9]+)\Z")
    table = numbers.apply(pd.to_numeric, errors="coerce").replace([np.inf, -np.inf], np.nan)
    table.insert(0, "date", pd.to_datetime(cells["date"], format="%Y-%m-%d", errors="coerce"))
    empty = table["persistence"].isna() & (cells["persistence"] == "")
    wrong = table.isna().drop(columns="persistence").any(axis=1) | table["date"].duplicated()
    wrong |= table["persistence"].isna() & ~empty
    if table.empty:
        raise InputError(f"{path} in {revision} should have a row for each month, found none")
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{path} in {revision} should have one row of numbers for each month, "
            f"found in line {row + 2}: {','.join(cells.iloc[row])[:80]}"
        )
    return table
