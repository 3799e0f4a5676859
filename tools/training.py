"""Train networks on some rows and have them predict others, within a process."""

import numpy as np
import pandas as pd

from regression.params import Train
from regression.table.rows import predictors, responses
from regression.table.transforms import inverse_transform
from stages.train import build, fit, seeds


def train_and_predict(
    train: pd.DataFrame, test: pd.DataFrame, kind: str, params: Train
) -> np.ndarray:
    """What each member says of the rows of `test`, in the target's unit: (rows, members)."""
    x, y = predictors(train), responses(train, kind)
    members = [build(x, y, params, seed) for seed in seeds(params)]
    fit(members, x, y, params)
    answers = np.hstack([member(predictors(test)) for member in members])
    known = test[["known"]].to_numpy("float64")
    return inverse_transform(answers.astype("float64"), known, kind)
