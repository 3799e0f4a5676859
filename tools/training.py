"""Train networks on some rows and have them predict others, within a process."""

import numpy as np
import pandas as pd

from regression.params import Train
from regression.table.rows import predictors, targets
from regression.table.transforms import invert_transform
from stages.train import train as train_members


def train_and_predict(
    train: pd.DataFrame, test: pd.DataFrame, transform: str, params: Train
) -> np.ndarray:
    """What each member says of the rows of `test`, in the target's unit: (rows, members)."""
    x, y = predictors(train), targets(train, transform)
    members, _ = train_members(x, y, params)
    outputs = np.hstack([member(predictors(test)) for member in members])
    known = test[["known"]].to_numpy("float64")
    return invert_transform(outputs.astype("float64"), known, transform)
