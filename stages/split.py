"""Split the prepared table into training and test rows."""

from math import ceil

import numpy as np
import pandas as pd

from stages.errors import InputError, run
from stages.files import write_csv
from stages.params import Split, load_params


def split(table: pd.DataFrame, params: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw test rows at random; both parts stay in the order of the table.

    The rows are those of scikit-learn's train_test_split with `random_state=seed`, whose
    random stream NumPy keeps as it is for good (NEP 19).
    """
    test_rows = ceil(params.test_size * len(table))
    if test_rows == len(table):
        raise InputError(
            f"split.test_size should leave rows to train on, "
            f"found {params.test_size} of the {len(table)} rows in data/prepared.csv"
        )
    order = np.random.RandomState(params.seed).permutation(len(table))
    return table.iloc[np.sort(order[test_rows:])], table.iloc[np.sort(order[:test_rows])]


def main() -> None:
    params = load_params().split
    # As text: what prepare wrote goes through to the last digit.
    table = pd.read_csv("data/prepared.csv", dtype=str, keep_default_na=False)

    train, test = split(table, params)

    write_csv(train, "data/train.csv")
    write_csv(test, "data/test.csv")
    print(f"split: {len(table)} rows: {len(train)} to train on, {len(test)} to test on")


if __name__ == "__main__":
    run(main)
