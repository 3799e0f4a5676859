"""Scores without the test rows: of networks on training rows that they did not learn from."""

import numpy as np
import pandas as pd

from regression.scores import baselines
from regression.scores.scores import mae, rmse
from regression.table.rows import HELD_OUT, keys
from regression.table.transforms import invert_transform


def out_of_fold(
    train: pd.DataFrame,
    folds: list[tuple[np.ndarray, np.ndarray]],
    outputs: list[np.ndarray],
    transform: str,
) -> pd.DataFrame:
    """The held-out rows, in the order of `train`: their keys and HELD_OUT.

    `folds` are those of `regression.network.folds`; `outputs`, in the unit of the loss, are what
    each fold's network answers to the rows that it holds out. The line is fitted to the rows
    that the network learnt. All but the keys and the fold is in the target's unit.
    """
    tables = []
    for number, ((rows, held_out), answers) in enumerate(zip(folds, outputs, strict=True), 1):
        learnt, asked = train.iloc[rows], train.iloc[held_out]
        predicted = invert_transform(answers, asked["known"].to_numpy("float64"), transform)
        line = baselines.linear(learnt, asked, transform)
        columns = (number, asked["target"], predicted, asked["known"], line)
        tables.append(asked[keys(train)].assign(**dict(zip(HELD_OUT, columns, strict=True))))
    if not tables:
        return pd.DataFrame(columns=[*keys(train), *HELD_OUT])
    return pd.concat(tables).sort_index()


def score_validation(held_out: pd.DataFrame) -> dict:
    """The errors of a table of `out_of_fold`, in the target's unit; none of an empty table.

    Rows without a known figure before them, as all are without dates, do not count for
    persistence.
    """
    if held_out.empty:
        return {}
    actual, known = held_out["actual"], held_out[held_out["persistence"].notna()]
    scores = {
        "rmse": rmse(actual, held_out["predicted"]),
        "mae": mae(actual, held_out["predicted"]),
        "linear": rmse(actual, held_out["linear"]),
    }
    if len(known):
        scores["persistence"] = rmse(known["actual"], known["persistence"])
    return scores
