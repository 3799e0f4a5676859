"""What the train stage builds and learns."""

import numpy as np
import pytest

from regression.errors import InputError
from regression.network.backend import keras
from regression.params import Train
from stages.train import build, fit, learning_curves, member_seeds
from tests.project import PARAMS

GUIDE = PARAMS.train.model_copy(update={"members": 1})
SMALL = GUIDE.model_copy(
    update={
        "layers": [8, 4],
        "learning_rate": 0.01,
        "batch_size": 7,
        "epochs": 3,
        "members": 3,
        "seed": 5,
    }
)
REGULARISED = SMALL.model_copy(
    update={"scaling": "standard", "dropout": 0.25, "weight_decay": 0.1, "members": 2}
)

# 20 rows in batches of 7: two whole batches and a short one.
generator = np.random.default_rng(0)
X = generator.uniform(1, 9000, (20, 3)).astype("float32")
Y = (X @ [[0.5], [0.1], [-0.2]]).astype("float32")


def test_the_network_is_the_guides():
    """ReLU layers of 500, 100 and 50 units and one linear output: 57,701 weights."""
    scaling, *dense = build(np.ones((401, 4), "float32"), Y, GUIDE, seed=0).layers

    assert isinstance(scaling, keras.layers.Normalization)
    assert [layer.units for layer in dense] == [500, 100, 50, 1]
    assert [layer.activation.__name__ for layer in dense] == ["relu", "relu", "relu", "linear"]
    assert sum(layer.count_params() for layer in dense) == 57_701


def test_scaling_brings_each_largest_predictor_to_exactly_one():
    """The model divides by the largest of the rows it was built for, as the guide divides.

    Largest by its size: a change can be below 0 throughout, and keeps its sign.
    """
    x = X * np.array([1, -1, 1], "float32")
    scaling = build(x, Y, SMALL, seed=0).layers[0]

    scaled = np.asarray(scaling(x))

    assert np.abs(scaled).max(axis=0).tolist() == [1, 1, 1]
    np.testing.assert_allclose(scaled, x / X.max(axis=0), rtol=1e-6)


def test_a_predictor_that_is_zero_throughout_stays_zero():
    """Nothing is divided by zero."""
    x = X * np.array([1, 0, 1], "float32")

    assert np.isfinite(np.asarray(build(x, Y, SMALL, seed=0)(x))).all()


def trained(params: Train) -> tuple[list[keras.Sequential], np.ndarray]:
    members = [build(X, Y, params, seed) for seed in member_seeds(params)]
    return members, fit(members, X, Y, params)


@pytest.mark.parametrize("params", [SMALL, REGULARISED])
def test_training_does_to_each_member_what_model_fit_does(params):
    """The losses and weights are those of Keras on the same rows in the same order.

    With dropout too: each member draws the masks that it draws alone. Keras has decay as AdamW.
    """
    members, losses = trained(params)

    assert losses.shape == (3, params.members)
    for seed, member, curve in zip(member_seeds(params), members, losses.T, strict=True):
        plain = build(X, Y, params, seed)
        targets, scale = Y, 1
        if params.scaling == "standard":  # learnt in deviations from the mean
            plain = keras.Sequential(plain.layers[:-1])
            targets, scale = (Y - Y.mean()) / Y.std(), Y.std()
        optimizer = keras.optimizers.AdamW(params.learning_rate, params.weight_decay)
        plain.compile(optimizer, keras.losses.MeanSquaredError(), jit_compile=True)
        shuffle = np.random.default_rng(seed).permutation
        for loss in curve:
            order = shuffle(len(X))
            fitted = plain.fit(
                X[order], targets[order], params.batch_size, shuffle=False, verbose=0
            )
            assert fitted.history["loss"] == [pytest.approx(loss / scale**2, rel=1e-4)]
        weights = zip(member.trainable_variables, plain.trainable_variables, strict=True)
        for ours, theirs in weights:
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
        assert curve[-1] < curve[0]


@pytest.mark.parametrize("params", [SMALL, REGULARISED])
def test_a_member_is_what_it_would_be_alone(params):
    """Member k of many is the network that one member with seed + k gives, dropout included."""
    members, losses = trained(params)

    for k, member in enumerate(members):
        alone, curve = trained(params.model_copy(update={"members": 1, "seed": params.seed + k}))
        np.testing.assert_allclose(curve[:, 0], losses[:, k], rtol=1e-5)
        for ours, theirs in zip(member.get_weights(), alone[0].get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_standard_scaling_is_that_of_the_rows_it_was_built_for():
    """Predictors reach mean 0 and deviation 1; the answer is back in the targets' unit."""
    network = build(X, Y, REGULARISED, seed=0)
    scaled = np.asarray(network.layers[0](X))

    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-5)
    before = np.asarray(keras.Sequential(network.layers[:-1])(X))
    np.testing.assert_allclose(network(X), before * Y.std() + Y.mean(), rtol=1e-5)


def test_targets_all_alike_can_be_learnt():
    """They have no deviation to divide by."""
    members = [build(X, 0 * Y, REGULARISED, seed) for seed in member_seeds(REGULARISED)]

    assert np.isfinite(fit(members, X, 0 * Y, REGULARISED)).all()


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
    history = learning_curves(np.array([[1.23456789, 3.0], [0.5, 0.25]]))

    assert list(history.columns) == ["epoch", "loss", "loss_1", "loss_2"]
    assert history["epoch"].tolist() == [1, 2]
    assert history["loss"].tolist() == [2.11728, 0.375]
    assert history["loss_1"].tolist() == [1.23457, 0.5]
