"""Train networks on some rows and have them predict others, within a process."""

from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from regression.model import exported
from regression.params import Train
from regression.table.rows import predictors, targets
from regression.table.transforms import invert_transform


def train_and_predict(
    train: pd.DataFrame, test: pd.DataFrame, transform: str, params: Train
) -> np.ndarray:
    """What each member says of the rows of `test`, in the target's unit: (rows, members)."""
    # TensorFlow takes seconds to import: not before a tool's arguments are known to be right.
    from regression.network.ensemble import average
    from regression.network.saving import export
    from stages.train import train as train_members

    x, y = predictors(train), targets(train, transform)
    members, _ = train_members(x, y, params)
    with TemporaryDirectory() as folder:  # as evaluate answers: by the exported weights
        export(average(members), f"{folder}/model.tflite")
        outputs = exported.predict(f"{folder}/model.tflite", predictors(test))
    known = test[["known"]].to_numpy("float64")
    return invert_transform(outputs.astype("float64"), known, transform)
