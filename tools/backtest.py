"""Forecast past rows from the dates up to each origin, and score who would have erred less."""

import argparse
from collections.abc import Iterable, Iterator
from math import ceil

import numpy as np
import pandas as pd
from tqdm import tqdm

from regression.errors import InputError, run, say
from regression.files import go_to_project
from regression.frequency import Frequency
from regression.package import Column, Periods, read_package, read_periods
from regression.params import Params, Prepare
from regression.raw import load_table
from regression.report.backend import (
    AutoDateLocator,
    Axes,
    ConciseDateFormatter,
    Figure,
    make_figure,
    save,
)
from regression.report.markdown import markdown_table
from regression.report.plots import BLACK, BLUE, VERMILION, set_style, shade
from regression.scores import baselines
from regression.scores.scores import rmse
from regression.table.rows import predictor_names
from stages.prepare import prepare
from stages.split import test_rows
from tools.command import Parser, whole_number
from tools.in_process import train_and_predict
from tools.recipe import load_forecast_params, need_dates
from tools.review.difference import diebold_mariano
from tools.settings import take_settings, words

# Each forecaster is a column of the table of forecasts.
FORECASTERS = {"persistence": BLACK, "linear": BLUE, "network": VERMILION}


def parse_arguments() -> argparse.Namespace:
    parser = Parser("tools.backtest", __doc__)
    take_settings(parser, "prepare.transform=change")
    parser.add_argument(
        "--horizons",
        type=whole_number(1),
        nargs="+",
        help="how far ahead to forecast (months: 1 3 6 12)",
    )
    parser.add_argument(
        "--rows",
        type=whole_number(2),
        help="how many of the table's last rows to forecast (as split.test_size says)",
    )
    parser.add_argument(
        "--refit", type=whole_number(1), help="periods from one fit to the next (those of a year)"
    )
    parser.add_argument(
        "--details",
        action="store_true",
        help="print the scores inside and outside the periods of data/periods.csv, and the tests",
    )
    return parser.parse_args()


def make_rows_by_horizon(
    table: pd.DataFrame, params: Prepare, horizons: Iterable[int], frequency: Frequency
) -> dict[int, pd.DataFrame]:
    """The rows of the stage prepare for each horizon."""
    return {
        horizon: prepare(table, params.model_copy(update={"horizon": horizon}), frequency)
        for horizon in horizons
    }


def last_dates(
    rows: dict[int, pd.DataFrame], count: int, frequency: Frequency
) -> list[pd.Timestamp]:
    """The last dates that are predicted at every horizon.

    Raises InputError where they are fewer, or leave too little to fit the first line to.
    """
    common = sorted(set.intersection(*(set(each["date"]) for each in rows.values())))
    if count > len(common):
        raise InputError(
            f"--rows should be at most {len(common)}, the {frequency.word}s that have a forecast "
            f"at every horizon, found {count}"
        )
    for horizon, each in rows.items():
        train, _ = next(roll(each, common[-count:], count, frequency))
        needed = len(predictor_names(each)) + 2
        if len(train) < needed:
            raise InputError(
                f"--rows should leave {needed} rows to train on before the first forecast, "
                f"found {len(train)} for {frequency.count(count)} {horizon} ahead"
            )
    return common[-count:]


def roll(
    rows: pd.DataFrame, dates: list[pd.Timestamp], refit: int, frequency: Frequency
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """For each fit, the rows to train on and the rows to forecast before the next fit.

    A fit comes every `refit` periods of the calendar. It is trained on every row whose target is
    known at the first of its origins, and on no other: an expanding window.
    """
    test = rows[rows["date"].isin(dates)]
    for _, block in test.groupby(frequency.numbers(test["date"]) // refit):
        yield rows[rows["date"] <= block["origin"].min()], block


def backtest(
    rows: dict[int, pd.DataFrame],
    dates: list[pd.Timestamp],
    refit: int,
    params: Params,
    frequency: Frequency,
) -> pd.DataFrame:
    """Every forecast of the dates: horizon, origin, date, actual, and the FORECASTERS."""
    fits = [
        (horizon, *pair)
        for horizon, each in rows.items()
        for pair in roll(each, dates, refit, frequency)
    ]
    forecasts = [
        forecast(train, block, params).assign(horizon=horizon)
        for horizon, train, block in tqdm(fits, "backtest", unit="fit", disable=None)
    ]
    return pd.concat(forecasts, ignore_index=True)


def forecast(train: pd.DataFrame, block: pd.DataFrame, params: Params) -> pd.DataFrame:
    """What each forecaster, fitted to the rows of `train`, says of the rows of `block`."""
    transform = params.prepare.transform
    return pd.DataFrame(
        {
            "origin": block["origin"].to_numpy(),
            "date": block["date"].to_numpy(),
            "actual": block["target"].to_numpy("float64"),
            "persistence": block["known"].to_numpy("float64"),
            "linear": baselines.linear(train, block, transform),
            "network": train_and_predict(train, block, transform, params.train).mean(axis=1),
        }
    )


def eras(dates: pd.Series, periods: Periods) -> dict[str, pd.Series]:
    """Which dates lie in the periods of data/periods.csv, and which do not, where both occur."""
    inside = periods.hold(dates)
    if inside.all() or not inside.any():
        return {"all": dates.notna()}
    return {periods.name: inside, f"no {periods.name}": ~inside, "all": dates.notna()}


def score_by_era(forecasts: pd.DataFrame, periods: Periods, decimals: int) -> pd.DataFrame:
    """A row for each horizon and era: rows, errors, skills, and the network tested, as text."""
    rows = []
    for horizon, ahead in forecasts.groupby("horizon", sort=False):
        for era, inside in eras(ahead["date"], periods).items():
            row = {"ahead": str(horizon), "era": era, "rows": str(inside.sum())}
            rows.append(row | score_era(ahead[inside], horizon, decimals, inside.all()))
    return pd.DataFrame(rows)


def score_era(forecasts: pd.DataFrame, horizon: int, decimals: int, whole: bool) -> dict[str, str]:
    """Errors, skills and tests; a test takes the whole series, in which dates follow each other."""
    errors = {name: forecasts["actual"] - forecasts[name] for name in FORECASTERS}

    def tested(other: str) -> str:
        found = diebold_mariano(errors["network"], errors[other], horizon) if whole else None
        if found is None:
            return "-"
        statistic, p = found
        return f"{statistic:.2f} ({p:.3f})" if p >= 0.001 else f"{statistic:.2f} (<0.001)"

    scores = {
        name: f"{rmse(forecasts['actual'], forecasts[name]):.{decimals}f}"
        for name in reversed(FORECASTERS)
    }
    scores |= {f"{name} skill": skill(forecasts, name) for name in ("network", "linear")}
    return scores | {f"against {other}": tested(other) for other in ("persistence", "linear")}


def skill(forecasts: pd.DataFrame, name: str) -> str:
    """1 - RMSE / RMSE of persistence; - where persistence has no error."""
    error, persistence = (
        rmse(forecasts["actual"], forecasts[column]) for column in (name, "persistence")
    )
    return f"{1 - error / persistence:.3f}" if persistence else "-"


def draw(
    forecasts: pd.DataFrame, target: Column, refit: int, frequency: Frequency, periods: Periods
) -> Figure:
    """A panel for each horizon: the errors of each forecaster through time."""
    horizons = list(forecasts.groupby("horizon", sort=False))
    columns = min(2, len(horizons))
    rows = ceil(len(horizons) / columns)
    figure = make_figure(9, 1.4 + 2.2 * rows)
    first, last = frequency.ends(forecasts["date"])
    figure.suptitle(
        f"Errors of forecasts for {first} to {last}, a new fit every {frequency.count(refit)}"
        + "\n(each panel has a scale of its own)" * (len(horizons) > 1),
        fontsize=11,
    )
    window = min(max(frequency.kind.per_year, 4), len(horizons[0][1]))
    in_unit = f",\n{target.unit}" if target.unit else ""
    figure.supylabel(
        f"RMSE of the {frequency.count(window)} up to each {frequency.word}{in_unit}", fontsize=10
    )
    panels = list(figure.subplots(rows, columns, sharex=True, squeeze=False).flat)
    for axes, (horizon, ahead) in zip(panels, horizons, strict=False):
        draw_errors(axes, ahead, frequency.count(horizon), window)
        shade(axes, periods, ahead["date"])
    for axes in panels[len(horizons) :]:
        axes.remove()
    marks = panels[0].get_legend_handles_labels()
    figure.legend(*marks, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def draw_errors(axes: Axes, forecasts: pd.DataFrame, ahead: str, window: int) -> None:
    """For each date, the RMSE of so many rows that end with it."""
    dates = forecasts["date"]
    for name, colour in FORECASTERS.items():
        squares = (forecasts["actual"] - forecasts[name]) ** 2
        axes.plot(dates, np.sqrt(squares.rolling(window).mean()), color=colour, label=name)
    network, linear = skill(forecasts, "network"), skill(forecasts, "linear")
    title = f"{ahead} ahead: skill of the network {network}, linear {linear}"
    axes.set_title(title, fontsize=9)
    axes.set_xlim(dates.iloc[window - 1], dates.iloc[-1])
    axes.set_ylim(bottom=0)
    set_style(axes, axes.yaxis)
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=9))
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))


def tables(scores: pd.DataFrame, details: bool) -> list[str]:
    """The scores as tables, at most 100 characters wide; in detail, those of each era too."""
    tests = [name for name in scores if name.startswith("against ")]
    whole = scores[scores["era"] == "all"]
    errors = (scores if details else whole.drop(columns="era")).drop(columns=tests)
    shown = [errors, whole[["ahead", *tests]]] if details else [errors]
    return [
        markdown_table(list(each), each.to_numpy(), "r" * len(each.columns), pad=True)
        for each in shown
    ]


def main() -> None:
    options = parse_arguments()
    go_to_project()
    package = read_package()
    frequency, periods = need_dates(package), read_periods(package)
    params, source = load_forecast_params(words(options.settings))
    table, _ = load_table(params.prepare)
    horizons = dict.fromkeys(options.horizons or frequency.kind.horizons)
    rows = make_rows_by_horizon(table, params.prepare, horizons, frequency)
    count = options.rows or test_rows(params.split.test_size, len(table))
    dates = last_dates(rows, count, frequency)
    refit = options.refit or frequency.kind.per_year
    target = package.table[params.prepare.target]
    say(f"Settings from {source}\nprepare: {params.prepare}\ntrain: {params.train}\n")

    forecasts = backtest(rows, dates, refit, params, frequency)
    scores = score_by_era(forecasts, periods, target.decimals)
    figure = draw(forecasts, target, refit, frequency, periods)

    save(figure, "backtest.png")
    say("\n\n".join(tables(scores, options.details)))
    first, last = frequency.show(dates[0]), frequency.show(dates[-1])
    say(
        f"\nRMSE of {target.label}, forecast so many {frequency.word}s ahead for "
        f"{first} to {last}, with a new fit every {frequency.count(refit)}.\n"
        "Skill: 1 - RMSE / RMSE of persistence, the last known figure."
    )
    if options.details:
        say(
            "Against: the network's Diebold-Mariano statistic and its p-value (equal-weighted "
            "cosine variance, Student's t); above 0 it errs less; - for a part of the dates, and "
            "for fewer than three horizons."
        )
    else:
        say("By period, and what could be luck: python -m tools.backtest --details")
    say("The same through time: backtest.png")


if __name__ == "__main__":
    run(main)
