"""What the tables that stages hand on have in common: origin, date, predictors, known, target."""

import numpy as np
import pandas as pd


def predictors(table: pd.DataFrame) -> np.ndarray:
    """What a model takes: the predictor columns, unscaled, float32 of shape (rows, predictors)."""
    return table.drop(columns=["origin", "date", "known", "target"]).to_numpy("float32")
