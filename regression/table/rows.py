"""What the tables that stages hand on have in common: keys, predictors, known, target."""

import numpy as np
import pandas as pd

from regression.table.transforms import apply_transform

# What tells one row from another: the dates known and predicted, or in a table without dates
# the number of the row.
KEYS = ("origin", "date", "row")


def read_rows(path: str) -> pd.DataFrame:
    """Read a table that prepare or split wrote: dates as dates, all else as numbers."""
    with open(path, encoding="utf-8") as file:
        names = file.readline().rstrip("\n").split(",")
    return pd.read_csv(path, parse_dates=[name for name in ("origin", "date") if name in names])


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
