"""What the prepare stage accepts, refuses and writes."""

import numpy as np
import pandas as pd
import pytest

from regression.errors import InputError
from regression.params import Level, Prepare
from stages.prepare import make_rows, prepare, summarise
from tests.project import MONTHS

PARAMS = Prepare(
    target="unemploy", features=["pce", "psavert"], transform="level", lags=1, horizon=0, levels=[]
)
TABLE = pd.DataFrame(
    {
        "date": pd.to_datetime(["1967-07-01", "1967-08-01", "1967-10-01"]),
        "pce": [507.4, 510.5, 512.9],
        "pop": [198712, 198911, 199311],
        "psavert": [12.5, 12.5, 12.7],
        "uempmed": [4.5, 4.7, 4.9],
        "unemploy": [2944, 2945, 3143],
    }
)


def test_a_row_holds_predictors_target_and_the_last_known_figure():
    """The columns stand in the order that later stages count on, the features in that of params."""
    prepared = prepare(TABLE, PARAMS, MONTHS)

    assert list(prepared.columns) == ["origin", "date", "pce", "psavert", "known", "target"]
    assert list(prepared["origin"]) == list(prepared["date"])
    assert list(prepared["psavert"]) == [12.5, 12.5, 12.7]
    assert list(prepared["target"]) == [2944, 2945, 3143]


def test_known_is_last_calendar_months_figure():
    """Where the table lacks the month before, nothing is known: not the row before."""
    known = prepare(TABLE, PARAMS, MONTHS)["known"]

    assert known.iloc[1] == 2944
    assert known.isna().tolist() == [True, False, True]


def test_the_summary_is_the_guides_data_check():
    """Count, missing, mean, standard deviation, quartiles: NumPy's, beside the span of dates."""
    summary = summarise(TABLE).set_index("column")

    pce = np.array([507.4, 510.5, 512.9])
    expected = [3, 0, pce.mean(), pce.std(ddof=1), *np.quantile(pce, [0, 0.25, 0.5, 0.75, 1])]
    np.testing.assert_allclose(summary.loc["pce"].astype(float), expected, atol=0.0005)
    assert list(summary.columns) == "count missing mean std min 25% 50% 75% max".split()
    assert list(summary.index) == ["date", "pce", "pop", "psavert", "uempmed", "unemploy"]
    assert summary.loc["date", "min"] == pd.Timestamp("1967-07-01")
    assert summary.loc["date", "max"] == pd.Timestamp("1967-10-01")


def test_the_summary_counts_missing_cells():
    """As the guide's does, whatever the reader of the table lets through."""
    summary = summarise(TABLE.assign(pce=[507.4, np.nan, 512.9])).set_index("column")

    assert summary.loc["pce", ["count", "missing"]].tolist() == [2, 1]
    assert summary.loc["pop", ["count", "missing"]].tolist() == [3, 0]


def monthly(numbers: list[float], first: str = "1967-07-01") -> pd.DataFrame:
    """A raw table whose columns all hold `numbers`, month by month from `first`."""
    dates = pd.date_range(first, periods=len(numbers), freq="MS")
    return pd.DataFrame({"date": dates, "psavert": numbers, "unemploy": numbers})


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_horizon_separates_predictors_from_target(horizon):
    """The target is that of `horizon` months later; at the origin its own figure is known."""
    params = PARAMS.model_copy(update={"features": ["psavert"], "horizon": horizon})

    rows = prepare(monthly([10.0, 20.5, 30.0, 40.0, 50.0]), params, MONTHS)

    assert rows["psavert"].tolist() == [10, 20.5, 30, 40, 50][:-horizon]
    assert rows["known"].tolist() == [10, 20.5, 30, 40, 50][:-horizon]
    assert rows["target"].tolist() == [10, 20.5, 30, 40, 50][horizon:]
    assert (rows["date"] == rows["origin"] + pd.DateOffset(months=horizon)).all()


def test_lags_reach_back_from_the_origin():
    """Each feature's figure at the origin, then the months before it, the nearest first."""
    params = PARAMS.model_copy(
        update={"features": ["psavert", "unemploy"], "lags": 3, "horizon": 1}
    )

    rows = prepare(monthly([1.0, 2.0, 4.0, 8.0, 16.0]), params, MONTHS)

    assert list(rows)[2:-2] == (
        "psavert psavert_1 psavert_2 unemploy unemploy_1 unemploy_2".split()
    )
    assert rows[["psavert", "psavert_1", "psavert_2"]].to_numpy().tolist() == [[4, 2, 1], [8, 4, 2]]
    assert rows["target"].tolist() == [8, 16]


CHANGES = PARAMS.model_copy(
    update={"features": ["unemploy"], "transform": "log_change", "lags": 2, "horizon": 1}
)


def test_log_changes_are_those_of_the_months_up_to_the_origin():
    """Worked by hand, to the digits on which processors agree; the target stays in its own unit."""
    rows = prepare(monthly([1.0, 2.0, 8.0, 4.0, 4.0]), CHANGES, MONTHS)

    assert list(rows)[2:] == ["unemploy_change", "unemploy_change_1", "known", "target"]
    expected = np.log([[4, 2], [0.5, 4]])
    assert rows.iloc[:, 2:4].to_numpy().tolist() == expected.round(9).tolist()
    assert rows["known"].tolist() == [8, 4]
    assert rows["target"].tolist() == [4, 4]


@pytest.mark.parametrize("transform", ["level", "log_change"])
@pytest.mark.parametrize("lags", [1, 3])
@pytest.mark.parametrize("horizon", [1, 2])
def test_a_missing_month_is_a_missing_month(transform, lags, horizon):
    """Rows that need it are gone; all others are as if it were there."""
    params = CHANGES.model_copy(update={"transform": transform, "lags": lags, "horizon": horizon})
    table = monthly(np.random.default_rng(0).uniform(1, 2, 24).tolist())
    hole = 12
    reach = lags + (transform == "log_change")

    whole = prepare(table, params, MONTHS)
    rows = prepare(table.drop(index=hole), params, MONTHS)

    touched = pd.date_range(table["date"][hole], periods=reach, freq="MS")
    missing = whole["origin"].isin(touched) | (whole["date"] == table["date"][hole])
    pd.testing.assert_frame_equal(rows, whole[~missing])
    assert 0 < len(rows) < len(whole)


def shares(update: dict) -> Prepare:
    """Of psavert at the origin in pop of the month before, two months ahead."""
    levels = [Level(column="psavert", per="pop", per_lag=1), Level(column="psavert")]
    return CHANGES.model_copy(update={"lags": 1, "horizon": 2, "levels": levels} | update)


@pytest.mark.parametrize("transform", ["level", "change", "log_change"])
def test_a_level_is_a_column_at_the_origin_or_its_ratio_to_another(transform):
    """After the features, as a logarithm where changes are those of logarithms."""
    table = monthly([1.0, 2.0, 8.0, 4.0, 4.0]).assign(pop=[10.0, 20.0, 40.0, 50.0, 90.0])

    rows = prepare(table, shares({"transform": transform}), MONTHS)

    levels = rows[["psavert_per_pop", "psavert_level"]].to_numpy("float64")
    assert list(rows)[3:] == ["psavert_per_pop", "psavert_level", "known", "target"]
    assert rows["origin"].dt.month.tolist() == [8, 9]
    expected = np.array([[2 / 10, 2], [8 / 20, 8]])
    if transform == "log_change":
        expected = np.log(expected).round(9)
    assert levels.tolist() == expected.tolist()


def test_a_level_is_missing_where_one_of_its_two_months_is():
    """That of the origin and that of the month before, of a column each."""
    holed = monthly(list(range(1, 11))).assign(pop=1.0)
    holed.loc[5, "pop"] = np.nan

    rows = prepare(holed, shares({"transform": "level"}), MONTHS)

    assert rows["origin"].dt.month.tolist() == [8, 9, 10, 11, 12, 2]


def test_a_level_without_dates_is_that_of_the_row():
    """Ratios of the cells beside each other."""
    levels = [Level(column="uempmed", per="pce")]

    rows = prepare(TABLE.drop(columns="date"), PARAMS.model_copy(update={"levels": levels}))

    assert rows["uempmed_per_pce"].tolist() == [4.5 / 507.4, 4.7 / 510.5, 4.9 / 512.9]


@pytest.mark.parametrize(
    ("transform", "pop", "message"),
    [
        ("level", 0.0, "pop should be other than 0 for levels, found 0.0 in 1967-08"),
        ("log_change", -1.0, "pop should be above 0 for .* log_change, found -1.0 in 1967-08"),
    ],
)
def test_a_level_that_does_not_exist_is_named_with_its_month(transform, pop, message):
    """Nothing is divided by 0, and nothing below it has a logarithm."""
    table = monthly([1.0, 2.0, 4.0, 8.0]).assign(pop=[1.0, pop, 1.0, 1.0])

    with pytest.raises(InputError, match=message):
        prepare(table, shares({"transform": transform}), MONTHS)


def test_a_level_reaches_back_as_far_as_what_it_is_divided_by():
    """Four months back and two ahead are seven in a row."""
    levels = [Level(column="psavert", per="pop", per_lag=4)]
    table = monthly([1.0] * 7).assign(pop=1.0)

    told = "per_lag in .*levels and .*: 1, 4 and 2 need 7 months in a row, the longest run is 6"

    assert len(prepare(table, shares({"levels": levels}), MONTHS)) == 1
    with pytest.raises(InputError, match=told):
        prepare(table[:6], shares({"levels": levels}), MONTHS)
    table.loc[0, "pop"] = np.nan
    with pytest.raises(InputError, match=told):
        prepare(table, shares({"levels": levels}), MONTHS)


def test_the_newest_origin_awaits_its_target():
    """`make_rows` keeps the rows that nothing is known of yet: what is there to predict."""
    rows = make_rows(monthly([1.0, 2.0, 4.0, 8.0]), CHANGES, MONTHS)

    assert rows["target"].isna().tolist() == [False, False, False, True]
    assert rows["date"].iloc[-1] == pd.Timestamp("1967-11-01")
    assert rows["known"].iloc[-1] == 8


@pytest.mark.parametrize("feature", ["psavert", "unemploy"])
@pytest.mark.parametrize("figure", [0.0, -2.0])
def test_what_has_no_logarithm_is_named_with_its_month(feature, figure):
    """A figure of zero or less cannot change by a factor, of the target as of a feature."""
    params = CHANGES.model_copy(update={"features": [feature]})
    table = monthly([1.0, 2.0, 4.0, 8.0]).assign(unemploy=[1.0, figure, 4.0, 8.0])

    with pytest.raises(
        InputError,
        match=f"unemploy should be above 0 .* found {figure} in 1967-08-01; -S .*transform=change ",
    ):
        prepare(table, params, MONTHS)


@pytest.mark.parametrize(("lags", "needed"), [(3, 5), (10**9, 10**9 + 2)])
def test_more_lags_than_months_are_refused(lags, needed):
    """At once, whatever the number."""
    params = CHANGES.model_copy(update={"lags": lags})
    with pytest.raises(InputError, match=f"{lags} and 1 need {needed} months in a row, .* is 4"):
        prepare(monthly([1.0, 2.0, 4.0, 8.0]), params, MONTHS)


def test_as_many_months_as_are_needed_make_a_row():
    """Two changes need three months, and the target one more."""
    assert len(prepare(monthly([1.0, 2.0, 4.0, 8.0]), CHANGES, MONTHS)) == 1


def test_months_that_never_stand_in_a_row_are_refused():
    """Enough of them are no help where holes part them."""
    table = monthly([1.0] * 12).iloc[::2]
    with pytest.raises(InputError, match="need 4 months in a row, the longest run is 1"):
        prepare(table, CHANGES, MONTHS)


def test_without_dates_each_row_is_one_by_its_number():
    """What has an empty cell in use drops out; nothing is known before a row."""
    table = TABLE.drop(columns="date").assign(psavert=[12.5, np.nan, 12.7])

    rows = prepare(table, PARAMS)

    assert list(rows.columns) == ["row", "pce", "psavert", "known", "target"]
    assert list(rows["row"]) == [1, 3]
    assert rows["known"].isna().all()


def test_a_change_is_what_figures_move_by():
    """From one date to the next, in the column's own unit; the target stays as it is."""
    params = CHANGES.model_copy(update={"transform": "change", "lags": 1, "horizon": 1})

    rows = prepare(monthly([1.0, 2.0, -4.0, 8.0]), params, MONTHS)

    assert rows.filter(like="_change").to_numpy().ravel().tolist() == [1.0, -6.0]
    assert rows["known"].tolist() == [2.0, -4.0]
    assert rows["target"].tolist() == [-4.0, 8.0]


@pytest.mark.parametrize(
    ("features", "lags", "taken"),
    [
        (["known"], 1, "known"),
        (["x", "x_1"], 2, "x_1"),
        (["pce_per_pop"], 1, "pce_per_pop"),
    ],
)
def test_a_predictor_needs_a_name_of_its_own(features, lags, taken):
    """Neither one that the rows have for something else, nor that of another's lag or level."""
    levels = [Level(column="pce", per="pop")]
    params = PARAMS.model_copy(update={"features": features, "lags": lags, "levels": levels})

    with pytest.raises(InputError, match=f"a predictor should not be called {taken}, "):
        prepare(TABLE, params, MONTHS)
