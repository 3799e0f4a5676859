"""Which rows the split stage trains on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from stages.errors import InputError
from stages.params import Split
from stages.split import split


@pytest.mark.parametrize("rows", [2, 10, 574])
@pytest.mark.parametrize("test_size", [0.01, 0.3, 0.333, 0.5])
@pytest.mark.parametrize("seed", [0, 40, 2**32 - 1])
def test_the_rows_are_those_of_scikit_learn(rows, test_size, seed):
    """Both parts hold the rows of train_test_split, kept in the order of the table."""
    table = pd.DataFrame({"row": range(rows)})

    train, test = split(table, Split(test_size=test_size, seed=seed))

    expected_train, expected_test = train_test_split(
        np.arange(rows), test_size=test_size, random_state=seed
    )
    assert list(train["row"]) == sorted(expected_train)
    assert list(test["row"]) == sorted(expected_test)


def test_rows_to_train_on_must_remain():
    """A test size that takes every row is refused."""
    with pytest.raises(InputError, match=r"found 0\.99 of the 50 rows"):
        split(pd.DataFrame({"row": range(50)}), Split(test_size=0.99, seed=0))
