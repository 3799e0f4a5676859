"""How intervals are calibrated."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from regression.errors import InputError
from regression.params import Level
from regression.report.predictions import make_predictions
from regression.scores.intervals import Intervals
from stages.evaluate import calibrate, check_predictors, describe_intervals, outside_training
from tests.project import MONTHS
from tests.regression.report.test_predictions import ANSWERS, ROWS


@pytest.mark.parametrize(
    ("method", "name"),
    [("random", "conformal, from errors on"), ("chronological", "adaptive conformal")],
)
def test_the_split_decides_how_intervals_are_calibrated(method, name):
    """Rows drawn at random by those held out; months in order by what was known before each."""
    rows = make_predictions(ROWS[1:], ANSWERS[1:], "level")
    held_out = rows.assign(predicted=rows["actual"] - [7, 9])

    intervals = calibrate(held_out, rows[:1], rows[1:], method, 0.9, "level", MONTHS)

    assert intervals.method.startswith(name)
    assert intervals.half_widths.tolist() == [9 if method == "random" else 200]


def test_errors_are_those_of_the_loss():
    """A prediction of 50 for 100 is as far off as one of 200."""
    rows = make_predictions(ROWS[1:], ANSWERS[1:], "log_change")
    rows = rows.assign(actual=100, predicted=[50.0, 200.0])

    intervals = calibrate(rows, rows[:1], rows[1:], "random", 0.5, "log_change", MONTHS)

    assert intervals.half_width == pytest.approx(np.log(2))


def test_a_later_prediction_learns_what_the_intervals_rest_on():
    """The half width after the last test month, to the digits on which processors agree."""
    intervals = Intervals("some method", np.array([1.0, 2.0]), 1234.5678, 2)
    model = SimpleNamespace(model="1a2b")

    found = describe_intervals(intervals, 0.9, model).model_dump(exclude={"format_version"})

    assert found == {
        "model": "1a2b",
        "method": "some method",
        "coverage": 0.9,
        "half_width": 1234.57,
    }


def test_rows_with_other_predictors_are_refused():
    """In another order too: the model would take one for another."""
    rows = pd.DataFrame(columns=["origin", "date", "pce", "pop", "known", "target"])
    model = SimpleNamespace(predictors={"pce": [0.0, 1.0], "pop": [0.0, 1.0]})

    check_predictors(rows, "data/test.csv", model)
    model.predictors = {"pop": [0.0, 1.0], "pce": [0.0, 1.0]}

    with pytest.raises(InputError, match=r"data/test\.csv should have the predictors pop, pce"):
        check_predictors(rows, "data/test.csv", model)


def test_a_level_that_leaves_its_training_range_is_told():
    """With the range and the number of test rows; the ends of the range lie inside."""
    levels = [Level(column="uempmed"), Level(column="unemploy", per="pop")]
    ranges = {"uempmed_level": [1.5, 3.0], "unemploy_per_pop": [0.0, 1.0], "x": [0.0, 0.0]}
    model = SimpleNamespace(prepare=SimpleNamespace(levels=levels), predictors=ranges)
    test = pd.DataFrame(
        {"uempmed_level": [1.4, 1.5, 3.0, 3.1], "unemploy_per_pop": [0.0, 0.5, 1.0, 1.0], "x": 9.0}
    )

    assert list(outside_training(test, model)) == [
        "uempmed_level is outside its training range of 1.5 to 3 in 2 of 4 test rows"
    ]
