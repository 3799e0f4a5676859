"""Train networks on some rows and have them predict others, within a process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from regression.model import exported
from regression.params import Train
from regression.table.rows import predictors, targets
from regression.table.transforms import invert_transform

if TYPE_CHECKING:
    from regression.network.backend import keras


@contextmanager
def asked(members: "list[keras.Model]") -> Iterator[Callable[[np.ndarray], np.ndarray]]:
    """What answers predictors as evaluate does, by the exported weights: (rows, members)."""
    from regression.network.ensemble import average
    from regression.network.saving import export

    with TemporaryDirectory() as folder:
        export(average(members), f"{folder}/model.tflite")
        yield partial(exported.predict, f"{folder}/model.tflite")


def train_and_predict(
    train: pd.DataFrame, test: pd.DataFrame, transform: str, params: Train
) -> np.ndarray:
    """What each member says of the rows of `test`, in the target's unit: (rows, members)."""
    # TensorFlow takes seconds to import: not before a tool's arguments are known to be right.
    from stages.train import train as train_members

    x, y = predictors(train), targets(train, transform)
    members, _ = train_members(x, y, params)
    with asked(members) as answers:
        outputs = answers(predictors(test))
    known = test[["known"]].to_numpy("float64")
    return invert_transform(outputs.astype("float64"), known, transform)
