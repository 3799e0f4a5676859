"""Draw the test months: what was, what was predicted, and what needs no network."""

import pandas as pd
from matplotlib import rcdefaults
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from regression.columns import RECESSIONS, Series

# Of Okabe and Ito's palette, whose colours the colour-blind tell apart.
BLACK, BLUE, VERMILION = "#000000", "#0072B2", "#D55E00"


def draw(predictions: pd.DataFrame, target: Series, scores: dict) -> Figure:
    """The test months through time, and actual against predicted.

    `predictions` has the columns date, actual, predicted, lower, upper, persistence, member_1
    and so on;
    `scores` is what metrics.json holds.
    """
    rcdefaults()  # not what a user's own matplotlibrc says
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    figure.suptitle(
        f"{len(predictions)} test months: RMSE {scores['test']['rmse']:,} predicted, "
        f"{scores['baseline']['persistence']:,} carrying the last known figure forward",
        fontsize=11,
    )
    months, pairs = figure.subplots(1, 2, width_ratios=[4, 3])
    draw_months(months, predictions)
    draw_pairs(pairs, predictions)
    marks = months.get_legend_handles_labels()
    figure.legend(*marks, loc="outside lower center", ncols=5, frameon=False, fontsize=9)

    months.set_ylabel(f"{target.title}, {target.unit}")
    pairs.set_xlabel(f"actual, {target.unit}")
    pairs.set_ylabel(f"predicted, {target.unit}")
    set_style(months, months.yaxis)
    set_style(pairs, pairs.xaxis, pairs.yaxis)
    return figure


def set_style(axes: Axes, *numbers: Axis) -> None:
    """A light grid and no frame; on the axes of `numbers`, at most five, with commas."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.9", linewidth=0.6)
    for axis in numbers:
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,.0f}")


def draw_months(axes: Axes, predictions: pd.DataFrame) -> None:
    date, members = predictions["date"], predictions.filter(like="member_")
    known, predicted = predictions["persistence"], predictions["predicted"]
    axes.fill_between(
        date,
        predictions["lower"],
        predictions["upper"],
        color=VERMILION,
        alpha=0.2,
        linewidth=0,
        label="interval",
    )
    axes.plot(date, predictions["actual"], color=BLACK, linewidth=1.2, label="actual")
    axes.plot(date, known, ".", color=BLUE, markersize=3, label="last known figure")
    label = "predicted, with the members' range"
    axes.plot(date, predicted, ".", color=VERMILION, markersize=4, label=label)
    axes.vlines(date, members.min(axis=1), members.max(axis=1), color=VERMILION, linewidth=1)
    shade_recessions(axes)
    axes.set_xlim(date.min(), date.max())


def shade_recessions(axes: Axes) -> None:
    """Grey bands, one of which goes into the legend."""
    shades = [
        axes.axvspan(pd.Timestamp(first), pd.Timestamp(last), color="0.9", linewidth=0)
        for first, last in RECESSIONS
    ]
    for shade in shades[:1]:
        shade.set_label("recession")


def draw_pairs(axes: Axes, predictions: pd.DataFrame) -> None:
    values = predictions[["actual", "predicted"]]
    limits = values.min().min(), values.max().max()
    axes.plot(limits, limits, color=BLACK, linewidth=1)
    axes.plot("actual", "predicted", ".", data=predictions, color=VERMILION, markersize=4)
    axes.set_title("on the line: predicted = actual", fontsize=9)
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_xlim(), box_aspect=1)
