"""How predictors and targets are scaled."""

import numpy as np
import pytest

from regression.network.scaling import scaling, target_scaling
from tests.project import PARAMS

MAX = PARAMS.train.model_copy(update={"scaling": "max"})
STANDARD = PARAMS.train.model_copy(update={"scaling": "standard"})
X = np.random.default_rng(0).uniform(1, 9000, (20, 3)).astype("float32")


def test_scaling_brings_each_largest_predictor_to_one():
    """To the last place of a float32: by the largest of the rows that it is for.

    Largest by its size: a change can be below 0 throughout, and keeps its sign.
    """
    x = X * np.array([1, -1, 1], "float32")

    scaled = np.asarray(scaling(x, MAX)(x))

    np.testing.assert_allclose(np.abs(scaled).max(axis=0), 1, rtol=0, atol=2**-23)
    np.testing.assert_allclose(scaled, x / X.max(axis=0), rtol=1e-6)


@pytest.mark.parametrize("params", [MAX, STANDARD])
def test_a_predictor_without_a_scale_of_its_own_becomes_zero(params):
    """All alike, though no float32 (0.1), or 0 throughout: nothing is divided by zero."""
    x = X.copy()
    x[:, 1] = 0.1 if params.scaling == "standard" else 0

    scaled = np.asarray(scaling(x, params)(x))

    assert (scaled[:, 1] == 0).all()
    assert np.isfinite(scaled).all()


def test_standard_scaling_is_that_of_the_rows_it_is_for():
    """Predictors reach mean 0 and deviation 1; so do targets, but for those all alike."""
    scaled = np.asarray(scaling(X, STANDARD)(X))

    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-5)
    assert target_scaling(X[:, :1], STANDARD) == pytest.approx((X[:, 0].mean(), X[:, 0].std()))
    assert target_scaling(np.full((20, 1), 7), STANDARD) == (7, 1)
    assert target_scaling(X[:, :1], MAX) == (0, 1)
