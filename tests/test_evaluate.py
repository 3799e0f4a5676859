"""What the scores mean."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from stages.errors import InputError
from stages.evaluate import draw, mae, r2, rmse, score

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


def test_metrics_hold_both_parts_rounded():
    """RMSE and MAE to one decimal, R² to three."""
    train = pd.DataFrame({"actual": [1.0, 2.0], "predicted": [1.0, 2.2]})
    test = pd.DataFrame({"actual": ACTUAL, "predicted": PREDICTED})

    assert score(train, test) == {
        "train": {"rmse": 0.1, "mae": 0.1},
        "test": {"rmse": 2.2, "mae": 1.5, "r2": -0.429},
    }


def test_the_picture_names_what_it_shows():
    """Title, units, and one scale for actual and predicted."""
    dates = pd.to_datetime(["1967-07-01", "1967-08-01", "1967-09-01", "1967-10-01"])
    test = pd.DataFrame({"date": dates, "actual": ACTUAL, "predicted": PREDICTED})

    figure = draw(test, "psavert")
    figure.draw_without_rendering()
    months, pairs = figure.axes

    assert figure.get_suptitle() == "4 test months: personal savings rate, percent; RMSE 2.2"
    assert (months.get_ylabel(), pairs.get_xlabel()) == ("percent", "actual, percent")
    assert list(pairs.get_xticks()) == list(pairs.get_yticks())
    drawn = {line.get_label(): list(line.get_ydata()) for line in months.lines}
    assert drawn == {"actual": list(ACTUAL), "predicted": list(PREDICTED)}
