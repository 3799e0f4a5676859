"""Score the exported model beside what needs no network; write and draw its predictions."""

import numpy as np
import pandas as pd

from stages import baselines
from stages.economics import COLUMNS
from stages.errors import InputError, run
from stages.exported import predict
from stages.files import replacing, write_csv, write_json
from stages.params import load_params
from stages.pictures import draw
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


def tabulate(rows: pd.DataFrame, answers: np.ndarray) -> pd.DataFrame:
    """What was and what each predictor said, a row for each month.

    `answers` has shape (rows, members); `predicted` is their mean.
    """
    members = {f"member_{k}": answer for k, answer in enumerate(answers.T.astype("float64"), 1)}
    return pd.DataFrame(
        {
            "date": rows["date"],
            "actual": rows["target"].astype("float64"),
            "predicted": answers.mean(axis=1, dtype="float64"),
            "persistence": rows["known"],
            **members,
        }
    )


def score(train: pd.DataFrame, test: pd.DataFrame) -> dict:
    """The scores of tables like `tabulate` makes: of the mean of the members, and of each."""
    members = [rmse(test["actual"], member) for _, member in test.filter(like="member_").items()]
    scores = {
        "train": {
            "rmse": rmse(train["actual"], train["predicted"]),
            "mae": mae(train["actual"], train["predicted"]),
        },
        "test": {
            "rmse": rmse(test["actual"], test["predicted"]),
            "mae": mae(test["actual"], test["predicted"]),
            "r2": r2(test["actual"], test["predicted"]),
            "member_rmse_mean": float(np.mean(members)),
        },
    }
    if len(members) > 1:  # one has no spread
        scores["test"]["member_rmse_std"] = float(np.std(members, ddof=1))
    return scores


def compare(train: pd.DataFrame, test: pd.DataFrame) -> dict:
    """The test RMSE of what needs no network; persistence's where it is known."""
    known = test[test["known"].notna()]
    return {
        "mean": rmse(test["target"], baselines.mean(train, test)),
        "linear": rmse(test["target"], baselines.linear(train, test)),
        "persistence": rmse(known["target"], known["known"]),
        "neighbours": rmse(test["target"], baselines.neighbours(train, test)),
    }


def skill(test: pd.DataFrame) -> float:
    """1 - RMSE / RMSE of persistence, both on the rows that have both.

    0 where they err alike, below 0 where persistence errs less (Murphy 1988, with the root).
    Raises InputError where persistence has no error to compare with.
    """
    known = test.dropna(subset="persistence")
    if (known["actual"] == known["persistence"]).all():
        raise InputError(
            "data/test.csv should have a target that differs from the last known figure, "
            f"found none in {len(known)} rows: skill has no value; raise split.test_size"
        )
    error = rmse(known["actual"], known["predicted"])
    return 1 - error / rmse(known["actual"], known["persistence"])


def rounded(scores: dict) -> dict:
    """Errors to one decimal and shares to three.

    Rounded here and nowhere else: to what agrees between kinds of processors, and means
    something to a reader.
    """
    return {
        name: rounded(value)
        if isinstance(value, dict)
        else round(value, 3 if name in ("r2", "skill") else 1)
        for name, value in scores.items()
    }


def main() -> None:
    params = load_params().prepare
    train = pd.read_csv("data/train.csv", parse_dates=["date"])
    test = pd.read_csv("data/test.csv", parse_dates=["date"])

    fitted, predicted = (
        tabulate(rows, predict("models/model.tflite", predictors(rows))) for rows in (train, test)
    )
    scores = score(fitted, predicted)
    scores |= {"baseline": compare(train, test), "skill": skill(predicted)}
    scores = rounded(scores)
    figure = draw(predicted, params.target, scores)

    write_json(scores, "metrics/metrics.json")
    write_csv(predicted.set_index("date").round(1).reset_index(), "metrics/predictions.csv")
    with replacing("metrics/predictions.png") as temporary:
        figure.savefig(temporary, dpi=130)
    print(
        f"evaluate: test RMSE {scores['test']['rmse']} beside {scores['baseline']['persistence']} "
        f"of last month's figure ({len(test)} rows, {COLUMNS[params.target].unit})"
    )


if __name__ == "__main__":
    run(main)
