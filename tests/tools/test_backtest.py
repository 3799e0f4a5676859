"""What the backtest forecasts from, how it tests a difference, and what it prints and draws."""

import json
import re
import shutil
import sys

import numpy as np
import pandas as pd
import pytest

from regression.errors import InputError, run
from regression.package import read_periods
from regression.params import load_params, parse_params
from regression.scores.scores import rmse
from stages.prepare import prepare
from stages.split import split
from tests.project import FROZEN, MONTHS, PACKAGE, ROOT, TABLE
from tests.project import PARAMS as GUIDE
from tools.backtest import (
    draw,
    eras,
    forecast,
    last_dates,
    main,
    make_rows_by_horizon,
    roll,
    score_by_era,
    tables,
)
from tools.recipe import follow, load_forecast_params
from tools.review.difference import diebold_mariano

LAST = pd.Timestamp("2010-12-01")
PERIODS = read_periods(PACKAGE, FROZEN)


def table(months: int = 84) -> pd.DataFrame:
    """A raw table up to 2010-12, of drawn figures; the target wanders."""
    rng = np.random.default_rng(0)
    dates = pd.date_range(end=LAST, periods=months, freq="MS")
    columns = {name: rng.integers(10, 20, months) for name in TABLE.numbers}
    columns["unemploy"] = 7000 + rng.normal(0, 200, months).cumsum().round()
    return pd.DataFrame({"date": dates, **columns})


def without_a_month(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["date"] != "2010-04-01"]


def forecast_params(lags: int = 2):
    recipe = "-S prepare.features=[unemploy] -S prepare.transform=log_change -S prepare.horizon=1"
    return follow(f"{recipe} -S prepare.lags={lags}", GUIDE)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with what the tool reads: a short table, params.yaml and a quick recipe."""
    (tmp_path / "data").mkdir()
    for name in ("datapackage.json", "periods.csv"):
        shutil.copy(FROZEN / "data" / name, tmp_path / "data")
    table().to_csv(tmp_path / "data/table.csv", index=False)
    shutil.copy(FROZEN / "params.yaml", tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/forecast").write_text(
        "-S prepare.features=[unemploy]\n-S prepare.transform=log_change\n"
        "-S prepare.lags=2\n-S prepare.horizon=3\n"
        "-S train.layers=[4]\n-S train.epochs=1\n-S train.members=1\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("regression.files.PROJECT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


class TestSettings:
    """Where the parameters of the forecast come from."""

    def test_the_recipe_changes_what_it_names(self):
        """The values are read as DVC reads them, and every other parameter stays."""
        params = follow("-S train.layers=[64,32]\n-S train.learning_rate=1e-06", GUIDE)

        train = {"layers": [64, 32], "learning_rate": 1e-06}
        assert params == GUIDE.model_copy(update={"train": GUIDE.train.model_copy(update=train)})

    def test_the_recipe_is_a_forecast(self):
        """It makes of the guide something that the tool can run."""
        params = follow((FROZEN / "recipes/forecast").read_text(), GUIDE)

        assert params.prepare.horizon >= 1
        assert params.split.method == "chronological"

    @pytest.mark.parametrize(
        ("recipe", "message"),
        [
            ("train.epochs=60", "again and again, found 'train.epochs=60'"),
            ("-S train.epochs", "is wrong: Error parsing override 'train.epochs'"),
            ("-S train.epochs=6 -S", "found '-S train.epochs=6 -S'"),
            ("-S epochs=60", "is wrong: Could not override 'epochs'"),
            ("-S train.layers=[64,32", r"is wrong: .* input '\[64,32'"),
            ("-S train.epochs=0", "is wrong:\n  train.epochs should be greater than 0, found 0"),
            ("-S train.epoch=6", "is wrong: Could not override 'train.epoch'"),
            ("-S x.y=6", "is wrong: Could not override 'x.y'"),
            ("-S train.dropout=no -S train.seed=-1", "dropout .*, found 'no'\n  train.seed "),
        ],
    )
    def test_a_slip_in_the_recipe_is_told(self, recipe, message):
        """What was found, where, and what was expected."""
        with pytest.raises(InputError, match=f"(?s)recipes/forecast .*{message}"):
            follow(recipe, GUIDE)

    def test_a_setting_means_what_it_means_to_dvc(self, small, tmp_path):
        """`dvc exp run -S` of the same makes the same params.yaml."""
        clone = small.copy(tmp_path / "clone")
        before = parse_params((clone.path / "params.yaml").read_bytes(), "params.yaml")
        settings = "-S train.layers=[64,32] -S train.learning_rate=1e-06"
        clone.run(f"dvc exp run --queue -n queued {settings}")
        queued = clone.run("git show refs/exps/celery/stash:params.yaml")

        assert follow(settings, before) == parse_params(queued, "params.yaml")

    def test_the_recipe_is_for_a_params_file_that_is_no_forecast(self, project):
        """The guide's becomes one by the recipe; one that is a forecast is taken as it is."""
        guide = (project / "params.yaml").read_text()
        params, source = load_forecast_params([])

        assert source == "recipes/forecast on params.yaml"
        assert params.prepare.horizon == 3

        (project / "params.yaml").write_text(
            guide.replace("horizon: 0", "horizon: 1").replace("epochs: 20", "epochs: 7")
        )
        assert load_forecast_params([]) == (load_params(), "params.yaml")

    def test_settings_go_before_the_recipe(self, project):
        """As behind it on the command line of `dvc exp run`; a slip in them is told."""
        params, source = load_forecast_params(["prepare.transform=change", "train.epochs=3"])

        assert (params.prepare.transform, params.train.epochs, params.prepare.lags) == (
            "change",
            3,
            2,
        )
        assert source == (
            "recipes/forecast on params.yaml, -S prepare.transform=change -S train.epochs=3"
        )
        with pytest.raises(InputError, match=r"-S train\.epochs=0 is wrong:"):
            load_forecast_params(["train.epochs=0"])

    def test_a_recipe_that_is_missing_is_told(self, project):
        """With the way to get it back."""
        (project / "recipes/forecast").unlink()

        with pytest.raises(InputError, match="git restore recipes/forecast"):
            load_forecast_params([])


@pytest.mark.parametrize("horizon", [1, 3, 6, 12])
class TestRolling:
    """Which rows a fit sees and which it forecasts."""

    @pytest.mark.parametrize("refit", [1, 5, 12, 24])
    def test_no_target_is_known_too_late(self, horizon, refit):
        """Every training target is known at the first origin, and none is left out in vain."""
        rows = make_rows_by_horizon(table(), forecast_params().prepare, [horizon], MONTHS)[horizon]
        months = last_dates({horizon: rows}, 24, MONTHS)

        for train, block in roll(rows, months, refit, MONTHS):
            assert train["date"].max() == block["origin"].min()
            assert train.equals(rows[: len(train)])

    @pytest.mark.parametrize(("refit", "sizes"), [(1, [1] * 24), (12, [12, 12]), (18, [18, 6])])
    def test_every_month_is_forecast_once(self, horizon, refit, sizes):
        """In order, with a fit every `refit` months."""
        rows = make_rows_by_horizon(table(), forecast_params().prepare, [horizon], MONTHS)[horizon]
        months = last_dates({horizon: rows}, 24, MONTHS)

        blocks = [block for _, block in roll(rows, months, refit, MONTHS)]

        assert list(map(len, blocks)) == sizes
        assert list(pd.concat(blocks)["date"]) == list(
            pd.date_range(end=LAST, periods=24, freq="MS")
        )

    def test_a_single_fit_is_the_split_of_the_pipeline(self, horizon):
        """The rows of the stage split, chronological, with as many test rows."""
        rows = make_rows_by_horizon(table(), forecast_params().prepare, [horizon], MONTHS)[horizon]
        params = GUIDE.split.model_copy(update={"method": "chronological", "test_size": 24})

        [(train, test)] = roll(rows, last_dates({horizon: rows}, 24, MONTHS), 24, MONTHS)

        expected_train, expected_test = split(rows, params)
        assert train.equals(expected_train)
        assert test.equals(expected_test)

    def test_a_missing_month_moves_no_fit(self, horizon):
        """A block is so many calendar months, though it may hold fewer rows."""
        holed = without_a_month(table())
        rows = make_rows_by_horizon(holed, forecast_params().prepare, [horizon], MONTHS)[horizon]

        months = last_dates({horizon: rows}, 24, MONTHS)

        blocks = [block["date"] for _, block in roll(rows, months, 12, MONTHS)]

        assert len(blocks) == 3
        for number, dates in enumerate(blocks):
            begin, end = (months[0] + pd.DateOffset(years=number + years) for years in (0, 1))
            assert dates.between(begin, end, inclusive="left").all()


def test_all_horizons_have_the_same_months():
    """The last ones that each of them can forecast, around a month that is missing."""
    holed = without_a_month(table(120))
    rows = make_rows_by_horizon(holed, forecast_params().prepare, [1, 3, 12], MONTHS)

    months = last_dates(rows, 24, MONTHS)

    # Of lags 2, a log change needs the origin and the two months before it.
    lost = {0, *(lag + horizon for lag in range(3) for horizon in (1, 3, 12))}
    lost = {pd.Timestamp("2010-04-01") + pd.DateOffset(months=lag) for lag in lost}
    expected = [month for month in table(120)["date"] if month not in lost]
    assert months == expected[-24:]
    for horizon, each in rows.items():
        assert each.equals(
            prepare(
                holed, forecast_params().prepare.model_copy(update={"horizon": horizon}), MONTHS
            )
        )


def test_the_network_is_the_mean_of_its_members(monkeypatch):
    """Of which one says a half of the figure known at the origin, and the other the double."""
    rows = prepare(table(), forecast_params().prepare, MONTHS)
    known = rows["known"].to_numpy("float64")
    monkeypatch.setattr(
        "tools.backtest.train_and_predict",
        lambda train, block, transform, params: np.outer(block["known"], [0.5, 2]),
    )

    forecasts = forecast(rows[:40], rows[40:], forecast_params())

    np.testing.assert_allclose(forecasts["network"], 1.25 * known[40:])
    assert forecasts["persistence"].tolist() == known[40:].tolist()
    assert forecasts["actual"].tolist() == rows["target"][40:].tolist()


@pytest.mark.parametrize(
    ("month", "era"),
    [
        ("2000-12", "no recession"),
        ("2007-11", "no recession"),
        ("2007-12", "recession"),
        ("2009-06", "recession"),
        ("2009-07", "no recession"),
    ],
)
def test_each_month_is_in_its_era(month, era):
    """And in `all`, and in no other: the first and the last month of a period belong to it."""
    inside = eras(pd.Series(pd.to_datetime([f"{month}-01", "1990-06-01", "1990-07-01"])), PERIODS)

    assert [name for name, months in inside.items() if months.iloc[0]] == [era, "all"]


def forecasts(months: int = 24, end: str = "2008-02-01") -> pd.DataFrame:
    """Persistence errs by 4 thousand in each month, a line by 3, the network by 1 and 3 in turn."""
    dates = pd.date_range(end=end, periods=months, freq="MS")
    actual = np.full(months, 100.0)
    return pd.DataFrame(
        {
            "date": dates,
            "actual": actual,
            "persistence": actual - 4,
            "linear": actual + 3,
            "network": actual + np.resize([1, -3], months),
            "horizon": 1,
        }
    )


def test_the_scores_of_an_era_are_those_of_its_months():
    """RMSE, and skill as one less the ratio to persistence, by horizon and era."""
    scores = score_by_era(pd.concat([forecasts(), forecasts().assign(horizon=12)]), PERIODS, 1)

    assert list(scores["ahead"]) == ["1"] * 3 + ["12"] * 3
    assert list(scores["era"]) == ["recession", "no recession", "all"] * 2
    assert list(scores["rows"]) == ["3", "21", "24"] * 2
    squares = [(9 + 1 + 9) / 3, (11 * 1 + 10 * 9) / 21, 5]
    assert list(scores["network"]) == [f"{square**0.5:.1f}" for square in squares] * 2
    assert set(scores["linear"]) == {"3.0"}
    assert set(scores["persistence"]) == {"4.0"}
    skills = [f"{1 - square**0.5 / 4:.3f}" for square in squares]
    assert list(scores["network skill"]) == skills * 2
    assert set(scores["linear skill"]) == {"0.250"}
    assert list(scores["against linear"] == "-") == [True, True, False, True, True, True]
    statistic, _ = diebold_mariano(np.resize([1, 3], 24), np.full(24, 3), 1)
    assert scores["against linear"][2] == f"{statistic:.2f} (<0.001)"


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0012, "0.001"), (0.001, "0.001"), (0.0009, "<0.001"), (0.0, "<0.001")]
)
def test_a_small_p_value_is_told_by_its_bound(monkeypatch, p, shown):
    """Three decimals, and none below them."""
    monkeypatch.setattr("tools.backtest.diebold_mariano", lambda *errors: (3.5, p))

    assert score_by_era(forecasts(), PERIODS, 1)["against linear"][2] == f"3.50 ({shown})"


def test_a_persistence_without_error_gives_no_skill():
    """A dash, not a division by zero."""
    perfect = forecasts().assign(persistence=100.0)

    assert set(score_by_era(perfect, PERIODS, 1)["network skill"]) == {"-"}


@pytest.mark.parametrize("details", [False, True])
def test_a_table_is_at_most_100_characters_wide(details):
    """Even of large figures; eras and tests are there in detail alone."""
    large = forecasts().assign(persistence=lambda rows: rows["persistence"] + 1e7)
    scores = score_by_era(pd.concat([large, large.assign(horizon=12)]), PERIODS, 1)

    printed = tables(scores, details)

    assert max(len(line) for table in printed for line in table.splitlines()) <= 100
    assert ["no recession" in table for table in printed] == [details] * details + [False]
    assert ["against linear" in table for table in printed] == [False] * details + [details]


def test_the_picture_says_what_is_seen():
    """A panel for each horizon, with its skill; units, and every mark in the legend."""
    three = pd.concat([forecasts().assign(horizon=horizon) for horizon in (1, 3, 6)])

    figure = draw(three, TABLE["psavert"], 12, MONTHS, PERIODS)

    assert figure.get_suptitle() == (
        "Errors of forecasts for 2006-03 to 2008-02, a new fit every 12 months\n"
        "(each panel has a scale of its own)"
    )
    assert figure.get_supylabel() == "RMSE of the 12 months up to each month,\npercent"
    skill = f"skill of the network {1 - 5**0.5 / 4:.3f}, linear 0.250"
    assert [axes.get_title() for axes in figure.axes] == [
        f"1 month ahead: {skill}",
        f"3 months ahead: {skill}",
        f"6 months ahead: {skill}",
    ]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "persistence",
        "linear",
        "network",
        "recession",
    ]


def test_a_point_of_the_picture_is_the_error_of_the_twelve_months_up_to_it():
    """Drawn from the twelfth month on."""
    drawn = forecasts()
    drawn["network"] += np.arange(24)

    line = draw(drawn, TABLE["psavert"], 12, MONTHS, PERIODS).axes[0].lines[2]

    assert np.isnan(line.get_ydata()[:11]).all()
    for last in (11, 17, 23):
        rows = drawn[last - 11 : last + 1]
        assert line.get_ydata()[last] == pytest.approx(rmse(rows["actual"], rows["network"]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--refit 0", "--refit: should be a whole number from 1 to 9999, found 0"),
        ("--refit 1.5", "found 1.5"),
        ("--horizons 0", "--horizons: should be a whole number from 1 to 9999, found 0"),
        ("--horizons 1 -3", "-3"),
        ("--horizons 1 80", "--rows should be at most 2, .*, found 26"),
        ("--horizons 200", "200 need 203 months in a row, the longest run is 84"),
        ("--rows 1", "--rows: should be a whole number from 2 to 9999, found 1"),
        ("--rows 56", "--rows should leave 4 rows .*, found 3 for 56 months 12 ahead"),
        ("--rows 71", "--rows should be at most 70, .*, found 71"),
        ("--row 24", "unrecognized arguments: --row 24"),
    ],
)
def test_bad_arguments_are_told_in_one_line(project, monkeypatch, capsys, arguments, message):
    """With exit code 2, before anything is trained."""
    monkeypatch.setattr(sys, "argv", ["backtest", *arguments.split()])

    with pytest.raises(SystemExit) as end:
        run(main)

    printed, told = capsys.readouterr()
    assert end.value.code == 2
    assert printed == ""
    assert re.search(message, told)
    assert told.count("\n") == 1


def test_a_target_below_zero_is_forecast_by_its_changes(project, monkeypatch, capfd):
    """It has no logarithm: the message names the setting that does without."""
    negative = table().assign(unemploy=lambda rows: rows["unemploy"] - 7000)
    description = json.loads((project / "data/datapackage.json").read_text())
    for column in description["resources"][0]["schema"]["fields"]:
        column.pop("constraints", None)
    (project / "data/datapackage.json").write_text(json.dumps(description))
    negative.to_csv(project / "data/table.csv", index=False)
    command = ["backtest", *"--horizons 2 --rows 24 --refit 24".split()]
    monkeypatch.setattr(sys, "argv", command)

    with pytest.raises(SystemExit):
        run(main)
    setting = re.search("-S (.*) takes any figure", capfd.readouterr().err)[1]
    monkeypatch.setattr(sys, "argv", [*command, "-S", setting])
    main()

    assert "features unemploy; transform change;" in capfd.readouterr().out


def test_it_prints_a_table_and_draws_a_picture(project, monkeypatch, capfd):
    """The whole tool, in a pipe: its settings, the table, nothing on standard error."""
    monkeypatch.setattr(sys, "argv", "backtest --horizons 2 --rows 24 --refit 8".split())

    main()

    printed, told = capfd.readouterr()
    assert told == ""
    first, prepare, train, *lines = printed.splitlines()
    assert first == "Settings from recipes/forecast on params.yaml"
    assert prepare.startswith("prepare: target unemploy; features unemploy; transform log_change")
    assert train.startswith("train: scaling max; layers 4; dropout 0.0; ")
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    head, _, whole = ([cell.strip() for cell in row] for row in rows)
    assert whole[:2] == ["2", "24"]
    target = table()["unemploy"]
    carried = rmse(target[-24:], target.shift(2)[-24:])
    assert whole[head.index("persistence")] == f"{carried:.1f}"
    assert float(whole[head.index("network")]) != float(whole[head.index("linear")])
    assert (project / "backtest.png").read_bytes().startswith(b"\x89PNG")
