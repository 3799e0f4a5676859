"""How intervals are calibrated."""

import numpy as np
import pytest

from regression.report.predictions import make_predictions
from stages.evaluate import calibrate
from tests.regression.report.test_predictions import ANSWERS, ROWS


@pytest.mark.parametrize(("method", "name"), [("random", "split"), ("chronological", "adaptive")])
def test_the_split_decides_how_intervals_are_calibrated(method, name):
    """Rows drawn at random are exchangeable; months in order are not."""
    rows = make_predictions(ROWS[1:], ANSWERS[1:], "level")

    intervals = calibrate(rows[:1], rows[1:], method, 0.9, "level")

    assert intervals.method == f"{name} conformal"
    assert intervals.half_widths.tolist() == [149.5 if method == "random" else 200]


def test_errors_are_those_of_the_loss():
    """A prediction of 50 for 100 is as far off as one of 200."""
    rows = make_predictions(ROWS[1:], ANSWERS[1:], "log_change")
    rows = rows.assign(actual=100, predicted=[50.0, 200.0])

    intervals = calibrate(rows[:1], rows[1:], "random", 0.5, "log_change")

    assert intervals.half_width == pytest.approx(np.log(2))
