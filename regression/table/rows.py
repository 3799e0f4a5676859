"""What the tables that stages hand on have in common: origin, date, predictors, known, target."""

import numpy as np
import pandas as pd

from regression.table.transforms import apply_transform


def read_rows(path: str) -> pd.DataFrame:
    """Read a table that prepare or split wrote: dates as dates, all else as numbers."""
    return pd.read_csv(path, parse_dates=["origin", "date"])


def predictor_names(table: pd.DataFrame) -> list[str]:
    """The names of the columns that a model takes, in its order."""
    return [name for name in table if name not in ("origin", "date", "known", "target")]


def predictors(table: pd.DataFrame) -> np.ndarray:
    """What a model takes: the predictor columns, unscaled, float32 of shape (rows, predictors).

    `table` has the columns origin, date, the predictors, known and target.
    """
    return table[predictor_names(table)].to_numpy("float32")


def targets(table: pd.DataFrame, transform: str) -> np.ndarray:
    """What a model learns to answer: the target in the unit of the loss, float32 (rows, 1).

    `table` has the columns target and, both in the target's unit, known.
    """
    known, target = (table[[name]].to_numpy("float64") for name in ("known", "target"))
    return apply_transform(target, known, transform).astype("float32")
