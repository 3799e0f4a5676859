"""Draw the test rows: what was, what was predicted, and what needs no network."""

import pandas as pd

from regression.package import Column, Periods
from regression.report.backend import Axes, Axis, Figure, MaxNLocator, make_figure

# Of Okabe and Ito's palette, whose colours the colour-blind tell apart.
BLACK, BLUE, VERMILION = "#000000", "#0072B2", "#D55E00"
LIGHT = f"{VERMILION}33"

ACTUAL, KNOWN, INTERVAL = "actual", "last known figure", "interval"
PREDICTED = "predicted, with the members' range"


def draw(predictions: pd.DataFrame, target: Column, scores: dict, periods: Periods) -> Figure:
    """The test rows through time, and actual against predicted.

    `predictions` has the columns actual, predicted, lower, upper, persistence, member_1 and so
    on, and date where there are dates: else the rows stand in the order of their predictions;
    `scores` is what metrics.json holds.
    """
    figure = make_figure(9, 4.4)
    figure.suptitle(verdict(len(predictions), target, scores), fontsize=11)
    through, pairs = figure.subplots(1, 2, width_ratios=[4, 3])
    draw_rows(through, predictions, periods)
    draw_pairs(pairs, predictions)
    marks, names = through.get_legend_handles_labels()
    found = dict(zip(names, marks, strict=True))
    marks = [found[name] for name in sorted(names, key=reading_order)]
    figure.legend(handles=marks, loc="outside lower center", ncols=5, frameon=False, fontsize=9)

    in_unit = f", {target.unit}" if target.unit else ""
    through.set_ylabel(target.label)
    pairs.set_xlabel(f"actual{in_unit}")
    pairs.set_ylabel(f"predicted{in_unit}")
    set_style(through, through.yaxis)
    set_style(pairs, pairs.xaxis, pairs.yaxis)
    return figure


def verdict(rows: int, target: Column, scores: dict) -> str:
    """How far off the predictions are, and what needs no network."""
    beside, baseline = "linear regression", "linear"
    if "persistence" in scores["baseline"]:
        beside, baseline = "the last known figure", "persistence"
    errors = scores["test"]["rmse"], scores["baseline"][baseline]
    own, other = (f"{error:,.0f}" if min(errors) >= 100 else f"{error:,}" for error in errors)
    off = f"Off by {own} {target.unit}".rstrip()
    return f"{off} (RMSE of {rows} test rows); {beside} by {other}"


def reading_order(name: str) -> int:
    """The place in the legend of what is drawn; at the end, what is not named here."""
    names = [ACTUAL, PREDICTED, INTERVAL, KNOWN]
    return names.index(name) if name in names else len(names)


def set_style(axes: Axes, *numbers: Axis) -> None:
    """A light grid and no frame; on the axes of `numbers`, at most five, with commas."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.9", linewidth=0.6)
    for axis in numbers:
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,.9g}")


def draw_rows(axes: Axes, predictions: pd.DataFrame, periods: Periods) -> None:
    """Lines and bands join dates that lie near each other, and nothing joins other rows."""
    dated = "date" in predictions
    if not dated:
        predictions = predictions.sort_values("predicted", ignore_index=True)
        axes.set_xlabel("rows in the order of their predictions")
    x = predictions["date"] if dated else predictions.index + 1
    joined = with_breaks(predictions) if dated else predictions.assign(date=x)
    members = predictions.filter(like="member_")
    if predictions["upper"].notna().any():
        ends = joined["lower"], joined["upper"]
        axes.fill_between(joined["date"], *ends, color=LIGHT, linewidth=0, label=INTERVAL)
        alone = joined[ends[0].shift(1).isna() & ends[0].shift(-1).isna()]
        axes.vlines(alone["date"], alone["lower"], alone["upper"], color=LIGHT, linewidth=3)
    axes.plot(
        joined["date"],
        joined["actual"],
        ".-" if dated else ".",
        color=BLACK,
        linewidth=1.2,
        markersize=2 if dated else 3,
        label=ACTUAL,
    )
    known = predictions["persistence"]
    if known.notna().any():
        axes.plot(x, known, ".", color=BLUE, markersize=3, label=KNOWN)
    axes.plot(x, predictions["predicted"], ".", color=VERMILION, markersize=4, label=PREDICTED)
    axes.vlines(x, members.min(axis=1), members.max(axis=1), color=VERMILION, linewidth=1)
    if dated:
        shade(axes, periods, x)
    axes.set_xlim(x.min(), x.max())


def with_breaks(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with an empty one wherever two dates lie far apart, so that no line joins them.

    Far is more than a year, and than the four periods of a table of years.
    """
    gaps = rows["date"].diff()
    far = gaps > max(pd.Timedelta(days=366), 4.1 * gaps.min())
    between = rows["date"] - gaps / 2
    return pd.concat([rows, between[far].to_frame()]).sort_values("date", ignore_index=True)


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
    told = "on the line: predicted = actual"
    axes.text(0.03, 0.97, told, transform=axes.transAxes, va="top", fontsize=9)
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_xlim(), box_aspect=1)
