"""Which rows the split stage trains on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from regression.errors import InputError
from regression.params import Split
from stages.split import read_lines, split


@pytest.mark.parametrize("rows", [2, 10, 574])
@pytest.mark.parametrize("test_size", [0.01, 0.3, 0.333, 0.5, 1])
@pytest.mark.parametrize("seed", [0, 40, 2**32 - 1])
def test_the_rows_are_those_of_scikit_learn(rows, test_size, seed):
    """Both parts hold the rows of train_test_split, kept in the order of the table."""
    table = pd.DataFrame({"row": range(rows)})

    train, test = split(table, Split(method="random", test_size=test_size, seed=seed))

    expected_train, expected_test = train_test_split(
        np.arange(rows), test_size=test_size, random_state=seed
    )
    assert list(train["row"]) == sorted(expected_train)
    assert list(test["row"]) == sorted(expected_test)


def test_rows_to_train_on_must_remain():
    """A test size that takes every row is refused."""
    with pytest.raises(InputError, match=r"found 0\.99 of the 50 rows"):
        split(pd.DataFrame({"row": range(50)}), Split(method="random", test_size=0.99, seed=0))


def months(rows: int, horizon: int) -> pd.DataFrame:
    """A table as prepare makes it: origins month by month, dates as text."""
    origin = pd.date_range("1990-01-01", periods=rows, freq="MS")
    date = origin + pd.DateOffset(months=horizon)
    return pd.DataFrame({"origin": origin, "date": date}).astype(str)


@pytest.mark.parametrize("horizon", [0, 1, 3, 6, 12])
@pytest.mark.parametrize("test_size", [5, 0.25])
def test_in_order_of_time_no_target_is_known_too_late(horizon, test_size):
    """The last rows test; every training target is known at the first test origin."""
    table = months(40, horizon)

    train, test = split(table, Split(method="chronological", test_size=test_size, seed=0))

    rows = 5 if test_size == 5 else 10
    assert test.equals(table[-rows:])
    assert train["date"].max() <= test["origin"].min()
    assert train.equals(table[: 40 - rows - max(horizon - 1, 0)])  # and none is dropped in vain


def test_a_horizon_may_leave_nothing_to_train_on():
    """It is told, like a test size that takes every row."""
    with pytest.raises(InputError, match="found 30 of the 40 rows"):
        split(months(40, 12), Split(method="chronological", test_size=30, seed=0))


def test_rows_without_dates_are_split_at_random():
    """In words, where params.yaml asks for the order of time."""
    with pytest.raises(
        InputError, match=r"split\.method should be random for a table without dates"
    ):
        split(pd.DataFrame({"row": range(9)}), Split(method="chronological", test_size=3, seed=0))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "No columns to parse from file"),
        (b"a,b\n1,2\n", "it has the columns a,b"),
        (b"origin;date\n", "it has the columns origin;date"),
        (b"row,a\n1,2,3\n", "a line holds more or less than one row"),
        (b"row,a\n1,2\n\n", "a line holds more or less than one row"),
        (b'row,a\n1,"2\n2"\n', "a line holds more or less than one row"),
        (b'row,a\n"1,2\n', "EOF inside string"),
        (b"row,a\n1,\xe4\n", "'utf-8' codec can't decode byte 0xe4"),
    ],
)
def test_what_prepare_does_not_write_is_refused(tmp_path, content, message):
    """A line is a row, whose values are for the next stage to read."""
    (tmp_path / "p.csv").write_bytes(content)

    with pytest.raises(InputError, match=f"p.csv should be as the stage prepare .*{message}"):
        read_lines(str(tmp_path / "p.csv"))
