"""What the model card says."""

import pandas as pd
import pytest

from regression.model.description import FullDescription, Interval, Preparation
from regression.params import Level
from regression.report.card import card
from tests.project import PACKAGE, PARAMS, TABLE

SCORES = {
    "test": {"rmse": 200.0},
    "baseline": {"persistence": 100.0, "linear": 300.0, "mean": 400.0, "neighbours": 500.0},
    "skill": -1.0,
    "interval": {"coverage": 0.913, "width": 700.5},
}
INTERVAL = Interval(model="1a2b", method="split conformal", coverage=0.9, half_width=350.25)
VALIDATION = {"rmse": 210.0, "mae": 150.0, "persistence": 110.0, "linear": 290.0}
TEST = pd.DataFrame(
    {
        "date": pd.to_datetime(["1967-07-01", "2013-08-01", "2014-08-01"]),
        "actual": [1.0, 2.0, 3.0],
        "lower": [0.0, 1.0, 3.5],
        "upper": [2.0, 3.0, 4.0],
    }
)
HASHES = {"models/model.tflite": "1a2b", "data/train.csv": "3c4d"}


def written(
    skill=-1.0, method="random", constant_members=(), exact=False, coverage=0.9, **prepare
) -> str:
    model = FullDescription(
        model="1a2b",
        prepare=Preparation(**dict(PARAMS.prepare)).model_copy(update=prepare),
        train=PARAMS.train,
        unit="thousands",
        predictors={f"pce_{lag}": [1.0, 2.0] for lag in range(12)},
        rows=401,
        dates=["1967-08", "2015-04"],
        table=TABLE,
        versions={"keras": "3.15.1"},
        constant_members=constant_members,
        exact=exact,
    )
    split = PARAMS.split.model_copy(update={"method": method})
    interval = INTERVAL.model_copy(update={"coverage": coverage})
    scores = SCORES | {"skill": skill}
    if skill is None:  # nothing is known before any row
        scores = {
            "test": SCORES["test"],
            "baseline": {"linear": 300.0, "mean": 400.0, "neighbours": 500.0},
        }
    return card(model, split, TEST, interval, 0.173, scores, VALIDATION, HASHES, PACKAGE.where)


def test_the_card_holds_what_a_user_has_to_know():
    """Scores beside baselines, intervals, months, parameters, hashes and versions, on a page."""
    text = written()

    for line in (
        "| this model | 200.0 | 210.0 |",
        "| last known figure | 100.0 | 110.0 |",
        "| linear regression on the same predictors | 300.0 | 290.0 |",
        "| training mean | 400.0 | |",
        "| line between the neighbouring training dates | 500.0 | |",
    ):
        assert line in text.splitlines()
    assert "meant for 90%) held 91.3% of the test rows (by luck alone, give or take 17.3%)" in text
    assert "; their mean width is 700.5." in text
    assert "By decade: from 50% in the 2010s (2 rows) to 100% in the 1960s (1 row)." in text
    assert "| trained on | 401 rows, 1967-08 to 2015-04 |" in text
    assert "| tested on | 3 rows, 1967-07 to 2014-08; split: method random; test_size 0.3" in text
    assert "| takes | figures of pce (billions of dollars), pop (thousands), psavert" in text
    assert "| MD5 | models/model.tflite 1a2b, data/train.csv 3c4d |" in text
    assert "members 10" in text
    assert "keras 3.15.1" in text


def test_the_card_names_members_that_never_learnt():
    """And says nothing of them where all have."""
    sentence = "; 2 of 10 networks give every training row the same answer: 3, 8 |"

    assert sentence in written(constant_members=(3, 8))
    assert "answer every training row" not in written()


def test_the_card_tells_of_a_model_that_is_not_exact():
    """And has nothing to say of one that is."""
    assert "| exact | no: another kind of processor may train" in written()
    assert "| exact |" not in written(exact=True)


@pytest.mark.parametrize("changes", [{}, {"horizon": 1}])
def test_the_card_is_one_page(changes):
    """Thirty lines at most, even where every limit holds."""
    text = written(**changes, constant_members=(3, 8))

    assert text.partition("Not for:")[2].count("\n- ") == 4
    assert len(text.splitlines()) <= 30


def test_without_a_last_known_figure_the_card_has_linear_regression_beside_the_model():
    """And does not say how carrying it forward would do."""
    text = written(skill=None)

    assert "between months that it was trained on; it errs less than linear regression" in text
    assert "| last known figure |" not in text
    assert "carrying the last known figure forward" not in text


def test_a_forecasts_card_says_from_what_and_how_far_ahead():
    """Months and changes, and the singular for one."""
    text = written(
        transform="log_change", horizon=1, lags=12, features=["unemploy"], method="chronological"
    )

    assert "| takes | log changes from one month to the next of unemploy (thousands), " in text
    assert ", the last 12 months |" in text
    assert ", 1 month ahead; errors" in text


def test_the_card_says_which_levels_are_taken():
    """In words, after the features, and that a figure of the origin is not there on the day."""
    levels = [Level(column="unemploy", per="pop", per_lag=1), Level(column="pce")]
    forecast = {"transform": "log_change", "horizon": 1, "features": ["unemploy"]}

    text = written(levels=levels, **forecast)

    assert " (thousands); log of unemploy per pop of 1 month before; log of pce |" in text
    assert "Use on the day: pce is published later than unemploy." in text
    assert "; levels column unemploy per pop per_lag 1, column pce per_lag 0 |" in text
    assert "Use on the day" not in written(levels=levels[:1], **forecast)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"skill": -0.1}, "Anything: carrying the last known figure forward errs less."),
        ({"method": "random"}, "Months to come: the test months were drawn at random"),
        ({"horizon": 0}, "Forecasts: it needs the figures of the very month"),
        ({"horizon": 1}, "Use on the day: pce is published later than unemploy."),
        ({"features": ["pop"]}, "Use on the day: pop is published later than unemploy."),
        ({"features": ["pop", "uempmed", "pce"]}, "Use on the day: pop and pce are published"),
        ({"features": ["pce", "pop", "psavert"]}, "day: pce, pop and psavert are published later"),
    ],
)
def test_the_card_says_what_the_model_is_not_for(changes, sentence):
    """Each limit stands there where it holds, and only there."""
    other = {"skill": 0.1, "method": "chronological", "horizon": 3, "features": ["unemploy"]}

    assert sentence in written(**{**other, "features": ["pce"], **changes})
    assert sentence not in written(**other)


def test_what_is_published_with_the_target_does_not_come_late():
    """A late target's own last figure is waited for anyway."""
    assert "Use on the day" not in written(target="psavert", features=["pce"], horizon=1)


@pytest.mark.parametrize(
    ("changes", "purpose"),
    [
        (
            {"skill": -7.899},
            "estimating unemployed persons from other figures of the same month, between months "
            "that it was trained on, as an exercise: the last known figure errs less "
            "(skill -7.899)",
        ),
        (
            {"horizon": 1, "skill": 0.132, "method": "chronological"},
            "forecasting unemployed persons 1 month ahead; it errs less than the last known figure "
            "(skill 0.132)",
        ),
        (
            {"horizon": 12, "skill": 0.0, "method": "chronological", "target": "psavert"},
            "forecasting personal savings rate 12 months ahead, as an exercise: the last known "
            "figure errs as little (skill 0.0)",
        ),
    ],
)
def test_the_card_says_what_the_model_is_for(changes, purpose):
    """From its target, its horizon and its split, and no more than its skill allows."""
    assert f"| for | {purpose} |" in written(**changes)


@pytest.mark.parametrize(
    ("coverage", "shown"), [(0.9, "90%"), (0.995, "99.5%"), (0.07, "7%"), (0.9999999, "99.99999%")]
)
def test_the_intervals_purpose_keeps_its_digits(coverage, shown):
    """No interval that is meant for less is said to be meant for all."""
    assert f"meant for {shown})" in written(coverage=coverage)


def test_parameters_stand_as_in_the_readme():
    """Lists without brackets."""
    assert "; layers 500, 100, 50; dropout 0.0; " in written()
    assert "| prepare | target unemploy; features pce, pop, psavert, uempmed; trans" in written()
