"""The recipe turns the committed guide into a forecast, by parameters alone."""

import re

import numpy as np
import pandas as pd
import pytest

from regression.raw import read_table
from regression.report.predictions import add_intervals, make_predictions
from regression.scores.intervals import deviation
from regression.scores.scores import rounded, score_baselines, score_predictions
from regression.table.rows import predictors, targets
from stages.evaluate import calibrate
from stages.prepare import prepare
from stages.split import split
from stages.train import train as train_members
from tests.project import FROZEN, MONTHS, PARAMS, README, ROOT, TABLE, quoted
from tools.recipe import follow

RECIPE = (FROZEN / "recipes/forecast").read_text()


def forecast(recipe: str, horizon: int) -> tuple[pd.DataFrame, dict]:
    """The test rows, the last 173, and the scores that the pipeline gives them."""
    chosen = follow(f"{recipe} -S prepare.horizon={horizon} -S split.test_size=173", PARAMS)
    transform = chosen.prepare.transform
    table = read_table(str(FROZEN / "data/table.csv"), TABLE, chosen.prepare.columns)

    train, test = split(prepare(table, chosen.prepare, MONTHS), chosen.split)
    x, y = predictors(train), targets(train, transform)
    members, _ = train_members(x, y, chosen.train)
    train_predictions, predicted = (
        make_predictions(
            rows, np.hstack([member(predictors(rows)) for member in members]), transform
        )
        for rows in (train, test)
    )
    method, coverage = chosen.split.method, chosen.evaluate.coverage
    intervals = calibrate(
        predicted[:0], train_predictions, predicted, method, coverage, transform, MONTHS
    )
    predicted = add_intervals(predicted, intervals.half_widths, transform)
    baselines = score_baselines(train, test, transform)
    return test, rounded(score_predictions(train_predictions, predicted, baselines), 1)


@quoted
@pytest.mark.parametrize("horizon", [1, 3, 6, 12])
def test_the_readmes_forecasts_are_those_of_the_recipe(horizon):
    """On the last 173 months: better than the last known figure and than an autoregression."""
    test, scores = forecast(RECIPE, horizon)

    assert test["date"].agg(["min", "max"]).tolist() == [
        pd.Timestamp("2000-12-01"),
        pd.Timestamp("2015-04-01"),
    ]
    rmse, baseline = scores["test"]["rmse"], scores["baseline"]
    assert rmse < baseline["linear"] < baseline["persistence"]
    quoted = re.search(rf"^\| {horizon} (\| [0-9].*)\|$", README, re.MULTILINE)[1].split("|")[1:]
    persistence, linear, network, ratio, coverage = (cell.strip() for cell in quoted)
    assert (persistence, linear) == (str(baseline["persistence"]), str(baseline["linear"]))
    assert float(network) == pytest.approx(rmse, abs=0.11)  # as on another kind of processor
    assert ratio == f"{rmse / baseline['persistence']:.2f}"
    luck = deviation(0.9, np.arange(173), horizon)
    assert coverage == f"{scores['interval']['coverage']:.1%} ± {luck:.1%}"


@quoted
def test_the_level_does_what_recipes_tells():
    """At twelve months, where it does most: the network, and the line through its predictors."""
    _, scores = forecast(RECIPE + (FROZEN / "recipes/level").read_text(), 12)

    text = (ROOT / "recipes/README.md").read_text()
    persistence = scores["baseline"]["persistence"]
    for error, row in (
        (scores["test"]["rmse"], "`forecast` and `level`"),
        (scores["baseline"]["linear"], "linear autoregression, and the rate"),
    ):
        (told,) = re.findall(rf"^\| {re.escape(row)} \|.*\| ([0-9.]+) \| [0-9.]+ \|$", text, re.M)
        assert told == f"{error / persistence:.3f}"


def test_one_short_command_sets_every_parameter_where_dvc_shows_it(small, stays_green, tmp_path):
    """`-S` after the recipe overrides it; the next experiment starts from what stands there."""
    clone = small.copy(tmp_path / "clone")
    command = "dvc exp run $(cat recipes/forecast) -S split.test_size=173 -S prepare.horizon=3"

    clone.run(f"{command} -S train.layers=[6] -S train.epochs=2")

    assert command in README or "## Run it" not in README
    shown = clone.run("dvc params diff")
    assert {setting.partition("=")[0] for setting in RECIPE.split()[1::2]} <= {*shown.split()}
    assert re.search(r"prepare.horizon +0 +3\n", shown)
    assert re.search(r"train.epochs +1 +2\n", shown)
    predictions = pd.read_csv(clone.path / "metrics/predictions.csv")
    assert len(predictions) == 173
    assert (predictions["lower"] < predictions["upper"]).all()

    clone.run("git commit -qam 'Forecast three months ahead'")
    stays_green(clone)
    clone.edit("params.yaml", "horizon: 3", "horizon: 6")
    assert clone.run("dvc status").startswith("prepare:")
    clone.run("git restore .")
    assert clone.repro() == []
