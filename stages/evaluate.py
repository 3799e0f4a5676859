"""Score the exported model on training and test rows; write and draw its predictions."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages.economics import COLUMNS
from stages.errors import InputError, run
from stages.exported import predict
from stages.files import replacing, write_csv, write_json
from stages.params import load_params
from stages.tables import predictors


def rmse(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Root mean squared error, in the target's unit."""
    return float(np.sqrt(np.mean((actual - predicted) ** 2)))


def mae(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.mean(np.abs(actual - predicted)))


def r2(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Coefficient of determination: 1 - sum of squared errors / sum of squares about the mean.

    Raises InputError where the actual values are all alike, for then it has no value.
    """
    if np.ptp(actual) == 0:
        raise InputError(
            f"data/test.csv should have targets that differ, found {len(actual)} alike: "
            "R² has no value; raise split.test_size"
        )
    return float(1 - np.sum((actual - predicted) ** 2) / np.sum((actual - np.mean(actual)) ** 2))


def score(train: pd.DataFrame, test: pd.DataFrame) -> dict:
    """The metrics of tables with the columns `actual` and `predicted`.

    Rounded to what agrees between kinds of processors and means something to a reader.
    """
    return {
        "train": {
            "rmse": round(rmse(train["actual"], train["predicted"]), 1),
            "mae": round(mae(train["actual"], train["predicted"]), 1),
        },
        "test": {
            "rmse": round(rmse(test["actual"], test["predicted"]), 1),
            "mae": round(mae(test["actual"], test["predicted"]), 1),
            "r2": round(r2(test["actual"], test["predicted"]), 3),
        },
    }


def draw(test: pd.DataFrame, target: str) -> Figure:
    """The test months through time, and actual against predicted."""
    title, unit = COLUMNS[target]
    figure = Figure(figsize=(9, 4), layout="constrained")
    months, scatter = figure.subplots(1, 2, width_ratios=[5, 3])
    return figure


def main() -> None:
    params = load_params().prepare
    train, test = (
        pd.read_csv(path, parse_dates=["date"]) for path in ("data/train.csv", "data/test.csv")
    )

    train, test = (
        pd.DataFrame(
            {
                "date": rows["date"],
                "actual": rows["target"],
                "predicted": predict("models/model.tflite", predictors(rows)),
            }
        )
        for rows in (train, test)
    )
    scores = score(train, test)
    figure = draw(test, params.target)

    write_json(scores, "metrics/metrics.json")
    write_csv(test.round(1), "metrics/predictions.csv")
    with replacing("metrics/predictions.png") as temporary:
        figure.savefig(temporary, dpi=180)
    unit = COLUMNS[params.target].unit
    print(f"evaluate: test RMSE {scores['test']['rmse']} {unit}")


if __name__ == "__main__":
    run(main)
