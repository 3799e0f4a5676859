"""Which rows each fold trains on and which it holds out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from regression.errors import InputError
from regression.network.folds import folds
from regression.params import Train
from tests.project import PARAMS

RANDOM = PARAMS.split
CHRONOLOGICAL = RANDOM.model_copy(update={"method": "chronological"})


def in_folds(number: int) -> Train:
    return PARAMS.train.model_copy(update={"folds": number})


def rows(number: int, horizon: int = 0) -> pd.DataFrame:
    origins = pd.date_range("2000-01-01", periods=number, freq="MS")
    return pd.DataFrame({"origin": origins, "date": origins + horizon * pd.offsets.MonthBegin()})


@pytest.mark.parametrize(("number", "count"), [(401, 5), (7, 7), (20, 2)])
def test_random_folds_are_those_of_scikit_learn(number, count):
    """KFold with shuffle and the seed of the split, in its order."""
    expected = KFold(count, shuffle=True, random_state=RANDOM.seed).split(np.zeros(number))

    for (train, held_out), (ours, others) in zip(
        expected, folds(rows(number), RANDOM, in_folds(count)), strict=True
    ):
        np.testing.assert_array_equal(ours, train)
        np.testing.assert_array_equal(others, held_out)


@pytest.mark.parametrize(("number", "horizon", "count"), [(60, 3, 5), (61, 1, 2), (14, 2, 3)])
def test_chronological_folds_learn_from_what_was_known_before(number, horizon, count):
    """The last blocks of one more, and before each a gap: targets not yet known at its start."""
    found = folds(rows(number, horizon), CHRONOLOGICAL, in_folds(count))

    held_out = [others for _, others in found]
    first = number - sum(map(len, held_out))
    np.testing.assert_array_equal(np.concatenate(held_out), np.arange(first, number))
    lengths = [first, *map(len, held_out)]
    assert len(lengths) == count + 1
    assert max(lengths) - min(lengths) <= 1
    for train, others in found:
        np.testing.assert_array_equal(train, np.arange(others[0] - horizon + 1))


def test_no_folds_are_none():
    """Whatever the split."""
    none = in_folds(0)

    assert folds(rows(3), RANDOM, none) == folds(rows(3), CHRONOLOGICAL, none) == []


@pytest.mark.parametrize(
    ("number", "horizon", "split"), [(4, 0, RANDOM), (5, 0, CHRONOLOGICAL), (12, 9, CHRONOLOGICAL)]
)
def test_more_folds_than_rows_allow_are_refused(number, horizon, split):
    """Where one would hold out nothing, or have nothing to learn from."""
    message = rf"^train.folds should leave .* found 5 folds of {number} training rows; 0 does"

    with pytest.raises(InputError, match=message):
        folds(rows(number, horizon), split, in_folds(5))
