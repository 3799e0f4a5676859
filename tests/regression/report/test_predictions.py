"""How the model's answers become predictions with intervals."""

import numpy as np
import pandas as pd
import pytest

from regression.report.predictions import add_intervals, make_predictions
from regression.table.transforms import apply_transform

ROWS = pd.DataFrame(
    {
        "origin": pd.to_datetime(["1967-06-01", "1967-07-01", "1967-08-01"]),
        "date": pd.to_datetime(["1967-07-01", "1967-08-01", "1967-09-01"]),
        "known": [np.nan, 100.0, 200.0],
        "target": [100, 200, 150],
    }
)
ANSWERS = np.array([[0, 0.5], [0.5, -0.5], [1, 0]], "float32")


def test_predictions_hold_every_member_and_their_mean():
    """A row for each month; where nothing is known, persistence is empty."""
    answers = np.column_stack([ANSWERS, [1, 0.75, 0.5]])

    predictions = make_predictions(ROWS, answers, "level")

    assert list(predictions) == (
        "origin date actual predicted persistence member_1 member_2 member_3".split()
    )
    assert predictions["predicted"].tolist() == [0.5, 0.25, 0.5]
    assert predictions["member_2"].tolist() == [0.5, -0.5, 0]
    assert predictions["persistence"].isna().tolist() == [True, False, False]


def test_log_changes_become_the_targets_unit_before_members_are_averaged():
    """The mean of 100 e^0.5 and 100 e^-0.5 is not 100."""
    predictions = make_predictions(ROWS, ANSWERS, "log_change")

    assert predictions["member_1"][1] == pytest.approx(100 * np.exp(0.5))
    assert predictions["predicted"][1] == pytest.approx(50 * (np.exp(0.5) + np.exp(-0.5)))


def test_a_change_is_added_to_the_figure_known():
    """In the target's unit; and the way back gives the change."""
    predictions = make_predictions(ROWS[1:], ANSWERS[1:], "change")

    assert predictions["member_1"].tolist() == [100.5, 201]
    known = ROWS["known"][1:].to_numpy()
    changes = apply_transform(predictions["member_1"].to_numpy(), known, "change")
    assert changes.tolist() == [0.5, 1]


@pytest.mark.parametrize(
    ("transform", "lower", "upper"),
    [("level", [-0.25, 0.25], [0.25, 0.75]), ("log_change", [100, 200], [400, 800])],
)
def test_intervals_have_their_half_width_in_the_unit_of_the_loss(transform, lower, upper):
    """Added to a level; a factor on what comes of a log change."""
    half_width = 0.25 if transform == "level" else np.log(2)
    answers = ANSWERS[1:] if transform == "level" else np.log([[2, 2], [2, 2]])

    rows = add_intervals(make_predictions(ROWS[1:], answers, transform), half_width, transform)

    assert list(rows)[2:6] == ["actual", "predicted", "lower", "upper"]
    np.testing.assert_allclose(rows["lower"], lower)
    np.testing.assert_allclose(rows["upper"], upper)
