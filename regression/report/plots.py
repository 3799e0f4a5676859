"""Draw the test rows: what was, what was predicted, and what needs no network."""

import pandas as pd

from regression.package import Column, Periods
from regression.report.backend import Axes, Axis, Figure, MaxNLocator, make_figure

# Of Okabe and Ito's palette, whose colours the colour-blind tell apart.
BLACK, BLUE, VERMILION = "#000000", "#0072B2", "#D55E00"


def draw(predictions: pd.DataFrame, target: Column, scores: dict, periods: Periods) -> Figure:
    """The test rows through time, and actual against predicted.

    `predictions` has the columns actual, predicted, lower, upper, persistence, member_1 and so
    on, and date where there are dates: else the rows stand in the order of their predictions;
    `scores` is what metrics.json holds.
    """
    figure = make_figure(9, 4.4)
    beside, baseline = "linear regression on the same predictors", "linear"
    if "date" in predictions:
        beside, baseline = "carrying the last known figure forward", "persistence"
    figure.suptitle(
        f"{len(predictions)} test rows: RMSE {scores['test']['rmse']:,} predicted, "
        f"{scores['baseline'][baseline]:,} {beside}",
        fontsize=11,
    )
    through, pairs = figure.subplots(1, 2, width_ratios=[4, 3])
    draw_rows(through, predictions, periods)
    draw_pairs(pairs, predictions)
    marks = through.get_legend_handles_labels()
    figure.legend(*marks, loc="outside lower center", ncols=5, frameon=False, fontsize=9)

    in_unit = f", {target.unit}" if target.unit else ""
    through.set_ylabel(target.label)
    pairs.set_xlabel(f"actual{in_unit}")
    pairs.set_ylabel(f"predicted{in_unit}")
    set_style(through, through.yaxis)
    set_style(pairs, pairs.xaxis, pairs.yaxis)
    return figure


def set_style(axes: Axes, *numbers: Axis) -> None:
    """A light grid and no frame; on the axes of `numbers`, at most five, with commas."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.9", linewidth=0.6)
    for axis in numbers:
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,.9g}")


def draw_rows(axes: Axes, predictions: pd.DataFrame, periods: Periods) -> None:
    if "date" not in predictions:
        predictions = predictions.sort_values("predicted", ignore_index=True)
        axes.set_xlabel("rows in the order of their predictions")
    x = predictions["date"] if "date" in predictions else predictions.index + 1
    members = predictions.filter(like="member_")
    if predictions["upper"].notna().any():
        ends = predictions["lower"], predictions["upper"]
        axes.fill_between(x, *ends, color=VERMILION, alpha=0.2, linewidth=0, label="interval")
    line = "-" if "date" in predictions else "."
    axes.plot(
        x, predictions["actual"], line, color=BLACK, linewidth=1.2, markersize=3, label="actual"
    )
    if "date" in predictions:
        known = predictions["persistence"]
        axes.plot(x, known, ".", color=BLUE, markersize=3, label="last known figure")
    label = "predicted, with the members' range"
    axes.plot(x, predictions["predicted"], ".", color=VERMILION, markersize=4, label=label)
    axes.vlines(x, members.min(axis=1), members.max(axis=1), color=VERMILION, linewidth=1)
    if "date" in predictions:
        shade(axes, periods, x)
    axes.set_xlim(x.min(), x.max())


def shade(axes: Axes, periods: Periods, dates: pd.Series) -> None:
    """Grey bands; one of those that are seen goes into the legend."""
    name: str | None = periods.name
    for first, last in periods.spans:
        band = axes.axvspan(first, last, color="0.9", linewidth=0)
        if first <= dates.max() and last >= dates.min():
            band.set_label(name)
            name = None


def draw_pairs(axes: Axes, predictions: pd.DataFrame) -> None:
    values = predictions[["actual", "predicted"]]
    limits = values.min().min(), values.max().max()
    axes.plot(limits, limits, color=BLACK, linewidth=1)
    axes.plot("actual", "predicted", ".", data=predictions, color=VERMILION, markersize=4)
    axes.set_title("on the line: predicted = actual", fontsize=9)
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_xlim(), box_aspect=1)
