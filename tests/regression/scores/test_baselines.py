"""Predictors that need no network, beside independent ones."""

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import interp1d
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression

from regression.scores import baselines
from regression.table.rows import predictors


@pytest.mark.parametrize(
    ("baseline", "model"), [("mean", DummyRegressor()), ("linear", LinearRegression())]
)
def test_mean_and_linear_are_those_of_scikit_learn(rows, baseline, model):
    """On predictors as unlike in size as percents and thousands of persons."""
    train, test = rows

    model.fit(predictors(train).astype("float64"), train["target"])

    expected = model.predict(predictors(test).astype("float64"))
    np.testing.assert_allclose(
        getattr(baselines, baseline)(train, test, "level"), expected, rtol=1e-6
    )


def test_a_predictor_that_others_make_up_changes_nothing(rows):
    """The line is the same: nothing is divided by what rounding leaves of it."""
    train, test = rows

    def more(rows):
        rows = rows.copy()
        rows.insert(3, "twice", 2 * rows["pce"])
        return rows

    assert predictors(more(train)).shape[1] == predictors(train).shape[1] + 1
    np.testing.assert_allclose(
        baselines.linear(more(train), more(test), "level"),
        baselines.linear(train, test, "level"),
        rtol=1e-6,
    )


def test_neighbours_interpolates_between_training_months(rows):
    """As SciPy does, and constant beyond the first training month and the last."""
    train, test = rows
    seconds, test_seconds = (rows["date"].astype("int64") for rows in (train, test))
    ends = train["target"].iloc[0], train["target"].iloc[-1]

    line = interp1d(seconds, train["target"], bounds_error=False, fill_value=ends)

    np.testing.assert_allclose(baselines.neighbours(train, test), line(test_seconds))


def test_a_predictor_that_never_changes_does_no_harm():
    """Its slope is nothing, not a division by zero."""
    names = ["origin", "date", "known"]
    train = pd.DataFrame({"pce": [1.0, 2, 3], "pop": [5.0, 5, 5], "target": [2, 4, 6]})
    test = pd.DataFrame({"pce": [4.0], "pop": [5.0], "target": [0]})

    predicted = baselines.linear(
        *(rows.assign(**dict.fromkeys(names, 0)) for rows in (train, test)), "level"
    )

    assert predicted == pytest.approx([8])


def test_in_log_changes_mean_is_the_drift_and_linear_an_autoregression():
    """Both answer in the target's unit, from the figure known at the origin."""
    generator = np.random.default_rng(0)
    known = generator.uniform(1000, 9000, 30)
    rows = pd.DataFrame(
        {
            "origin": 0,
            "date": 0,
            "unemploy_change": generator.normal(0, 0.1, 30),
            "known": known,
            "target": known * np.exp(generator.normal(0.01, 0.1, 30)),
        }
    )
    train, test = rows[:20], rows[20:]
    changes = np.log(train["target"] / train["known"])
    model = LinearRegression().fit(train[["unemploy_change"]], changes)

    drift = baselines.mean(train, test, "log_change")
    autoregression = baselines.linear(train, test, "log_change")

    np.testing.assert_allclose(drift, test["known"] * np.exp(changes.mean()), rtol=1e-6)
    expected = test["known"] * np.exp(model.predict(test[["unemploy_change"]]))
    np.testing.assert_allclose(autoregression, expected, rtol=1e-6)
