"""How the recipe's settings are chosen: in the order of time, and without the test months."""

import numpy as np
import pandas as pd
import pytest

from regression.errors import InputError
from tests.project import MONTHS
from tests.project import PARAMS as GUIDE
from tools.choose import FOLDS, ratio, score_folds, training_folds
from tools.recipe import follow

RECIPE = (
    "-S prepare.features=[unemploy] -S prepare.transform=log_change -S prepare.lags=2 "
    "-S prepare.horizon=1 -S split.method=chronological -S split.test_size=40"
)
PARAMS = follow(RECIPE, GUIDE)


def wander(months: int) -> pd.DataFrame:
    """A raw table of so many months that a figure wanders through."""
    generator = np.random.default_rng(0)
    dates = pd.date_range("1980-01-01", periods=months, freq="MS")
    figures = 7000 * np.exp(generator.normal(0, 0.03, months).cumsum())
    return pd.DataFrame({"date": dates, "unemploy": figures})


@pytest.fixture(scope="module")
def parts() -> dict:
    """The folds of a raw table of 360 months."""
    return training_folds(wander(360), PARAMS, MONTHS)


@pytest.mark.parametrize("horizon", [1, 3, 6, 12])
def test_every_fold_is_trained_on_what_was_known_before_it(parts, horizon):
    """At its first origin, and without dropping a row in vain; no test month takes part."""
    first_test_origin = pd.Timestamp("2006-09-01") - pd.DateOffset(months=horizon)

    assert len(parts[horizon]) == FOLDS
    for earlier, later in parts[horizon]:
        assert len(later) == 60
        assert earlier["date"].max() == later["origin"].min()
        assert later["date"].max() <= first_test_origin


def test_the_ratio_is_that_of_all_folds_together():
    """Errors of 2, and of 1 and 2, beside 2, and 4 and 5, of the last known figure: 9 of 45."""
    later = [
        pd.DataFrame({"target": [10.0], "known": [8.0]}),
        pd.DataFrame({"target": [10.0, 10.0], "known": [6.0, 15.0]}),
    ]

    pooled = ratio([np.array([12.0]), np.array([11.0, 8.0])], later)

    assert pooled == pytest.approx((9 / 45) ** 0.5)


@pytest.mark.parametrize(("column", "expected"), [("target", 0), ("known", 1)])
def test_a_perfect_forecast_has_0_and_the_last_known_figure_1(parts, column, expected):
    """At every horizon, and so in the mean."""
    ratios = score_folds(parts, lambda earlier, later: later[column].to_numpy())

    assert ratios == pytest.approx([expected] * 5)


@pytest.mark.parametrize(
    ("recipe", "months", "message"),
    [
        (
            f"{RECIPE} -S split.method=random",
            360,
            "split.method should be chronological: .* random",
        ),
        (
            RECIPE,
            285,
            "should leave 244 .* 4 folds of 60 months, 1 ahead, found 242",
        ),
        (RECIPE, 319, "should leave 255 .* 12 ahead, found 254"),
    ],
)
def test_what_has_no_folds_is_refused(recipe, months, message):
    """Before anything is trained: months drawn at random, and too few of them."""
    with pytest.raises(InputError, match=message):
        training_folds(wander(months), follow(recipe, GUIDE), MONTHS)


def test_as_many_months_as_it_takes_are_enough():
    """The first fold then has as many rows as a line through its predictors needs."""
    parts = training_folds(wander(320), PARAMS, MONTHS)

    assert len(parts[12][0][0]) == 4
    score_folds(parts, lambda earlier, later: later["known"].to_numpy())
