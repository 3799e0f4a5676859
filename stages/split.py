"""Split the prepared table into training and test rows."""

from math import ceil

import numpy as np
import pandas as pd

from regression.errors import InputError, run
from regression.files import write_csv
from regression.params import Split, load_params


def split(table: pd.DataFrame, params: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows, both in the order of the table, which is that of its months.

    random: the rows of scikit-learn's train_test_split with `random_state=seed`, whose random
    stream NumPy keeps as it is for good (NEP 19).
    chronological: the last rows test; rows whose target was not yet known at the first test
    origin are in neither part.
    Raises InputError where nothing is left to train on.
    """
    test_rows = params.test_size
    if isinstance(test_rows, float):
        test_rows = ceil(test_rows * len(table))
    order = np.arange(len(table))[::-1]
    if params.method == "random":
        order = np.random.RandomState(params.seed).permutation(len(table))
    train, test = (table.iloc[np.sort(rows)] for rows in (order[test_rows:], order[:test_rows]))
    if params.method == "chronological":
        train = train[train["date"] <= test["origin"].iloc[0]]
    if train.empty:
        raise InputError(
            f"split.test_size should leave rows to train on, "
            f"found {params.test_size} of the {len(table)} rows in data/prepared.csv"
        )
    return train, test


def main() -> None:
    params = load_params().split
    # As text: what prepare wrote goes through to the last digit.
    table = pd.read_csv("data/prepared.csv", dtype=str, keep_default_na=False)

    train, test = split(table, params)

    write_csv(train, "data/train.csv")
    write_csv(test, "data/test.csv")
    neither = len(table) - len(train) - len(test)
    print(
        f"split: {len(table)} rows: {len(train)} to train on, {len(test)} to test on, "
        f"{neither} in neither"
    )


if __name__ == "__main__":
    run(main)
