"""What the train stage builds, learns and saves."""

import time

import numpy as np
import pytest

from stages.backend import keras
from stages.errors import InputError
from stages.exported import predict
from stages.params import Train
from stages.train import build, export, fit, save

GUIDE = Train(layers=[500, 100, 50], learning_rate=0.001, batch_size=32, epochs=20, seed=0)
SMALL = Train(layers=[8, 4], learning_rate=0.01, batch_size=7, epochs=3, seed=5)

# 20 rows in batches of 7: two whole batches and a short one.
generator = np.random.default_rng(0)
X = generator.uniform(1, 9000, (20, 3)).astype("float32")
Y = (X @ [[0.5], [0.1], [-0.2]]).astype("float32")


def test_the_network_is_the_guides():
    """ReLU layers of 500, 100 and 50 units and one linear output: 57,701 weights."""
    scaling, *dense = build(np.ones((401, 4), "float32"), GUIDE).layers

    assert isinstance(scaling, keras.layers.Normalization)
    assert [layer.units for layer in dense] == [500, 100, 50, 1]
    assert [layer.activation.__name__ for layer in dense] == ["relu", "relu", "relu", "linear"]
    assert sum(layer.count_params() for layer in dense) == 57_701


def test_scaling_brings_each_largest_predictor_to_exactly_one():
    """The model divides by the largest of the rows it was built for, as the guide divides."""
    scaling = build(X, SMALL).layers[0]

    scaled = np.asarray(scaling(X))

    assert scaled.max(axis=0).tolist() == [1, 1, 1]
    np.testing.assert_allclose(scaled, X / X.max(axis=0), rtol=1e-6)


def test_a_predictor_that_is_zero_throughout_stays_zero():
    """Nothing is divided by zero."""
    x = X * np.array([1, 0, 1], "float32")

    assert np.isfinite(np.asarray(build(x, SMALL)(x))).all()


def test_training_does_what_model_fit_does():
    """The losses and weights are those of Keras on the same rows in the same order."""
    model, plain = build(X, SMALL), build(X, SMALL)
    losses = fit(model, X, Y, SMALL)

    plain.compile(keras.optimizers.Adam(SMALL.learning_rate), keras.losses.MeanSquaredError())
    shuffle = np.random.default_rng(SMALL.seed).permutation
    for loss in losses:
        order = shuffle(len(X))
        fitted = plain.fit(X[order], Y[order], SMALL.batch_size, shuffle=False, verbose=0)
        assert fitted.history["loss"] == [pytest.approx(loss, rel=1e-5)]

    assert losses[-1] < losses[0]
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_seed_decides_everything():
    """One seed gives one result to the last bit, another seed another."""

    def weights(params: Train) -> list[np.ndarray]:
        model = build(X, params)
        fit(model, X, Y, params)
        return model.get_weights()

    first, second, other = (weights(SMALL.model_copy(update={"seed": seed})) for seed in (5, 5, 6))

    assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))
    assert not np.array_equal(first[-2], other[-2])


def test_a_loss_that_runs_away_is_told():
    """Training that no longer means anything ends in a message that names the parameter."""
    params = SMALL.model_copy(update={"learning_rate": 1e30})

    with pytest.raises(InputError, match=r"train\.learning_rate .* found 1e\+30 and a loss of"):
        fit(build(X, params), X, Y, params)


def test_two_savings_of_one_model_have_the_same_bytes(tmp_path):
    """No clock reading reaches the file, which stays one that Keras reads."""
    model = build(X, SMALL)
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"

    save(model, str(first))
    time.sleep(2.1)  # a zip file counts time in steps of two seconds
    save(model, str(second))

    assert first.read_bytes() == second.read_bytes()
    loaded = keras.saving.load_model(first)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_the_exported_model_answers_as_the_keras_model_does(tmp_path):
    """From unscaled predictors to the target's unit, for any number of rows."""
    model = build(X, SMALL)
    fit(model, X, Y, SMALL)
    path = str(tmp_path / "model.tflite")

    export(model, path)

    expected = model.predict(X, verbose=0)[:, 0]
    np.testing.assert_allclose(predict(path, X), expected, rtol=1e-5)
    np.testing.assert_allclose(predict(path, X[:1]), expected[:1], rtol=1e-5)
