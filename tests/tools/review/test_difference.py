"""Whether a difference is called real: where the answer is known, and where there is none."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.fft import dct

from tests.project import ROOT
from tools.review.difference import (
    Uncertainty,
    compare,
    compare_out_of_fold,
    diebold_mariano,
    interval,
    jackknife,
    of_members,
    of_rows,
)

YEARS = np.repeat(np.arange(1970, 1982), [3, 5, 4, 1, 6, 2, 4, 5, 3, 2, 6, 4])
ACTUAL = 7000 + 2000 * np.sin(np.arange(len(YEARS)))
OFFSETS = np.array([-4.0, -1.0, 0.0, 2.0, 3.0])  # of five members about their mean
SAME, APART, OVERLAP = (range(5), range(5)), (range(5), range(5, 10)), (range(5), range(3, 8))


def errors(by_month, by_member=OFFSETS) -> np.ndarray:
    """Predictions of shape (months, members) whose errors are those of month and member."""
    by_month = np.broadcast_to(by_month, len(ACTUAL))
    return (ACTUAL + by_month)[:, None] + by_member


def judge(base, head, seeds=SAME, years=YEARS):
    return compare(ACTUAL, years, base, head, seeds, yardstick=200)


def test_identical_predictions_are_no_difference():
    """Nothing is left to chance, and nothing is called."""
    found = judge(errors(100), errors(100))

    assert (found.value, found.verdict) == (0, "no difference")
    assert found.other_rows == (0, 0)


@pytest.mark.parametrize(("shift", "verdict"), [(50, "worse"), (-50, "better")])
def test_a_shift_by_a_constant_is_certain_where_seeds_are_the_same(shift, verdict):
    """Every month and every member moves alike, so that no draw of either changes anything."""
    found = judge(errors(100), errors(100 + shift))

    assert (found.base, found.head) == (pytest.approx(100), pytest.approx(100 + shift))
    assert found.other_rows == (pytest.approx(shift), pytest.approx(shift))
    assert found.smallest == pytest.approx(0, abs=1e-6)
    assert found.verdict == verdict


def test_better_on_every_month_is_better():
    """Half the error everywhere: the RMSE halves, and no year makes the difference alone."""
    by_month = 300 + 100 * np.cos(np.arange(len(ACTUAL)))
    found = judge(errors(by_month), errors(by_month / 2), APART)

    assert found.value == pytest.approx(-np.sqrt(np.mean(by_month**2)) / 2)
    assert found.verdict == "better"


def test_better_in_one_year_alone_is_not_proven_beyond_these_rows():
    """Members agree, calendar years do not: only the narrower interval excludes zero."""
    found = judge(errors(300), errors(np.where(YEARS == 1974, 100, 300)), APART)

    assert found.these_rows[1] < 0 < found.other_rows[1]
    assert found.smallest == pytest.approx(found.other_rows[1] - found.value)
    assert (found.verdict, found.on_these_rows) == ("no proven difference", "better")
    found = judge(errors(300), errors(np.where(YEARS == 1974, 500, 300)))
    assert (found.verdict, found.on_these_rows) == ("no proven difference", "worse")


def test_noise_is_no_proven_difference():
    """Members that differ by their draws alone."""
    noise = np.random.default_rng(0).normal(0, 30, (2, len(ACTUAL), 10))
    base, head = (errors(300, side) for side in noise)

    found = judge(base, head, (range(10), range(10, 20)))
    assert (found.verdict, found.on_these_rows) == ("no proven difference", None)


def test_a_difference_under_one_percent_of_persistence_does_not_matter():
    """However certain: 1% of 200 is 2."""
    assert judge(errors(100), errors(98.1)).verdict == "too small to matter"
    assert judge(errors(100), errors(97.9)).verdict == "better"


def test_one_member_gives_no_verdict():
    """Nothing tells what its seed did."""
    found = judge(errors(100, OFFSETS[:1]), errors(50), (range(1), range(5)))

    assert (found.these_rows, found.other_rows) == (None, None)
    assert (found.smallest, found.verdict) == (None, "no verdict")


def test_months_of_one_year_prove_nothing_beyond_them():
    """There is no other year to leave out."""
    found = judge(errors(100), errors(50), APART, years=np.full(len(YEARS), 1980))

    assert found.other_rows is None
    assert found.on_these_rows == "better"
    assert found.verdict == "no proven difference"


@pytest.mark.parametrize(
    ("seeds", "oracle"),
    [
        (SAME, stats.ttest_rel),
        (APART, lambda head, base: stats.ttest_ind(head, base, equal_var=False)),
    ],
)
def test_with_one_month_the_interval_is_that_of_a_t_test(seeds, oracle):
    """There the RMSE is the members' mean error: Student's paired test, or Welch's."""
    base, head = np.random.default_rng(1).normal([[20], [28]], [[2], [5]], (2, 5))

    found = compare(np.zeros(1), np.array([1980]), base[None], head[None], seeds, 200)

    expected = oracle(head, base).confidence_interval(0.95)
    assert found.these_rows == pytest.approx((expected.low, expected.high))


FOLDS = np.arange(len(YEARS)) % 5


def judge_held_out(base, head, folds=(FOLDS, FOLDS), years=YEARS):
    sides = (np.resize(error, len(YEARS))[:, np.newaxis] for error in (base, head))
    return compare_out_of_fold(np.zeros(len(YEARS)), years, folds, *sides, 200)


def test_folds_left_out_in_turn_give_an_interval_of_their_own():
    """Tukey's, where all rows are of one year: Student's t on pseudo-values, one for each fold."""
    base, head = np.random.default_rng(1).normal([[300.0], [290]], 40, (2, 40))
    size = len(YEARS) // 5 * 5
    years, folds = np.full(size, 1980), FOLDS[:size]
    sides = [np.resize(error, size) for error in (base, head)]

    found = compare_out_of_fold(
        np.zeros(size), years, [folds, folds], *(side[:, np.newaxis] for side in sides), 200
    )

    def value(rows):
        before, after = (np.sqrt(np.mean(side[rows] ** 2)) for side in sides)
        return after - before

    pseudo = [5 * value(folds >= 0) - 4 * value(folds != number) for number in range(5)]
    half = stats.t(4).ppf(0.975) * np.std(pseudo, ddof=1) / np.sqrt(5)
    assert found.these_rows == pytest.approx((value(folds >= 0) - half, value(folds >= 0) + half))
    assert found.other_rows == found.these_rows


def test_what_one_fold_gained_may_be_the_luck_of_its_network():
    """Whatever it gained; the same gain in all folds is none."""
    assert judge_held_out(300, np.where(FOLDS == 2, 100, 300)).verdict == "no proven difference"
    assert judge_held_out(300, 270).verdict == "better"
    assert judge_held_out(300, 330).verdict == "worse"
    assert judge_held_out(300, 300).verdict == "no difference"


def test_rows_that_are_dealt_otherwise_are_other_networks():
    """The luck of either side's counts; where one network answers all, it is unknown."""
    head = np.random.default_rng(1).normal(280, 20, len(YEARS))
    others = FOLDS[::-1] // 2

    alike, otherwise = (judge_held_out(300, head, (FOLDS, folds)) for folds in (FOLDS, others))

    assert otherwise.smallest > alike.smallest
    assert judge_held_out(300, head, (FOLDS * 0, FOLDS * 0)).verdict == "no verdict"


def test_with_some_seeds_in_common_the_interval_is_the_widest():
    """No correlation between the sides can give a larger variance."""
    base, head = np.random.default_rng(2).normal(20, 3, (2, 1, 5))

    variances = {
        name: sum(source.variance for source in of_members(np.zeros(1), base, head, name))
        for name in ("the same", "none in common", "some in common")
    }
    opposite = of_members(np.zeros(1), base, 40 - base, "the same")[0].variance
    bound = of_members(np.zeros(1), base, 40 - base, "some in common")[0]

    assert variances["some in common"] > max(variances["the same"], variances["none in common"])
    assert bound == (pytest.approx(opposite), 4)
    assert of_members(np.zeros(1), base, head[:, :3], "some in common")[0].freedom == 2
    assert judge(errors(100), errors(90), OVERLAP).seeds == "some in common"


def test_the_jackknife_of_a_mean_is_its_textbook_variance():
    """s² / n, with n - 1 degrees of freedom."""
    values = np.random.default_rng(3).normal(size=12)
    without = np.array([np.delete(values, k).mean() for k in range(12)])

    assert jackknife(values.mean(), without, np.ones(12)) == (
        pytest.approx(values.var(ddof=1) / 12),
        11,
    )


def test_groups_of_unequal_size_weigh_by_their_size():
    """For a mean: the squares of each group's mean about it, by n / m - 1 (Busing 1999)."""
    sizes = np.array([1, 2, 5])
    values = np.array([4.0, 1.0, 3.0, 6.0, 5.0, 7.0, 2.0, 8.0])
    group = np.repeat(np.arange(3), sizes)
    without = np.array([values[group != g].mean() for g in range(3)])
    means = [values[group == g].mean() for g in range(3)]

    by_hand = sum((m - 4.5) ** 2 / (8 / n - 1) for m, n in zip(means, sizes, strict=True)) / 3
    assert jackknife(values.mean(), without, sizes) == (pytest.approx(by_hand), 2)


def test_months_are_left_out_by_calendar_year():
    """Twelve years, whatever the number of months in each: eleven degrees of freedom."""
    base, head = errors(300), errors(np.where(YEARS == 1974, 100, 300))

    assert of_rows(ACTUAL, base, head, YEARS).freedom == 11
    assert of_rows(ACTUAL, base, base + 50, YEARS).variance == pytest.approx(0)


def test_variances_add_and_freedom_is_welchs():
    """Two alike, with 4 degrees each, have 8 together."""
    low, high = interval(1.0, [Uncertainty(2.0, 4), Uncertainty(2.0, 4)])

    assert (low, high) == pytest.approx(stats.t.interval(0.95, 8, loc=1.0, scale=2.0))


def test_few_members_do_not_make_the_wider_interval_the_narrower():
    """What holds on other months holds on these."""
    base, head = errors(300, np.array([0.0, 9.0])), errors(280, np.array([0.0, 4.0]))
    wiggle = 2 * np.cos(YEARS)[:, None]

    found = judge(base, head + wiggle, (range(2), range(2, 4)))

    assert found.other_rows[0] <= found.these_rows[0]
    assert found.other_rows[1] >= found.these_rows[1]


def test_seeds_alone_are_hardly_ever_called_a_change():
    """Of ensembles that differ in their seeds alone, 5% may be called, and 8% on these months.

    Two hundred pairs, each drawn from forty networks that benchmarks/aa.py trained.
    """
    stored = pd.read_csv(ROOT / "tests/members.csv", parse_dates=["date"])
    members = stored.filter(like="member_").to_numpy()
    actual, years = stored["actual"].to_numpy(), stored["date"].dt.year.to_numpy()
    generator = np.random.default_rng(0)

    found = []
    for _ in range(200):
        drawn = generator.permutation(members.shape[1])[:20]
        base, head = members[:, drawn[:10]], members[:, drawn[10:]]
        seeds = (range(10), range(10, 20))
        found.append(compare(actual, years, base, head, seeds, yardstick=203.2))

    verdicts = [difference.verdict for difference in found]
    assert sum(verdict in ("better", "worse") for verdict in verdicts) <= 0.05 * 200
    assert sum(difference.on_these_rows is not None for difference in found) <= 0.08 * 200
    assert "no proven difference" in verdicts


class TestDieboldMariano:
    """The statistic, its p-value, and where there is none."""

    @staticmethod
    def overlapping(rng, n, horizon):
        """Two series of errors, equally large: sums of as many draws as there are months ahead."""
        shared, *own = rng.normal(size=(3, n + horizon - 1))
        return [np.convolve(shared + 0.7 * each, np.ones(horizon), "valid") for each in own]

    @pytest.mark.parametrize(("n", "horizon", "terms"), [(36, 12, 4), (85, 3, 7), (173, 1, 12)])
    def test_its_variance_is_that_of_the_first_cosines(self, n, horizon, terms):
        """Coefficients as SciPy's orthonormal cosine transform gives them, 0.4 n^(2/3) of them."""
        ours, others = self.overlapping(np.random.default_rng(n), n, horizon)

        statistic, p = diebold_mariano(ours, others, horizon)

        differences = others**2 - ours**2
        _, *cosines = dct(differences, type=2, norm="ortho")[: terms + 1]
        standard_error = np.sqrt(np.mean(np.square(cosines)) / n)
        assert statistic == pytest.approx(differences.mean() / standard_error)
        assert p == pytest.approx(2 * stats.t.sf(abs(statistic), terms))

    @pytest.mark.parametrize("horizon", [1, 3, 6, 12])
    def test_of_equals_one_in_twenty_is_called_better_or_worse(self, horizon):
        """At a nominal 5%, over 173 months of forecasts whose errors overlap."""
        rng = np.random.default_rng(horizon)

        called = [
            diebold_mariano(*self.overlapping(rng, 173, horizon), horizon)[1] < 0.05
            for _ in range(2000)
        ]

        assert np.mean(called) == pytest.approx(0.05, abs=0.01)

    def test_it_is_above_zero_for_the_one_that_errs_less(self):
        """And the other way round it is its own opposite, with the same p-value."""
        small, large = np.random.default_rng(0).normal(0, [[1], [3]], (2, 50))

        (better, p), (worse, same) = (
            diebold_mariano(*errors, horizon=3) for errors in ((small, large), (large, small))
        )

        assert better > 2
        assert (worse, same) == (-better, p)

    @pytest.mark.parametrize(("n", "horizon"), [(3, 1), (8, 3), (35, 12)])
    def test_an_era_shorter_than_three_horizons_has_none(self, n, horizon):
        """One month more, and it has one."""
        errors = np.random.default_rng(0).normal(size=(2, n + 1))

        assert diebold_mariano(*errors[:, :n], horizon) is None
        assert diebold_mariano(*errors, horizon) is not None

    @pytest.mark.parametrize("others", [[0.3] * 20, [1, 2, 2, 1]])
    def test_losses_in_which_the_cosines_see_nothing_have_none(self, others):
        """They always differ by the same, or rise and fall where a single cosine does not."""
        assert diebold_mariano(np.full(len(others), 0.1), np.array(others), 1) is None
