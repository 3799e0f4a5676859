"""What the scores mean: of a model's predictions, and of what needs no network."""

from typing import TypeAlias

import numpy as np
import pandas as pd

from regression.errors import InputError
from regression.scores import baselines
from regression.scores.metrics import METRICS

Numbers: TypeAlias = np.ndarray | pd.Series  # of shape (rows,)


def errors(actual: Numbers, predicted: Numbers | float) -> np.ndarray:
    """As float64: the squares of whole numbers could be larger than those may be."""
    return np.asarray(actual, "float64") - np.asarray(predicted, "float64")


def rmse(actual: Numbers, predicted: Numbers) -> float:
    """Root mean squared error, in the target's unit."""
    return float(np.sqrt(np.mean(errors(actual, predicted) ** 2)))


def mae(actual: Numbers, predicted: Numbers) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.mean(np.abs(errors(actual, predicted))))


def r2(actual: Numbers, predicted: Numbers) -> float:
    """Coefficient of determination: 1 - sum of squared errors / sum of squares about the mean.

    Raises InputError where the actual values are all alike, for then it has no value.
    """
    if np.ptp(actual) == 0:
        raise InputError(
            f"data/test.csv should have targets that differ, found {len(actual)} alike: "
            "R² has no value; raise split.test_size"
        )
    squares = errors(actual, predicted) ** 2
    return float(1 - np.sum(squares) / np.sum(errors(actual, np.mean(actual)) ** 2))


def score_predictions(train: pd.DataFrame, test: pd.DataFrame, baselines: dict) -> dict:
    """All scores, of predictions for the training rows and for the test rows.

    Both tables have the columns actual, predicted, persistence and member_1 and so on, and
    `test` has lower and upper, empty where there are no intervals. `baselines` is what
    `score_baselines` gives.
    """
    skill = {"skill": score_skill(test)} if "persistence" in baselines else {}
    interval = {"interval": score_intervals(test)} if test["upper"].notna().any() else {}
    return {
        **score_members(train, test),
        "baseline": baselines,
        **skill,
        **interval,
    }


def score_members(train: pd.DataFrame, test: pd.DataFrame) -> dict:
    """The scores of the mean of the members, and on the test rows of each.

    Both tables have the columns actual, predicted and member_1 and so on.
    """
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


def score_intervals(test: pd.DataFrame) -> dict:
    """The share of rows inside their interval, and the mean width, in the target's unit.

    `test` has the columns actual, lower and upper.
    """
    inside = test["actual"].between(test["lower"], test["upper"])
    return {
        "coverage": float(inside.mean()),
        "width": float((test["upper"] - test["lower"]).mean()),
    }


def score_baselines(train: pd.DataFrame, test: pd.DataFrame, transform: str) -> dict:
    """The test RMSE of what needs no network; persistence's on the rows where it is known.

    The tables are those of the stage split. Rows without dates have no persistence and no
    neighbours; where no date follows the one before it, nothing is known and there is no
    persistence either.
    """
    scores = {
        "mean": rmse(test["target"], baselines.mean(train, test, transform)),
        "linear": rmse(test["target"], baselines.linear(train, test, transform)),
    }
    known = test[test["known"].notna()]
    if len(known):
        scores["persistence"] = rmse(known["target"], known["known"])
    if "date" in test:
        scores["neighbours"] = rmse(test["target"], baselines.neighbours(train, test))
    return scores


def score_skill(test: pd.DataFrame) -> float:
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


def rounded(scores: dict, decimals: int, section: str = "") -> dict:
    """Each score to the digits of its metric, `decimals` where it has the target's unit.

    Rounded here and nowhere else: to what agrees between kinds of processors, and means
    something to a reader. Raises KeyError for a metric that METRICS does not have.
    """
    unknown = [f"{section}{name}" for name, value in scores.items() if not isinstance(value, dict)]
    if unknown := [name for name in unknown if name not in METRICS]:
        raise KeyError(f"METRICS in regression/scores/metrics.py lacks {', '.join(unknown)}")
    return {
        name: rounded(value, decimals, f"{section}{name}.")
        if isinstance(value, dict)
        else round(value, METRICS[f"{section}{name}"].decimals(decimals))
        for name, value in scores.items()
    }
