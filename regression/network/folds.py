"""Folds of the training rows: each is held out once, from a network that learns other rows."""

import numpy as np
import pandas as pd

from regression.errors import InputError
from regression.params import Split, Train


def folds(table: pd.DataFrame, split: Split, params: Train) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each fold, the rows to train on and those held out: their numbers, ascending from 0.

    random: the folds of scikit-learn's KFold with shuffle and `random_state=seed`.
    chronological: the last ones of one block more, in the order of time; to train on are
    the rows before whose target was known at the block's first origin.
    Raises InputError where a fold would have no rows to train on or to hold out.
    """
    number, everything, parts = params.folds, np.arange(len(table)), []
    if not number:
        return []
    if split.method == "random":
        shuffled = np.random.RandomState(split.seed).permutation(len(table))
        for held_out in map(np.sort, np.array_split(shuffled, number)):
            parts.append((np.delete(everything, held_out), held_out))
    else:
        for held_out in np.array_split(everything, number + 1)[1:]:
            first = table["origin"].iloc[held_out[:1]].max()
            parts.append((everything[table["date"] <= first], held_out))
    if not all(len(rows) and len(held_out) for rows, held_out in parts):
        raise InputError(
            "train.folds should leave every fold rows to train on and to hold out, "
            f"found {number} folds of {len(table)} training rows; 0 does without"
        )
    return parts
