"""What the picture shows, and how it names it."""

from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.dates import num2date

from regression.package import read_periods
from regression.report.backend import save
from regression.report.plots import draw
from tests.project import FROZEN, PACKAGE, TABLE

PERIODS = read_periods(PACKAGE, FROZEN)

SCORES = {"test": {"rmse": 1824.9}, "baseline": {"persistence": 203.2}}
PREDICTIONS = pd.DataFrame(
    {
        "date": pd.to_datetime(["1969-07-01", "1970-08-01", "1971-09-01"]),
        "actual": [1.0, 2.0, 3.0],
        "predicted": [1.5, 2.5, 2.0],
        "lower": [0.0, 1.0, 1.0],
        "upper": [3.0, 4.0, 3.0],
        "persistence": [None, 1.0, 2.0],
        "member_1": [1.0, 2.0, 2.0],
        "member_2": [2.0, 3.0, 2.0],
    }
)


def test_the_picture_says_what_is_seen():
    """Both errors in the title, units on the axes, every mark in the legend."""
    figure = draw(PREDICTIONS, TABLE["psavert"], SCORES, PERIODS)
    months, pairs = figure.axes

    assert figure.get_suptitle() == (
        "Off by 1,825 percent (RMSE of 3 test rows); the last known figure by 203"
    )
    assert months.get_ylabel() == "personal savings rate, percent"
    assert (pairs.get_xlabel(), pairs.get_ylabel()) == ("actual, percent", "predicted, percent")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "actual",
        "predicted, with the members' range",
        "interval",
        "last known figure",
        "recession",
    ]


def test_dollars_are_no_formula():
    """Two of them in a label are drawn as they stand, and not refused."""
    target = TABLE["psavert"].model_copy(update={"title": "cost, $", "unit": "x_{ of $"})

    figure = draw(PREDICTIONS, target, SCORES, PERIODS)
    figure.savefig(BytesIO())

    assert figure.axes[0].yaxis.label.get_parse_math() is False


def test_letters_that_the_font_lacks_are_told_in_a_line(tmp_path, capsys):
    """Once, however often they are drawn; the picture is there."""
    target = TABLE["psavert"].model_copy(update={"title": "人数", "unit": "人"})

    save(draw(PREDICTIONS, target, SCORES, PERIODS), str(tmp_path / "months.png"))

    told = capsys.readouterr().err
    assert told.startswith("warning: months.png has boxes for 人 数, which DejaVu Sans lacks: ")
    assert told.count("\n") == 1
    assert (tmp_path / "months.png").read_bytes().startswith(b"\x89PNG")


def test_the_months_show_the_table():
    """Lines and points at the table's values, a bar from the lowest member to the highest."""
    months = draw(PREDICTIONS, TABLE["psavert"], SCORES, PERIODS).axes[0]

    drawn = {line.get_label(): line.get_ydata() for line in months.lines}
    assert list(drawn["actual"]) == [1, 2, 3]
    assert list(drawn["predicted, with the members' range"]) == [1.5, 2.5, 2]
    assert list(drawn["last known figure"][1:]) == [1, 2]
    band, _, bars = months.collections
    bars = bars.get_segments()
    assert sorted({y for _, y in band.get_paths()[0].vertices}) == [0, 1, 3, 4]
    assert [[point[1] for point in bar] for bar in bars] == [[1, 2], [2, 3], [2, 2]]


def test_no_last_known_figure_is_drawn_where_there_is_none():
    """Nor named, in the legend or in the title."""
    scores = {"test": {"rmse": 0.32}, "baseline": {"linear": 120.5}}

    figure = draw(PREDICTIONS.assign(persistence=np.nan), TABLE["psavert"], scores, PERIODS)

    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "last known figure" not in names
    assert "linear regression by 120.5" in figure.get_suptitle()


def test_small_errors_are_told_with_their_digits():
    """And without dates beside linear regression, which needs none."""
    rows = PREDICTIONS.rename(columns={"date": "row"}).assign(row=[1, 2, 3])
    scores = {"test": {"rmse": 0.32}, "baseline": {"linear": 120.5}}

    assert draw(rows, TABLE["psavert"], scores, PERIODS).get_suptitle() == (
        "Off by 0.32 percent (RMSE of 3 test rows); linear regression by 120.5"
    )


def test_nothing_is_drawn_between_dates_that_lie_far_apart():
    """Neither line nor band; a date that stands alone has its interval as a bar."""
    dates = pd.to_datetime(["1970-07-01", "1970-08-01", "1971-09-01"])
    months = draw(PREDICTIONS.assign(date=dates), TABLE["psavert"], SCORES, PERIODS).axes[0]

    [actual] = [line.get_ydata() for line in months.lines if line.get_label() == "actual"]
    band, alone, _ = months.collections
    sides = [[x for x, _ in path.vertices] for path in band.get_paths()]
    assert [*actual[:2], actual[3]] == [1, 2, 3]
    assert pd.isna(actual[2])
    assert [[f"{num2date(end(side)):%Y-%m}" for end in (min, max)] for side in sides] == [
        ["1970-07", "1970-08"],
        ["1971-09", "1971-09"],
    ]
    [[below, above]] = alone.get_segments()
    assert (below[1], above[1]) == (1, 3)


def test_the_pairs_show_the_table():
    """Each prediction above its actual figure, and the line on which both are the same."""
    pairs = draw(PREDICTIONS, TABLE["psavert"], SCORES, PERIODS).axes[1]

    line, points = (mark.get_xydata().tolist() for mark in pairs.lines)
    assert points == [[1, 1.5], [2, 2.5], [3, 2]]
    assert line == [[1, 1], [3, 3]]


def test_the_periods_are_shaded_from_peak_to_trough():
    """The first in the table and the last, as the National Bureau of Economic Research has them."""
    months = draw(PREDICTIONS, TABLE["psavert"], SCORES, PERIODS).axes[0]

    ends = [(shade.get_x(), shade.get_x() + shade.get_width()) for shade in months.patches]
    spans = [[f"{num2date(end):%Y-%m}" for end in span] for span in ends]
    assert (spans[0], spans[-1]) == (["1969-12", "1970-11"], ["2020-02", "2020-04"])


def test_actual_and_predicted_share_one_scale():
    """So that the line of perfect predictions is the diagonal."""
    figure = draw(PREDICTIONS, TABLE["psavert"], SCORES, PERIODS)
    figure.draw_without_rendering()
    pairs = figure.axes[1]

    assert list(pairs.get_xticks()) == list(pairs.get_yticks())
    assert pairs.get_xlim() == pairs.get_ylim()


def test_without_periods_there_is_nothing_to_shade():
    """And nothing to name in the legend."""
    legend = draw(PREDICTIONS, TABLE["psavert"], SCORES, PERIODS._replace(spans=())).legends[0]

    assert "recession" not in [text.get_text() for text in legend.get_texts()]
