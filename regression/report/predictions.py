"""What a model answers, in the target's unit: a table of predictions and their intervals."""

import numpy as np
import pandas as pd

from regression.table.transforms import inverse_transform, transform


def tabulate(rows: pd.DataFrame, answers: np.ndarray, kind: str) -> pd.DataFrame:
    """What was and what each predictor said, a row for each month, in the target's unit.

    `answers` has shape (rows, members) and the unit of the loss. Each member's is turned into
    the target's unit first; `predicted` is the mean of the members.
    """
    members = inverse_transform(
        answers.astype("float64"), rows[["known"]].to_numpy("float64"), kind
    )
    return pd.DataFrame(
        {
            "origin": rows["origin"],
            "date": rows["date"],
            "actual": rows["target"].astype("float64"),
            "predicted": members.mean(axis=1),
            "persistence": rows["known"].astype("float64"),
            **{f"member_{k}": member for k, member in enumerate(members.T, 1)},
        }
    )


def add_intervals(test: pd.DataFrame, half_widths: np.ndarray, kind: str) -> pd.DataFrame:
    """The table with `lower` and `upper`, in the target's unit, behind `predicted`."""
    known = test["persistence"]
    centre = transform(test["predicted"], known, kind)
    ends = {
        "lower": inverse_transform(centre - half_widths, known, kind),
        "upper": inverse_transform(centre + half_widths, known, kind),
    }
    before = ["origin", "date", "actual", "predicted"]
    return test.assign(**ends)[[*before, *ends, *test.columns.drop(before)]]
