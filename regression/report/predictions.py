"""What a model outputs, in the target's unit: a table of predictions and their intervals."""

import numpy as np
import pandas as pd

from regression.table.rows import keys
from regression.table.transforms import apply_transform, invert_transform


def make_predictions(rows: pd.DataFrame, outputs: np.ndarray, transform: str) -> pd.DataFrame:
    """What was and what each predictor said, row for row, in the target's unit.

    `outputs` has shape (rows, members) and the unit of the loss. Each member's is turned into
    the target's unit first; `predicted` is the mean of the members.
    """
    members = invert_transform(
        outputs.astype("float64"), rows[["known"]].to_numpy("float64"), transform
    )
    return pd.DataFrame(
        {
            **rows[keys(rows)],
            "actual": rows["target"].astype("float64"),
            "predicted": members.mean(axis=1),
            "persistence": rows["known"].astype("float64"),
            **{f"member_{k}": member for k, member in enumerate(members.T, 1)},
        }
    )


def add_intervals(
    test: pd.DataFrame, half_widths: np.ndarray | float, transform: str
) -> pd.DataFrame:
    """The table with `lower` and `upper`, in the target's unit, behind `predicted`."""
    known = test["persistence"]
    centre = apply_transform(test["predicted"], known, transform)
    ends = {
        "lower": invert_transform(centre - half_widths, known, transform),
        "upper": invert_transform(centre + half_widths, known, transform),
    }
    before = [*keys(test), "actual", "predicted"]
    return test.assign(**ends)[[*before, *ends, *test.columns.drop(before)]]
