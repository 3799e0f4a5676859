"""How wide the intervals are, and how often they hold what they should."""

import numpy as np
import pytest

from regression.scores.intervals import (
    GAMMA,
    adaptive_conformal,
    deviation,
    held_out_conformal,
    quantile,
)

generator = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [(0.9, 9), (0.5, 5), (1 - 0.7, 3), (0.1, 1), (0.0, 1), (0.91, np.inf), (1, np.inf)],
)
def test_the_quantile_counts_the_new_error_in(coverage, expected):
    """Of nine errors, rank ceil(10 * coverage), 1 - 0.7 being 0.3; above 0.9 it takes ten."""
    assert quantile(np.arange(9.0, 0, -1), coverage) == expected


def test_errors_drawn_alike_are_covered_as_promised():
    """Test rows have the interval that held-out training rows need."""
    errors, tested = generator.exponential(size=(2, 999))

    intervals = held_out_conformal(errors, 999, 0.9)

    assert (tested <= intervals.half_widths).mean() == pytest.approx(0.9, abs=0.03)
    assert (errors <= intervals.half_width).sum() == 900  # of 999 with the new one
    assert (intervals.half_widths == intervals.half_width).all()
    assert intervals.at_limit == 0


def test_too_few_rows_are_told_as_at_their_limit():
    """The largest error stands in for one that was never seen."""
    intervals = held_out_conformal(np.array([1.0, 3.0, 2.0]), 2, 0.9)

    assert intervals.half_widths.tolist() == [3, 3]
    assert intervals.at_limit == 2


def test_without_held_out_rows_there_is_no_interval():
    """Rather than one from rows that were learnt; why is told where the method stands."""
    intervals = held_out_conformal(np.array([]), 2, 0.9)

    assert np.isnan(intervals.half_widths).tolist() == [True, True]
    assert intervals.half_width is None
    assert intervals.method.startswith("none, as there are no held-out training rows ")


@pytest.mark.parametrize(
    "calibrate",
    [
        lambda errors: held_out_conformal(errors, 9_000, 0.9),
        lambda errors: adapt(errors, 12, 9_000, 0.9),
    ],
)
def test_no_row_makes_all_the_others_be_sorted_again(calibrate, monkeypatch):
    """A long table is sorted once, and each later error put in its place."""
    sort, sizes = np.sort, []
    monkeypatch.setattr(np, "sort", lambda errors: sizes.append(len(errors)) or sort(errors))

    calibrate(generator.exponential(size=10_000))

    assert 0 < sum(sizes) <= 20_000


def adapt(errors, horizon: int, test_rows: int, coverage: float = 0.9):
    months = np.arange(len(errors))
    origins = months - horizon
    return adaptive_conformal(np.asarray(errors), origins, months, test_rows, coverage)


@pytest.mark.parametrize("horizon", [0, 1, 3, 12])
def test_only_errors_known_at_the_origin_count(horizon):
    """Changing what comes later changes no interval: an error counts `horizon` months on."""
    errors = generator.exponential(size=300)
    changed = errors.copy()
    changed[250:] = 99

    before, after = adapt(errors, horizon, 173), adapt(changed, horizon, 173)

    same = before.half_widths == after.half_widths
    first = 250 - (300 - 173) + max(horizon, 1)
    assert same[:first].all()
    assert not same[first : first + 5].all()


DRAWN = generator.exponential(size=320) * np.where(np.arange(320) < 250, 1, 3)


@pytest.mark.parametrize(
    ("errors", "coverage"),
    [(DRAWN, 0.9), (np.where(np.arange(320) < 250, 1, DRAWN), 0.5)],
    ids=["alpha up and down", "alpha at 1"],
)
def test_alpha_moves_as_gibbs_and_candes_say(errors, coverage):
    """Their equation 2 written out, for one month ahead, beside its effect on the widths.

    An error as large as the half width is a hit: enough of them in a row bring alpha to 1.
    """
    intervals = adapt(errors, 1, 200, coverage)

    alpha, expected = 1 - coverage, []
    for row in range(120, 320):
        seen = np.sort(errors[:row])
        rank = int(np.ceil((len(seen) + 1) * (1 - alpha) - 1e-9))
        expected.append(seen[max(rank, 1) - 1] if rank <= len(seen) else errors[:row].max())
        alpha = np.clip(alpha + GAMMA * (1 - coverage - (errors[row] > expected[-1])), 0, 1)

    np.testing.assert_array_equal(intervals.half_widths, expected)


def test_months_in_order_are_covered_as_promised():
    """Though their errors grow threefold on the way."""
    covered = DRAWN[120:] <= adapt(DRAWN, 1, 200).half_widths

    assert covered.mean() == pytest.approx(0.9, abs=0.03)


def test_at_the_limit_the_interval_is_the_largest_error_seen():
    """Ever larger errors are missed every time; six misses bring alpha from 0.1 to 0."""
    errors = np.arange(200.0)

    intervals = adapt(errors, 1, 50)

    assert intervals.half_widths[-1] == 198
    assert intervals.half_width == 199
    assert intervals.at_limit == 50 - 6


def test_every_error_known_counts():
    """That of the first training row, however long ago, as much as that of the last."""
    errors = generator.exponential(size=400)
    swapped = errors.copy()
    swapped[[0, 299]] = errors[[299, 0]]
    larger = errors + np.where(np.arange(400) < 150, 5, 0)

    widths = adapt(errors, 3, 100).half_widths

    np.testing.assert_array_equal(adapt(swapped, 3, 100).half_widths, widths)
    assert (adapt(larger, 3, 100).half_widths > widths).all()


@pytest.mark.parametrize("drawn_at_random", [False, True])
@pytest.mark.parametrize("horizon", [0, 1, 3, 12])
def test_a_coverage_is_off_by_luck_by_its_deviation_at_most(horizon, drawn_at_random):
    """Gaussian errors of overlapping periods, and an interval that is right: in 173 rows.

    The last ones in a row, or rows drawn from 574, which share fewer periods.

    Of single periods it is the deviation of a binomial share.
    """
    periods = max(horizon, 1)
    rows = np.arange(173)
    if drawn_at_random:
        rows = np.sort(np.random.default_rng(0).choice(574, 173, replace=False))
    drawn = generator.normal(size=(4000, 574 + periods - 1))
    sums = np.cumsum(np.pad(drawn, ((0, 0), (1, 0))), axis=1)
    errors = (sums[:, periods:] - sums[:, :-periods]) / np.sqrt(periods)

    luck = (np.abs(errors[:, rows]) <= 1.6449).mean(axis=1).std()

    told = deviation(0.9, rows, horizon)
    assert 0.8 * told < luck < 1.03 * told
    if periods == 1:
        assert told == pytest.approx(np.sqrt(0.9 * 0.1 / 173))
