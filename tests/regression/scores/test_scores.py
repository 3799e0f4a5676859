"""What the scores mean."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from regression.errors import InputError
from regression.scores.metrics import METRICS, Metric
from regression.scores.scores import (
    mae,
    r2,
    rmse,
    rounded,
    score_baselines,
    score_intervals,
    score_members,
    score_predictions,
    score_skill,
)

ACTUAL = np.array([1.0, 2.0, 3.0, 6.0])
PREDICTED = np.array([1.0, 4.0, 3.0, 2.0])


def test_scores_worked_by_hand():
    """Errors of 0, 2, 0 and -4: squares sum to 20; about the mean of 3, squares sum to 14."""
    assert rmse(ACTUAL, PREDICTED) == pytest.approx((20 / 4) ** 0.5)
    assert mae(ACTUAL, PREDICTED) == pytest.approx(6 / 4)
    assert r2(ACTUAL, PREDICTED) == pytest.approx(1 - 20 / 14)


def test_a_perfect_prediction_scores_zero():
    """No error, and everything explained."""
    assert (rmse(ACTUAL, ACTUAL), mae(ACTUAL, ACTUAL), r2(ACTUAL, ACTUAL)) == (0, 0, 1)


def test_scores_are_those_of_scikit_learn():
    """On a thousand drawn pairs of numbers."""
    actual, predicted = np.random.default_rng(0).normal(7000, 2000, (2, 1000))

    assert rmse(actual, predicted) == pytest.approx(root_mean_squared_error(actual, predicted))
    assert mae(actual, predicted) == pytest.approx(mean_absolute_error(actual, predicted))
    assert r2(actual, predicted) == pytest.approx(r2_score(actual, predicted))


def test_targets_all_alike_have_no_r2():
    """A division by zero is told, not written."""
    with pytest.raises(InputError, match=r"raise split\.test_size"):
        r2(np.array([5.0, 5.0]), np.array([4.0, 6.0]))


# Two members, with errors of 1, 1, 1, 1 and of -1, 3, -1, -9.
PREDICTIONS = pd.DataFrame(
    {
        "actual": ACTUAL,
        "predicted": PREDICTED,
        "lower": [1.0, 3.0, 2.0, 1.0],
        "upper": [2.0, 5.0, 3.0, 3.0],
        "persistence": [np.nan, 1.0, 2.0, 3.0],
        "member_1": [2.0, 3.0, 4.0, 7.0],
        "member_2": [0.0, 5.0, 2.0, -3.0],
    }
)


def test_members_are_scored_one_by_one():
    """RMSE of 1 and of the root of 92 / 4: their mean, and their deviation as of a sample."""
    scores = score_members(PREDICTIONS.assign(predicted=ACTUAL + 7), PREDICTIONS)

    assert scores["train"] == {"rmse": 7, "mae": 7}
    assert scores["test"]["rmse"] == rmse(ACTUAL, PREDICTED)
    assert scores["test"]["member_rmse_mean"] == pytest.approx((1 + 23**0.5) / 2)
    assert scores["test"]["member_rmse_std"] == pytest.approx((23**0.5 - 1) / 2**0.5)


def test_one_member_has_no_spread():
    """What has no value is left out, for metrics.json holds finite numbers only."""
    alone = PREDICTIONS.drop(columns="member_2")

    assert "member_rmse_std" not in score_members(alone, alone)["test"]


def test_skill_compares_where_both_are_known():
    """Predictions 4, 3, 2 and last figures 1, 2, 3 for 2, 3, 6: squares of 20 and of 11."""
    assert score_skill(PREDICTIONS) == pytest.approx(1 - (20 / 11) ** 0.5)


@pytest.mark.parametrize("known", [[np.nan] * 4, [1, 2, 3, 6]])
def test_skill_needs_something_to_compare_with(known):
    """Nothing known, or nothing wrong with it: told, not divided by."""
    with pytest.raises(InputError, match="skill has no value"):
        score_skill(PREDICTIONS.assign(persistence=known))


def test_an_interval_holds_its_ends():
    """Two of four months lie inside, one on its lower end, one on its upper; widths 1, 2, 1, 2."""
    assert score_intervals(PREDICTIONS) == {"coverage": 0.5, "width": 1.5}


def test_baselines_are_scored_on_the_test_rows():
    """Against the training mean of 3, the last figure, and the training months on either side."""
    rows = pd.DataFrame(
        {
            "origin": 0,
            "date": pd.to_datetime(["1967-07-01", "1967-08-01", "1967-09-01", "1967-10-01"]),
            "pce": [1.0, 2.0, 3.0, 4.0],
            "known": [np.nan, 1.0, 2.0, 3.0],
            "target": [1, 2, 3, 6],
        }
    )
    train, test = rows.iloc[[0, 3]], rows.iloc[[1, 2]]
    days = (test["date"] - train["date"].iloc[0]).dt.days / 92

    scores = score_baselines(train, test, "level")

    assert scores["mean"] == pytest.approx(rmse(np.array([2, 3]), np.array([3.5, 3.5])))
    assert scores["persistence"] == 1
    assert scores["neighbours"] == pytest.approx(rmse(np.array([2, 3]), 1 + 5 * days))
    assert scores["linear"] == pytest.approx(rmse(np.array([2, 3]), np.array([8 / 3, 13 / 3])))


def test_where_nothing_is_known_there_is_no_persistence():
    """As of dates that never follow each other: no persistence, no skill, and all else."""
    dates = pd.to_datetime(["2000-01-01", "2000-01-04", "2000-01-09", "2000-01-11"])
    rows = pd.DataFrame({"origin": dates, "date": dates, "x": ACTUAL, "known": np.nan})
    rows["target"] = 2 * ACTUAL

    baselines = score_baselines(rows[:2], rows[2:], "level")
    scores = score_predictions(PREDICTIONS, PREDICTIONS, baselines)

    assert list(baselines) == ["mean", "linear", "neighbours"]
    assert list(scores) == ["train", "test", "baseline", "interval"]


def test_the_scores_come_in_the_order_in_which_they_are_read():
    """The model's, what needs no network, the two compared, and the intervals."""
    scores = score_predictions(
        PREDICTIONS.assign(predicted=ACTUAL), PREDICTIONS, {"persistence": 1.0}
    )

    assert list(scores) == ["train", "test", "baseline", "skill", "interval"]
    assert scores["train"]["rmse"] == 0 < scores["test"]["rmse"]


@pytest.mark.parametrize("name", ["mape", "rmse_of_summer"])
def test_a_metric_without_digits_is_refused(name):
    """A share of 0.2417 is not printed as 0.2: whoever adds a metric says what it is."""
    with pytest.raises(KeyError, match=f"METRICS in .*metrics.py lacks test.{name}"):
        rounded({"test": {"rmse": 1.0, name: 0.2417}}, 1)


def test_a_new_metric_is_rounded_to_its_own_digits(monkeypatch):
    """Its line in METRICS is all that it takes."""
    monkeypatch.setitem(METRICS, "test.mape", Metric("less", "share", 4))

    assert rounded({"test": {"mape": 0.24168}}, 1) == {"test": {"mape": 0.2417}}


def test_errors_are_rounded_to_the_targets_decimals_and_shares_to_three():
    """Through every level of the tree."""
    interval = {"coverage": 0.90173, "width": 700.46}
    assert rounded(
        {"test": {"rmse": 1.26, "r2": 0.12345}, "skill": -7.89951, "interval": interval}, 1
    ) == {
        "test": {"rmse": 1.3, "r2": 0.123},
        "skill": -7.9,
        "interval": {"coverage": 0.902, "width": 700.5},
    }


def test_whole_numbers_may_be_as_large_as_they_like():
    """Their squares would leave 64 bits."""
    actual, predicted = pd.Series([5_000_000_000, 0, 0, 0]), pd.Series([0, 0, 0, 0])

    assert rmse(actual, predicted) == 2.5e9
    assert mae(actual, predicted) == 1.25e9
    assert r2(actual, actual) == 1
