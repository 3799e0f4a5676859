"""Score the exported model on training and test rows; write and draw its predictions."""

import numpy as np
import pandas as pd
from matplotlib import rcdefaults
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.economics import COLUMNS
from stages.errors import InputError, run
from stages.exported import predict
from stages.files import replacing, write_csv, write_json
from stages.params import load_params
from stages.tables import predictors

# Black and vermilion of Okabe and Ito's palette, told apart by the colour-blind.
ACTUAL, PREDICTED = "#000000", "#D55E00"


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
    rcdefaults()  # not what a user's own matplotlibrc says
    title, unit = COLUMNS[target]
    error = rmse(test["actual"], test["predicted"])
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    figure.suptitle(f"{len(test)} test months: {title}, {unit}; RMSE {error:,.1f}", fontsize=11)
    months, pairs = figure.subplots(1, 2, width_ratios=[5, 3])

    months.plot("date", "actual", data=test, color=ACTUAL, label="actual")
    months.plot("date", "predicted", ".", data=test, color=PREDICTED, label="predicted")
    months.set_ylabel(unit)
    months.legend(frameon=False, loc="upper left")

    values = test[["actual", "predicted"]]
    limits = values.min().min(), values.max().max()
    pairs.plot(limits, limits, color=ACTUAL, linewidth=1)
    pairs.plot("actual", "predicted", ".", data=test, color=PREDICTED)
    pairs.set_title("on the line: predicted = actual", fontsize=9)
    pairs.set_xlabel(f"actual, {unit}")
    pairs.set_ylabel(f"predicted, {unit}")
    pairs.set_aspect("equal", adjustable="datalim")

    for axes in (months, pairs):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.9", linewidth=0.6)
    for axis in (months.yaxis, pairs.xaxis, pairs.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,.0f}")
    return figure


def main() -> None:
    params = load_params().prepare
    train = pd.read_csv("data/train.csv")
    test = pd.read_csv("data/test.csv", parse_dates=["date"])

    train, test = (
        rows[["date"]].assign(
            actual=rows["target"],
            predicted=predict("models/model.tflite", predictors(rows)),
        )
        for rows in (train, test)
    )
    scores = score(train, test)
    figure = draw(test, params.target)

    write_json(scores, "metrics/metrics.json")
    write_csv(test.round({"actual": 1, "predicted": 1}), "metrics/predictions.csv")
    with replacing("metrics/predictions.png") as temporary:
        figure.savefig(temporary, dpi=180)
    print(
        f"evaluate: RMSE {scores['train']['rmse']} on {len(train)} training rows, "
        f"{scores['test']['rmse']} on {len(test)} test rows ({COLUMNS[params.target].unit})"
    )


if __name__ == "__main__":
    run(main)
