"""How the recipe's settings are chosen: in the order of time, and without the test months."""

import numpy as np
import pandas as pd
import pytest

from tests.project import PARAMS as GUIDE
from tools.choose import FOLD_MONTHS, FOLDS, HORIZONS, ratio, score_folds, training_folds
from tools.recipe import follow

RECIPE = (
    "-S prepare.features=[unemploy] -S prepare.transform=log_change -S prepare.lags=2 "
    "-S prepare.horizon=1 -S split.method=chronological -S split.test_size=40"
)
PARAMS = follow(RECIPE, GUIDE)


@pytest.fixture(scope="module")
def parts() -> dict:
    """The folds of a raw table of 360 months that a figure wanders through."""
    generator = np.random.default_rng(0)
    dates = pd.date_range("1980-01-01", periods=360, freq="MS")
    figures = 7000 * np.exp(generator.normal(0, 0.03, 360).cumsum())
    return training_folds(pd.DataFrame({"date": dates, "unemploy": figures}), PARAMS)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_every_fold_is_trained_on_what_was_known_before_it(parts, horizon):
    """At its first origin, and without dropping a row in vain; no test month takes part."""
    first_test_origin = pd.Timestamp("2006-09-01") - pd.DateOffset(months=horizon)

    assert len(parts[horizon]) == FOLDS
    for earlier, later in parts[horizon]:
        assert len(later) == FOLD_MONTHS
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
