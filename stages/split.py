"""Split the prepared table into training and test rows."""

from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd

from regression.errors import InputError, counted, remedy, run
from regression.files import write_text
from regression.params import Split, load_params
from regression.table.rows import DATES, KEYS


def read_lines(path: str) -> tuple[str, list[str], pd.DataFrame]:
    """The first line of a table that the stage prepare wrote, the others, and their keys.

    As text: what has no quotation marks goes through to the last digit. Raises InputError where
    the file is no such table.
    """
    expected = f"{path} should be as the stage prepare writes it"
    try:
        table = pd.read_csv(path, dtype=str, usecols=lambda name: name in KEYS)
        header, *lines = Path(path).read_text("utf-8").splitlines(keepends=True)
    except ValueError as error:
        raise InputError(f"{expected}: {str(error).strip()}{remedy(path)}") from None
    if [*table] not in (DATES, ["row"]):
        raise InputError(f"{expected}: it has the columns {header.strip():.200}{remedy(path)}")
    if not isinstance(table.index, pd.RangeIndex) or len(table) != len(lines):
        raise InputError(f"{expected}: a line holds more or less than one row{remedy(path)}")
    return header, lines, table


def split(table: pd.DataFrame, params: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows, both in the order of the table, which is that of its dates.

    random: the rows of scikit-learn's train_test_split with `random_state=seed`, whose random
    stream NumPy keeps as it is for good (NEP 19).
    chronological: the last rows test; rows whose target was not yet known at the first test
    origin are in neither part.
    Raises InputError where nothing is left to train on, and where rows without dates should be
    split by them.
    """
    if params.method == "chronological" and "date" not in table:
        raise InputError(
            "split.method should be random for a table without dates, found chronological"
        )
    count = test_rows(params.test_size, len(table))
    order = np.arange(len(table))[::-1]
    if params.method == "random":
        order = np.random.RandomState(params.seed).permutation(len(table))
    train, test = (table.iloc[np.sort(rows)] for rows in (order[count:], order[:count]))
    if params.method == "chronological":
        train = train[train["date"] <= test["origin"].iloc[0]]
    if train.empty:
        raise InputError(
            f"split.test_size should leave rows to train on, "
            f"found {params.test_size} of the {len(table)} rows in data/prepared.csv"
        )
    return train, test


def test_rows(test_size: int | float, rows: int) -> int:
    """How many of the rows test: a fraction of them, rounded up, or so many."""
    return ceil(test_size * rows) if isinstance(test_size, float) else test_size


def main() -> None:
    params = load_params().split
    header, lines, table = read_lines("data/prepared.csv")

    train, test = split(table, params)

    for rows, path in ((train, "data/train.csv"), (test, "data/test.csv")):
        write_text("".join([header, *(lines[row] for row in rows.index)]), path)
    neither = len(table) - len(train) - len(test)
    print(
        f"split: {counted(len(table), 'row')}: {len(train)} to train on, {len(test)} to test on, "
        f"{neither} in neither"
    )


if __name__ == "__main__":
    run(main)
