"""What the tables that stages hand on have in common: keys, predictors, known, target."""

import csv
from collections.abc import Callable

import numpy as np
import pandas as pd

from regression.errors import InputError, remedy
from regression.table.transforms import apply_transform

# What tells one row from another: the dates known and predicted, or in a table without dates
# the number of the row.
KEYS = ("origin", "date", "row")
DATES, FORM = ["origin", "date"], "%Y-%m-%d"

# What stands of a held-out row behind its keys.
HELD_OUT = ("fold", "actual", "predicted", "persistence", "linear")

LARGEST = 1e30  # what float32 still computes with


def read_rows(path: str) -> pd.DataFrame:
    """Read a table that the stage split wrote: dates as dates, all else as numbers.

    Raises InputError naming the first thing that split would have written otherwise.
    """
    return read(path, "split", lambda names: bool(names[:-2]) and names[-2:] == ["known", "target"])


def read_held_out(path: str) -> pd.DataFrame:
    """The same of the rows that train held out, which are none without folds."""
    return read(path, "train", lambda names: names == [*HELD_OUT], empty=True)


def read(
    path: str, stage: str, fits: Callable[[list[str]], bool], empty: bool = False
) -> pd.DataFrame:
    """A table whose columns behind the keys are such as `fits` tells."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            names = next(csv.reader(file), [])
        dates = [name for name in names if name in DATES]
        table = pd.read_csv(path, parse_dates=dates, date_format=FORM)
        found = mistake(table, names, fits)
        if not found and table.empty and not empty:
            found = "it has no rows"
    except (ValueError, csv.Error) as error:
        found = str(error).strip() or "it is no table"
    if found:
        raise InputError(f"{path} should be as the stage {stage} writes it: {found}{remedy(path)}")
    return table


def mistake(table: pd.DataFrame, names: list[str], fits: Callable[[list[str]], bool]) -> str:
    """What is wrong first in a table with columns of such names; nothing if nothing is."""
    first = [name for name in KEYS if name in names]
    others = names[len(first) :]
    right = first in (DATES, ["row"]) and names == [*first, *others] and fits(others)
    if not right or [*table] != names:
        return f"it has the columns {','.join(names):.200}"
    if not isinstance(table.index, pd.RangeIndex):
        return f"a row has more cells than the {len(names)} columns"
    for name, cells in table.items():
        wrong, expected = check(str(name), cells)
        if wrong.any():
            row = int(wrong.argmax())
            cell = "nothing" if pd.isna(cells[row]) else repr(str(cells[row]))
            return f"line {row + 2}: {name} should be {expected}, found {cell:.60}"
    return ""


def check(name: str, cells: pd.Series) -> tuple[pd.Series, str]:
    """Which cells of a column are wrong, and what each should be."""
    if name in DATES:
        dates = pd.to_datetime(cells, format=FORM, errors="coerce")
        return dates.isna() | (dates <= dates.shift()), "a date, later than the one before it"
    numbers = cells
    if cells.dtype.kind not in "iuf":
        numbers = pd.to_numeric(cells.astype(str), errors="coerce")
    if name == "row":
        return ~(numbers > numbers.shift(fill_value=0)), "a number, larger than the one before it"
    wrong = ~(numbers.abs() <= LARGEST)
    optional = name in ("known", "persistence")
    return wrong & cells.notna() if optional else wrong, f"a number up to {LARGEST:g}"


def keys(table: pd.DataFrame) -> list[str]:
    """The names of the columns that tell the rows apart."""
    return [name for name in KEYS if name in table]


def predictor_names(table: pd.DataFrame) -> list[str]:
    """The names of the columns that a model takes, in its order."""
    return [name for name in table if name not in (*KEYS, "known", "target")]


def extremes(table: pd.DataFrame) -> pd.DataFrame:
    """Two rows: the least and the largest of each column."""
    return table.agg(["min", "max"])


def predictors(table: pd.DataFrame) -> np.ndarray:
    """What a model takes: the predictor columns, unscaled, float32 of shape (rows, predictors).

    `table` has the columns of KEYS, the predictors, known and target.
    """
    return table[predictor_names(table)].to_numpy("float32")


def targets(table: pd.DataFrame, transform: str) -> np.ndarray:
    """What a model learns to answer: the target in the unit of the loss, float32 (rows, 1).

    `table` has the columns target and, both in the target's unit, known.
    """
    known, target = (table[[name]].to_numpy("float64") for name in ("known", "target"))
    return apply_transform(target, known, transform).astype("float32")
