"""That the study of the validation score scores what the pipeline scores, and counts it right."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from benchmarks import validation
from regression.params import Train
from tests.project import PARAMS, SMALL


@pytest.fixture
def clock(monkeypatch) -> list[int]:
    """Training takes 20 seconds and each fold 2 more; the numbers of folds of what was trained."""
    trained: list[int] = []
    monkeypatch.setattr(validation, "perf_counter", lambda: sum(20 + 2 * each for each in trained))
    monkeypatch.setattr(
        validation, "train_rows", lambda train, params: trained.append(params.train.folds)
    )
    return trained


@pytest.mark.parametrize("configurations", [validation.GUIDE, validation.FORECAST])
def test_every_configuration_is_one_that_params_yaml_may_hold(configurations):
    """And each is another one."""
    sections = [
        Train.model_validate(PARAMS.train.model_dump() | changes) for changes in configurations
    ]

    assert len(set(map(str, sections))) == len(configurations)


def test_a_configuration_is_scored_as_the_pipeline_scores_it(small, rows):
    """To the digits of metrics/; each half of the test months counts by its months."""
    section = {name.removeprefix("train."): value for name, value in SMALL.items()}
    params = PARAMS.model_copy(update={"train": PARAMS.train.model_copy(update=section)})

    scores = validation.score(*rows, params)

    for name, part in (("validation", "validation"), ("metrics", "test")):
        expected = json.loads((small.path / f"metrics/{name}.json").read_text())[part]["rmse"]
        assert scores[part] == pytest.approx(expected, abs=0.06)
    halves = scores["first half"] ** 2 * 86 + scores["second half"] ** 2 * 87
    assert halves / 173 == pytest.approx(scores["test"] ** 2)


def test_agreement_is_in_ranks_and_in_what_is_lost_by_choosing():
    """The second is chosen, the third is best; the mean is 6."""
    found = pd.DataFrame(
        {
            "validation": [30.0, 10.0, 20.0, 90.0],
            "test": [6.0, 5.0, 4.0, 9.0],
            "first half": [1.0, 2.0, 3.0, 4.0],
            "second half": [4.0, 3.0, 1.0, 2.0],
        }
    )
    validated, halved = (
        spearmanr(found[first], found[second]).statistic
        for first, second in (("validation", "test"), ("first half", "second half"))
    )

    assert (validated, halved) == pytest.approx((0.8, -0.8))
    assert validation.agreement(found) == ["0.800", "−0.800", "0 of 0", "1.250", "1.500"]


def test_near_pairs_are_in_the_right_order_where_validation_says_so():
    """100 and 104, 200 and 202 are; 104 and 108 are not; 100 and 108 are 8% apart."""
    validated, tested = [2.0, 3.0, 2.5, 1.0, 1.5], [100.0, 104.0, 108.0, 200.0, 202.0]

    found = validation.near_pairs(pd.DataFrame({"validation": validated, "test": tested}))

    assert found == "2 of 3"


def test_the_cost_is_that_of_the_folds_beside_the_same_members(clock, rows):
    """With five folds 30 seconds, without 20, in turns."""
    assert validation.cost(rows[0], PARAMS, 3) == [1.5, 1.5, 1.5]
    assert clock == [5, 0, 0, 5, 5, 0]


def test_the_command_prints_a_row_for_the_guide_and_for_each_horizon(monkeypatch, capsys, clock):
    """Of as many configurations as are asked for."""
    drawn = np.random.default_rng(0)
    columns = ["validation", "test", "first half", "second half"]
    horizons = []

    def score(train, test, params):
        horizons.append(params.prepare.horizon)
        return dict(zip(columns, drawn.uniform(1, 2, 4), strict=True))

    monkeypatch.setattr(validation, "score", score)
    monkeypatch.setattr("sys.argv", ["validation", "--first", "3"])

    validation.main()

    printed = capsys.readouterr().out
    assert horizons == [0] * 3 + [1] * 3 + [3] * 3 + [6] * 3 + [12] * 3
    assert re.findall(r"^\| (the .*?) \| 3 \|", printed, re.M) == [
        "the guide",
        *(f"the forecast, {ahead} ahead" for ahead in ("1 month", "3 months", "6 months")),
        "the forecast, 12 months ahead",
    ]
    assert "takes 1.50 times as long as without (1.50 to 1.50 in 5 rounds)" in printed
