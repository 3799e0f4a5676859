"""Forecast past months from what was known before each, and score who would have erred less."""

import argparse
import re
from collections.abc import Callable, Iterator
from math import ceil
from typing import NoReturn

import numpy as np
import pandas as pd
from matplotlib import rcdefaults
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from tqdm import tqdm

from regression.columns import COLUMNS, Series
from regression.errors import InputError, run
from regression.files import go_to_project, replacing
from regression.params import Params, Prepare
from regression.raw import read_table
from regression.report.markdown import markdown_table
from regression.report.plots import BLACK, BLUE, VERMILION, set_style, shade_recessions
from regression.scores import baselines
from regression.scores.scores import rmse
from regression.table.rows import predictor_names
from stages.prepare import prepare
from tools.recipe import load_forecast_params
from tools.review.difference import diebold_mariano

# Each forecaster is a column of the table of forecasts.
FORECASTERS = {"persistence": BLACK, "linear": BLUE, "network": VERMILION}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}\n")


def parser() -> Parser:
    parser = Parser(prog="backtest", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--horizons",
        type=whole_number(1),
        nargs="+",
        default=[1, 3, 6, 12],
        help="how many months ahead to forecast (1 3 6 12)",
    )
    parser.add_argument(
        "--months",
        type=whole_number(24),
        default=173,
        help="how many of the table's last months to forecast (173)",
    )
    parser.add_argument(
        "--refit", type=whole_number(1), default=12, help="months from one fit to the next (12)"
    )
    return parser


def whole_number(lowest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,4}", text) or int(text) < lowest:
            raise argparse.ArgumentTypeError(
                f"should be a whole number from {lowest} to 9999, found {text}"
            )
        return int(text)

    return read


def make_rows_by_horizon(
    table: pd.DataFrame, params: Prepare, horizons: list[int]
) -> dict[int, pd.DataFrame]:
    """The rows of the stage prepare for each horizon."""
    return {
        horizon: prepare(table, params.model_copy(update={"horizon": horizon}))
        for horizon in horizons
    }


def last_months(rows: dict[int, pd.DataFrame], months: int) -> list[pd.Timestamp]:
    """The last target months that every horizon has.

    Raises InputError where they are fewer, or leave too little to fit the first line to.
    """
    common = sorted(set.intersection(*(set(each["date"]) for each in rows.values())))
    if months > len(common):
        raise InputError(
            f"--months should be at most {len(common)}, the months that have a forecast at "
            f"every horizon, found {months}"
        )
    for horizon, each in rows.items():
        train, _ = next(roll(each, common[-months:], months))
        needed = len(predictor_names(each)) + 2
        if len(train) < needed:
            raise InputError(
                f"--months should leave {needed} rows to train on before the first forecast, "
                f"found {len(train)} for {months} months {horizon} ahead"
            )
    return common[-months:]


def roll(
    rows: pd.DataFrame, months: list[pd.Timestamp], refit: int
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """For each fit, the rows to train on and the rows to forecast before the next fit.

    A fit comes every `refit` calendar months of `months`. It is trained on every row whose target
    is known at the first of its origins, and on no other: an expanding window.
    """
    test = rows[rows["date"].isin(months)]
    number = test["date"].dt.year * 12 + test["date"].dt.month
    for _, block in test.groupby((number - number.min()) // refit):
        yield rows[rows["date"] <= block["origin"].min()], block


def backtest(
    rows: dict[int, pd.DataFrame], months: list[pd.Timestamp], refit: int, params: Params
) -> pd.DataFrame:
    """Every forecast of the months: horizon, origin, date, actual, and the FORECASTERS."""
    fits = [
        (horizon, *pair) for horizon, each in rows.items() for pair in roll(each, months, refit)
    ]
    forecasts = [
        forecast(train, block, params).assign(horizon=horizon)
        for horizon, train, block in tqdm(fits, "backtest", unit="fit", disable=None)
    ]
    return pd.concat(forecasts, ignore_index=True)


def forecast(train: pd.DataFrame, block: pd.DataFrame, params: Params) -> pd.DataFrame:
    """What each forecaster, fitted to the rows of `train`, says of the rows of `block`."""
    # TensorFlow takes seconds to import: not before the arguments are known to be right.
    from tools.training import train_and_predict

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


def eras(dates: pd.Series) -> dict[str, pd.Series]:
    """Which target months lie before, in and after the years of the great recession."""
    return {
        "before 2008": dates.dt.year < 2008,
        "2008 to 2010": dates.dt.year.between(2008, 2010),
        "after 2010": dates.dt.year > 2010,
        "all": dates.notna(),
    }


def score_by_era(forecasts: pd.DataFrame) -> pd.DataFrame:
    """A row for each horizon and era: months, errors, skills, and the network tested, as text."""
    rows = []
    for horizon, ahead in forecasts.groupby("horizon", sort=False):
        for era, inside in eras(ahead["date"]).items():
            if inside.any():
                row = {"ahead": str(horizon), "era": era, "months": str(inside.sum())}
                rows.append(row | score_era(ahead[inside], horizon))
    return pd.DataFrame(rows)


def score_era(forecasts: pd.DataFrame, horizon: int) -> dict[str, str]:
    errors = {name: forecasts["actual"] - forecasts[name] for name in FORECASTERS}

    def tested(other: str) -> str:
        found = diebold_mariano(errors["network"], errors[other], horizon)
        if found is None:
            return "-"
        statistic, p = found
        return f"{statistic:.2f} ({p:.3f})" if p >= 0.001 else f"{statistic:.2f} (<0.001)"

    scores = {
        name: f"{rmse(forecasts['actual'], forecasts[name]):.1f}" for name in reversed(FORECASTERS)
    }
    scores |= {f"{name} skill": skill(forecasts, name) for name in ("network", "linear")}
    return scores | {f"against {other}": tested(other) for other in ("persistence", "linear")}


def skill(forecasts: pd.DataFrame, name: str) -> str:
    """1 - RMSE / RMSE of persistence; - where persistence has no error."""
    error, persistence = (
        rmse(forecasts["actual"], forecasts[column]) for column in (name, "persistence")
    )
    return f"{1 - error / persistence:.3f}" if persistence else "-"


def draw(forecasts: pd.DataFrame, target: Series, refit: int) -> Figure:
    """A panel for each horizon: the errors of each forecaster through time."""
    rcdefaults()  # not what a user's own matplotlibrc says
    horizons = list(forecasts.groupby("horizon", sort=False))
    columns = min(2, len(horizons))
    rows = ceil(len(horizons) / columns)
    figure = Figure(figsize=(9, 1.4 + 2.2 * rows), layout="constrained")
    first, last = forecasts["date"].min(), forecasts["date"].max()
    figure.suptitle(
        f"Errors of forecasts for {first:%Y-%m} to {last:%Y-%m}, a new fit every {refit} months",
        fontsize=11,
    )
    figure.supylabel(f"RMSE of 12 months, {target.unit}", fontsize=10)
    panels = list(figure.subplots(rows, columns, sharex=True, squeeze=False).flat)
    for axes, (horizon, ahead) in zip(panels, horizons, strict=False):
        draw_errors(axes, ahead, horizon)
    for axes in panels[len(horizons) :]:
        axes.remove()
    marks = panels[0].get_legend_handles_labels()
    figure.legend(*marks, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def draw_errors(axes: Axes, forecasts: pd.DataFrame, horizon: int) -> None:
    """For each month, the RMSE of the twelve months that end with it."""
    dates, window = forecasts["date"], 12
    for name, colour in FORECASTERS.items():
        squares = (forecasts["actual"] - forecasts[name]) ** 2
        axes.plot(dates, np.sqrt(squares.rolling(window).mean()), color=colour, label=name)
    shade_recessions(axes)
    months = "month" if horizon == 1 else "months"
    network, linear = skill(forecasts, "network"), skill(forecasts, "linear")
    title = f"{horizon} {months} ahead: skill of the network {network}, linear {linear}"
    axes.set_title(title, fontsize=9)
    axes.set_xlim(dates.iloc[window - 1], dates.iloc[-1])
    axes.set_ylim(bottom=0)
    set_style(axes, axes.yaxis)
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=9))
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))


def main() -> None:
    arguments = parser()
    options = arguments.parse_args()
    go_to_project()
    params, source = load_forecast_params()
    table = read_table("data/economics.csv")
    try:
        rows = make_rows_by_horizon(table, params.prepare, list(dict.fromkeys(options.horizons)))
        months = last_months(rows, options.months)
    except InputError as error:
        arguments.error(str(error))
    target = COLUMNS[params.prepare.target]
    print(f"Settings from {source}", f"prepare: {params.prepare}", sep="\n")
    print(f"train: {params.train}\n", flush=True)

    forecasts = backtest(rows, months, options.refit, params)
    scores = score_by_era(forecasts)
    figure = draw(forecasts, target, options.refit)

    with replacing("backtest.png") as temporary:
        figure.savefig(temporary, dpi=130)
    print(markdown_table(list(scores), scores.to_numpy(), "r" * len(scores.columns), pad=True))
    print(
        f"\nRMSE of {target.title}, {target.unit}, forecast so many months ahead for "
        f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}, with a new fit every {options.refit} months.\n"
        "Skill: 1 - RMSE / RMSE of persistence, the last known figure.\n"
        "Against: the network's Diebold-Mariano statistic and its p-value; above 0 it errs less; "
        "- for an era shorter than three horizons.\n"
        "The same through time: backtest.png"
    )


if __name__ == "__main__":
    run(main)
