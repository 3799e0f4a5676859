"""What networks say of training rows that they did not learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from regression.scores.validation import out_of_fold, score_validation

DATES = pd.date_range("2000-01-01", periods=6, freq="MS")
TRAIN = pd.DataFrame(
    {
        "origin": DATES,
        "date": DATES + pd.offsets.MonthBegin(),
        "x": [1.0, 2, 4, 3, 5, 7],
        "known": [np.nan, 10, 12, 11, 15, 16],
        "target": [10.0, 12, 11, 15, 16, 20],
    }
)
FOLDS = [(np.array([0, 1, 2, 4]), np.array([3, 5])), (np.array([1, 3, 5]), np.array([0, 2, 4]))]


def test_each_held_out_row_has_the_answer_of_its_fold_beside_what_needs_no_network():
    """In the order of the rows; the line is that of the rows which the fold learnt."""
    table = out_of_fold(TRAIN, FOLDS, [np.array([14.0, 21]), np.array([9.0, 13, 16])], "level")

    assert list(table["date"]) == list(TRAIN["date"].iloc[[0, 2, 3, 4, 5]])
    assert table["fold"].tolist() == [2, 2, 1, 2, 1]
    assert table["actual"].tolist() == [10, 11, 15, 16, 20]
    assert table["predicted"].tolist() == [9, 13, 14, 16, 21]
    np.testing.assert_array_equal(table["persistence"], [np.nan, 12, 11, 15, 16])
    for number, (rows, held_out) in enumerate(FOLDS, 1):
        line = LinearRegression().fit(TRAIN[["x"]].iloc[rows], TRAIN["target"].iloc[rows])
        expected = line.predict(TRAIN[["x"]].iloc[held_out])
        np.testing.assert_allclose(table["linear"][table["fold"] == number], expected)


def test_changes_are_turned_back():
    """Answers are changes since the last known figure; what is printed is in the target's unit."""
    train, folds = TRAIN.iloc[1:].reset_index(drop=True), [(np.arange(3), np.array([3, 4]))]

    change, log_change = (
        out_of_fold(train, folds, [np.array([1.0, -2])], transform)["predicted"]
        for transform in ("change", "log_change")
    )

    assert change.tolist() == [16, 14]
    np.testing.assert_allclose(log_change, [15 * np.e, 16 / np.e**2])


def test_the_scores_are_of_the_held_out_rows():
    """Persistence's only where something was known; without dates it has none."""
    table = pd.DataFrame(
        {
            "date": DATES[:3],
            "actual": [10.0, 20, 30],
            "predicted": [11.0, 18, 32],
            "persistence": [np.nan, 23, 26],
            "linear": [10.0, 20, 33],
        }
    )

    scores = score_validation(table)

    assert scores == {
        "rmse": pytest.approx(3**0.5),
        "mae": pytest.approx(5 / 3),
        "linear": pytest.approx(3**0.5),
        "persistence": pytest.approx(12.5**0.5),
    }
    unknown = table.drop(columns="date").assign(persistence=np.nan)
    assert "persistence" not in score_validation(unknown)


def test_without_folds_there_are_no_figures():
    """The files are there all the same, for those who read them."""
    table = out_of_fold(TRAIN, [], [], "level")

    assert list(table) == ["origin", "date", "fold", "actual", "predicted", "persistence", "linear"]
    assert score_validation(table) == {}
