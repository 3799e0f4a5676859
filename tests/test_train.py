"""What the train stage builds and learns."""

import numpy as np
import pytest

from stages.backend import keras
from stages.errors import InputError
from stages.params import Train
from stages.train import build, fit, seeds, tabulate

GUIDE = Train(
    layers=[500, 100, 50], learning_rate=0.001, batch_size=32, epochs=20, members=1, seed=0
)
SMALL = Train(layers=[8, 4], learning_rate=0.01, batch_size=7, epochs=3, members=3, seed=5)

# 20 rows in batches of 7: two whole batches and a short one.
generator = np.random.default_rng(0)
X = generator.uniform(1, 9000, (20, 3)).astype("float32")
Y = (X @ [[0.5], [0.1], [-0.2]]).astype("float32")


def test_the_network_is_the_guides():
    """ReLU layers of 500, 100 and 50 units and one linear output: 57,701 weights."""
    scaling, *dense = build(np.ones((401, 4), "float32"), GUIDE, seed=0).layers

    assert isinstance(scaling, keras.layers.Normalization)
    assert [layer.units for layer in dense] == [500, 100, 50, 1]
    assert [layer.activation.__name__ for layer in dense] == ["relu", "relu", "relu", "linear"]
    assert sum(layer.count_params() for layer in dense) == 57_701


def test_scaling_brings_each_largest_predictor_to_exactly_one():
    """The model divides by the largest of the rows it was built for, as the guide divides."""
    scaling = build(X, SMALL, seed=0).layers[0]

    scaled = np.asarray(scaling(X))

    assert scaled.max(axis=0).tolist() == [1, 1, 1]
    np.testing.assert_allclose(scaled, X / X.max(axis=0), rtol=1e-6)


def test_a_predictor_that_is_zero_throughout_stays_zero():
    """Nothing is divided by zero."""
    x = X * np.array([1, 0, 1], "float32")

    assert np.isfinite(np.asarray(build(x, SMALL, seed=0)(x))).all()


def trained(params: Train) -> tuple[list[keras.Sequential], np.ndarray]:
    members = [build(X, params, seed) for seed in seeds(params)]
    return members, fit(members, X, Y, params)


def test_training_does_to_each_member_what_model_fit_does():
    """The losses and weights are those of Keras on the same rows in the same order."""
    members, losses = trained(SMALL)

    assert losses.shape == (3, 3)
    for seed, member, curve in zip([5, 6, 7], members, losses.T, strict=True):
        plain = build(X, SMALL, seed)
        plain.compile(keras.optimizers.Adam(SMALL.learning_rate), keras.losses.MeanSquaredError())
        shuffle = np.random.default_rng(seed).permutation
        for loss in curve:
            order = shuffle(len(X))
            fitted = plain.fit(X[order], Y[order], SMALL.batch_size, shuffle=False, verbose=0)
            assert fitted.history["loss"] == [pytest.approx(loss, rel=1e-5)]
        for ours, theirs in zip(member.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
        assert curve[-1] < curve[0]


def test_a_member_is_what_it_would_be_alone():
    """Member k of many is the network that one member with seed + k gives."""
    members, losses = trained(SMALL)

    for k, member in enumerate(members):
        alone, curve = trained(SMALL.model_copy(update={"members": 1, "seed": SMALL.seed + k}))
        np.testing.assert_allclose(curve[:, 0], losses[:, k], rtol=1e-6)
        for ours, theirs in zip(member.get_weights(), alone[0].get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_the_seed_decides_everything():
    """One seed gives one result to the last bit, another seed another."""
    first, second, other = (
        trained(SMALL.model_copy(update={"seed": seed}))[1] for seed in (5, 5, 6)
    )

    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first[:, 1:], other[:, :2], rtol=1e-6)
    assert not np.isclose(first[0, 0], other[0, 0])


def test_a_loss_that_runs_away_is_told():
    """Training that no longer means anything ends in a message that names the parameter."""
    with pytest.raises(InputError, match=r"train\.learning_rate .* found 1e\+30 and a loss of"):
        trained(SMALL.model_copy(update={"learning_rate": 1e30}))


def test_the_history_has_a_curve_for_each_member_and_their_mean():
    """To the six digits on which kinds of processors agree."""
    history = tabulate(np.array([[1.23456789, 3.0], [0.5, 0.25]]))

    assert list(history.columns) == ["epoch", "loss", "loss_1", "loss_2"]
    assert history["epoch"].tolist() == [1, 2]
    assert history["loss"].tolist() == [2.11728, 0.375]
    assert history["loss_1"].tolist() == [1.23457, 0.5]
