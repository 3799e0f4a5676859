"""How dates follow each other, at every frequency."""

import pandas as pd
import pytest

from regression.frequency import Frequency


@pytest.mark.parametrize(
    ("alias", "there", "next_date", "shown", "rule"),
    [
        ("YS", "2001-01-01", "2002-01-01", "2001", "the first of a year, such as 2000-01-01"),
        ("YE", "2001-12-31", "2002-12-31", "2001", "the last of a year, such as 2000-12-31"),
        ("QS", "2001-04-01", "2001-07-01", "2001-04", "the first of a quarter, such as 2000-01"),
        ("QE", "2001-03-31", "2001-06-30", "2001-03", "the last of a quarter, such as 2000-03"),
        ("MS", "2001-02-01", "2001-03-01", "2001-02", "the first of a month, such as 2000-01-01"),
        ("ME", "2001-01-31", "2001-02-28", "2001-01", "the last of a month, such as 2000-01-31"),
        ("W-SUN", "2001-01-07", "2001-01-14", "2001-01-07", "a Sunday, such as 2000-01-02"),
        ("D", "2001-01-31", "2001-02-01", "2001-01-31", "a day, such as 2000-01-01"),
        ("B", "2001-01-05", "2001-01-08", "2001-01-05", "a working day, such as 2000-01-03"),
    ],
)
def test_a_frequency_knows_its_dates(alias, there, next_date, shown, rule):
    """The one after a date, how a message writes it, and what a date should be."""
    frequency, date = Frequency(alias), pd.Timestamp(there)

    assert date + frequency.offset == pd.Timestamp(next_date)
    assert frequency.show(date) == shown
    assert frequency.rule.startswith(rule)
    assert list(frequency.ending(pd.Timestamp(next_date), 2)) == [date, pd.Timestamp(next_date)]


def test_a_date_between_is_none_of_the_frequency():
    """Whatever the order of the dates."""
    dates = pd.Series(pd.to_datetime(["2001-07-01", "2001-02-01", "2001-01-01"]))

    assert Frequency("QS").has(dates).tolist() == [True, False, True]


@pytest.mark.parametrize("alias", ["month", "2MS", "h", "7D", ""])
def test_what_is_no_frequency_is_refused(alias):
    """Several periods at once, and hours."""
    with pytest.raises(ValueError, match="should be a frequency of pandas: YS, QS, MS"):
        Frequency(alias)


def test_one_is_no_plural():
    """In words."""
    assert [Frequency("QS").count(number) for number in (1, 2)] == ["1 quarter", "2 quarters"]
