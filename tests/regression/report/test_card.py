"""What the model card says."""

import pandas as pd
import pytest

from regression.model.description import FullDescription, FullInterval, Preparation
from regression.report.card import card
from tests.project import PARAMS

SCORES = {
    "test": {"rmse": 200.0},
    "baseline": {"persistence": 100.0, "linear": 300.0, "mean": 400.0, "neighbours": 500.0},
    "skill": -1.0,
    "interval": {"coverage": 0.913, "width": 700.5},
}
INTERVAL = FullInterval(
    model="1a2b",
    method="split conformal",
    coverage=0.9,
    half_width=350.25,
    unit="thousands",
    errors_until="2014-08",
    months_at_limit=0,
)
TEST = pd.DataFrame({"date": pd.to_datetime(["1967-07-01", "2014-08-01"])})
HASHES = {"models/model.tflite": "1a2b", "data/train.csv": "3c4d"}


def written(skill=-1.0, method="random", constant_members=(), **prepare) -> str:
    model = FullDescription(
        model="1a2b",
        prepare=Preparation(**dict(PARAMS.prepare)).model_copy(update=prepare),
        train=PARAMS.train,
        unit="thousands",
        predictors={f"pce_{lag}": [1.0, 2.0] for lag in range(12)},
        rows=401,
        months=["1967-08", "2015-04"],
        versions={"keras": "3.15.1"},
        constant_members=constant_members,
    )
    split = PARAMS.split.model_copy(update={"method": method})
    return card(model, split, TEST, INTERVAL, SCORES | {"skill": skill}, HASHES)


def test_the_card_holds_what_a_user_has_to_know():
    """Scores beside baselines, intervals, months, parameters, hashes and versions, on a page."""
    text = written()

    for line in (
        "| this model | 200.0 |",
        "| last known figure | 100.0 |",
        "| linear regression on the same predictors | 300.0 |",
        "| training mean | 400.0 |",
        "| line between the neighbouring training months | 500.0 |",
    ):
        assert line in text.splitlines()
    assert "meant for 90%) held 91.3% of the test months; their mean width is 700.5." in text
    assert "| trained on | 401 rows, 1967-08 to 2015-04 |" in text
    assert "| tested on | 2 rows, 1967-07 to 2014-08; split: method random, test_size 0.3" in text
    assert "| takes | figures of pce (billions of dollars), pop (thousands), psavert" in text
    assert "| MD5 | models/model.tflite 1a2b, data/train.csv 3c4d |" in text
    assert "members 10" in text
    assert "keras 3.15.1" in text


def test_the_card_names_members_that_never_learnt():
    """And says nothing of them where all have."""
    sentence = "| constant | 2 of 10 networks answer every training row alike: 3, 8 |"

    assert sentence in written(constant_members=(3, 8))
    assert "| constant |" not in written()


@pytest.mark.parametrize("changes", [{}, {"horizon": 1}])
def test_the_card_is_one_page(changes):
    """Thirty lines at most, even where every limit holds."""
    text = written(**changes)

    assert len(text.partition("Not for:")[2].split("- ")) - 1 == 4
    assert len(text.splitlines()) <= 30


def test_a_forecasts_card_says_from_what_and_how_far_ahead():
    """Months and changes, and the singular for one."""
    text = written(
        transform="log_change", horizon=1, lags=12, features=["unemploy"], method="chronological"
    )

    assert "| takes | monthly log changes of unemploy (thousands), the last 12 months |" in text
    assert ", 1 month ahead; errors" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"skill": -0.1}, "Anything: carrying the last known figure forward errs less."),
        ({"method": "random"}, "Months to come: the test months were drawn at random"),
        ({"horizon": 0}, "Forecasts: it needs the figures of the very month"),
        ({"horizon": 1}, "Use on the day: spending and saving are published weeks after"),
    ],
)
def test_the_card_says_what_the_model_is_not_for(changes, sentence):
    """Each limit stands there where it holds, and only there."""
    other = {"skill": 0.1, "method": "chronological", "horizon": 3, "features": ["unemploy"]}

    assert sentence in written(**{**other, "features": ["pce"], **changes})
    assert sentence not in written(**other)
