"""How networks are trained: as Keras would, one by one."""

import re
from collections.abc import Callable

import numpy as np
import pytest

import regression.network.training
from regression.errors import InputError
from regression.network.backend import keras, tf
from regression.network.scaling import scaling
from regression.network.training import (
    Fold,
    fit,
    fit_exactly,
    fit_in_turn,
    inexact,
    member_seeds,
)
from regression.params import Train
from tests.network import build, optimizer
from tests.project import PARAMS

L = keras.layers
SMALL = PARAMS.train.model_copy(
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
CHANGED = SMALL.model_copy(update={"batch_size": 10, "epochs": 2, "members": 2})

# 20 rows in batches of 7: two whole batches and a short one.
generator = np.random.default_rng(0)
X = generator.uniform(1, 9000, (20, 3)).astype("float32")
Y = (X @ [[0.5], [0.1], [-0.2]]).astype("float32")


def trained(params: Train) -> tuple[list[keras.Sequential], np.ndarray]:
    members = [build(X, Y, params, seed) for seed in member_seeds(params)]
    return members, fit(members, X, Y, params, optimizer).losses


def compile_plain(network: keras.Sequential, way: Callable, params: Train) -> None:
    """For the loss and the optimizer that are ours; with XLA where it draws the masks."""
    adamw = keras.optimizers.AdamW(params.learning_rate, params.weight_decay)
    masks = way is fit_exactly and params.dropout > 0
    network.compile(adamw, "mse", jit_compile=masks, run_eagerly=not masks)


@pytest.mark.parametrize("way", [fit_exactly, fit_in_turn])
@pytest.mark.parametrize("params", [SMALL, REGULARISED])
def test_training_does_to_each_member_what_model_fit_does(way, params):
    """The losses and weights are those of Keras on the same rows in the same order.

    With dropout too: each member draws the masks that it draws alone. Keras has decay as AdamW.
    """
    members = [build(X, Y, params, seed) for seed in member_seeds(params)]
    losses = way(members, X, Y, params, optimizer).losses

    assert losses.shape == (3, params.members)
    for seed, member, curve in zip(member_seeds(params), members, losses.T, strict=True):
        plain = build(X, Y, params, seed)
        targets, scale = Y, 1
        if params.scaling == "standard":  # learnt in deviations from the mean
            plain = keras.Sequential(plain.layers[:-1])
            targets, scale = (Y - Y.mean()) / Y.std(), Y.std()
        compile_plain(plain, way, params)
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


@pytest.fixture
def eager():
    """Have Keras run its functions as they are where told to: that spares tracing them."""
    yield tf.config.run_functions_eagerly
    tf.config.run_functions_eagerly(False)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
@pytest.mark.parametrize("way", [fit_exactly, fit_in_turn])
@pytest.mark.parametrize("params", [SMALL, REGULARISED])
def test_a_fold_is_what_model_fit_makes_of_its_rows(way, params, eager):
    """Though it has fewer rows than the members, whose weights do not move by a bit.

    Its answers and losses are those of Keras for the rows that it holds out.
    """
    eager(way is fit_in_turn)
    rows, held_out = np.arange(3, 11), np.array([0, 1, 15])
    members, alone = ([build(X, Y, params, seed) for seed in member_seeds(params)] for _ in "12")
    network, plain = (build(X[rows], Y[rows], params, params.seed) for _ in "12")

    history = way(members, X, Y, params, optimizer, [Fold(network, rows, held_out)])

    way(alone, X, Y, params, optimizer)
    for ours, theirs in zip(members, alone, strict=True):
        for found, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(found, expected)
    if params.scaling == "standard":  # its own rows', not the members'
        scale, offset = plain.layers[-1].scale, plain.layers[-1].offset
        plain = keras.Sequential(plain.layers[:-1])
    else:
        scale, offset = 1.0, 0.0
    compile_plain(plain, way, params)
    shuffle = np.random.default_rng(params.seed).permutation
    for (loss,) in history.val_losses:
        order = rows[shuffle(len(rows))]
        targets = (Y[order] - offset) / scale
        plain.fit(X[order], targets, params.batch_size, shuffle=False, verbose=0)
        answers = plain.predict(X[held_out], verbose=0) * scale + offset
        assert loss == pytest.approx(np.mean((answers - Y[held_out]) ** 2), rel=1e-4)
    np.testing.assert_allclose(history.answers, [answers[:, 0]], rtol=1e-4, atol=1e-5)


def test_many_held_out_rows_are_answered_block_by_block(monkeypatch):
    """Of folds that hold out unlike numbers of them, and the same to the digit."""
    parts = [(np.arange(5), np.arange(5, 20)), (np.arange(5, 20), np.arange(4))]

    def held_out_answers() -> list[np.ndarray]:
        members = [build(X, Y, SMALL, seed) for seed in member_seeds(SMALL)]
        folds = [Fold(build(X[part[0]], Y[part[0]], SMALL, SMALL.seed), *part) for part in parts]
        return fit(members, X, Y, SMALL, optimizer, folds).answers

    whole = held_out_answers()
    monkeypatch.setattr(regression.network.training, "BLOCK", 4)

    blocks = held_out_answers()

    assert [len(answers) for answers in blocks] == [15, 4]
    for found, expected in zip(blocks, whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("params", [SMALL, REGULARISED])
def test_a_member_is_what_it_would_be_alone(params):
    """The last of many is the network that one member with its seed gives, dropout included."""
    members, losses = trained(params)

    seed = member_seeds(params)[-1]
    alone, curve = trained(params.model_copy(update={"members": 1, "seed": seed}))

    np.testing.assert_allclose(curve[:, 0], losses[:, -1], rtol=1e-5)
    for ours, theirs in zip(members[-1].get_weights(), alone[0].get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


class Twice(L.Dense):
    """Answers twice what its kind does."""

    def call(self, inputs):
        return 2 * super().call(inputs)


class Blur(L.Layer):
    """Draws, but has no seed of its own."""

    def call(self, inputs, training=False):
        return inputs + keras.random.normal((4,)) if training else inputs


def dense(**options) -> list[L.Layer]:
    """Two layers, the first with these options."""
    return [L.Dense(8, **{"activation": "relu", **options}), L.Dense(4, "relu")]


def half_frozen() -> list[L.Layer]:
    layers = dense()
    layers[0].build((None, 3))
    layers[0].kernel.trainable = False
    return layers


def changed(layers: list[L.Layer]) -> keras.Sequential:
    """A network with these hidden layers."""
    return keras.Sequential([keras.Input((3,)), scaling(X, CHANGED), *layers, L.Dense(1)])


def roundabout(layers: list[L.Layer]) -> keras.Model:
    """The same, with its hidden layers used twice and a way around them."""
    plain = changed([])
    scaled = hidden = plain.layers[0](plain.inputs[0])
    for layer in [*layers, *layers]:
        hidden = layer(hidden)
    return keras.Model(plain.inputs, plain.layers[1](scaled + hidden))


@pytest.mark.parametrize(
    ("reason", "hidden"),
    [
        ("activation of Dense", lambda: dense(activation="tanh")),
        (None, lambda: dense(use_bias=False)),
        (None, lambda: [*dense(activation=None), L.Activation("relu")]),
        (None, lambda: [*dense(), L.Dropout(0.0)]),
        ("kernel_regularizer of Dense", lambda: dense(kernel_regularizer="l2")),
        ("activity_regularizer of Dense", lambda: dense(activity_regularizer="l2")),
        ("kernel_constraint of Dense", lambda: dense(kernel_constraint="unit_norm")),
        ("activation of Dense", lambda: dense(activation="softmax")),
        ("trainable of Dense", lambda: dense(trainable=False)),
        ("weights of Dense", half_frozen),
        ("lora_rank of Dense", lambda: dense(lora_rank=2)),
        ("dtype of Dense", lambda: dense(dtype="float64")),
        ("noise_shape of Dropout", lambda: [*dense(), L.Dropout(0.25, noise_shape=(None, 1))]),
        ("Twice", lambda: [Twice(8)]),
        ("BatchNormalization", lambda: [L.BatchNormalization(), *dense()]),
        ("GaussianNoise", lambda: [*dense(), L.GaussianNoise(0.9)]),
        ("Blur", lambda: [*dense(), Blur()]),
        ("Normalization", lambda: [*dense(), L.Normalization(mean=0.1, variance=4.0)]),
        ("Rescaling", lambda: [*dense(), L.Rescaling(3.0)]),
        ("ActivityRegularization", lambda: [*dense(), L.ActivityRegularization(l2=0.1)]),
        ("Sequential", lambda: [keras.Sequential(dense()), L.Dense(3)]),
        ("Reshape", lambda: [L.Reshape((3, 1)), L.Conv1D(4, 2), L.Flatten()]),
        ("Functional", lambda: [L.Dense(3, "relu")]),
    ],
)
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_a_changed_network_trains_as_its_code_says(reason, hidden, eager):
    """Whatever its layers and their options, the weights are those of `compile` and `fit`.

    What has no exact form is trained by Keras and named; nothing is left out.
    """
    eager(reason is not None)
    targets = (Y - Y.mean()) / Y.std()

    def network(seed: int) -> keras.Model:
        keras.utils.set_random_seed(seed)
        return (roundabout if reason == "Functional" else changed)(hidden())

    first, second = member_seeds(CHANGED)
    members, plain = [network(first), network(second)], network(second)
    adam = keras.optimizers.Adam(CHANGED.learning_rate)
    plain.compile(adam, "mse", metrics=["mse"], run_eagerly=True)

    losses = fit(members, X, targets, CHANGED, optimizer).losses

    keras.utils.set_random_seed(second)
    shuffle = np.random.default_rng(second).permutation
    for loss in losses[:, 1]:
        order = shuffle(len(X))
        fitted = plain.fit(X[order], targets[order], 10, shuffle=False, verbose=0)
        assert fitted.history["mse"] == [pytest.approx(loss, rel=1e-5)]
    ours, theirs = (np.hstack([w.ravel() for w in m.get_weights()]) for m in (members[1], plain))
    assert np.abs(ours - theirs).max() < 1e-5 * np.ptp(theirs)
    assert inexact(members, X, targets, CHANGED, optimizer) == reason


OPTIMIZERS = keras.optimizers
DECAYING = OPTIMIZERS.schedules.ExponentialDecay(0.01, 3, 0.5)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: OPTIMIZERS.Adam(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-5), None),
        (lambda: OPTIMIZERS.AdamW(0.01, weight_decay=2.0), None),
        (lambda: OPTIMIZERS.SGD(0.01, momentum=0.9, nesterov=True), "SGD"),
        (lambda: OPTIMIZERS.Adam(DECAYING), "learning_rate of Adam"),
        (lambda: OPTIMIZERS.Adam(0.01, clipvalue=0.1), "clipvalue of Adam"),
        (lambda: OPTIMIZERS.Adam(0.01, amsgrad=True), "amsgrad of Adam"),
        (lambda: OPTIMIZERS.Adam(0.01, epsilon=1e-12), "epsilon of Adam"),
        (lambda: OPTIMIZERS.Adam(0.01, clipnorm=0.01), "clipnorm of Adam"),
        (lambda: OPTIMIZERS.Adam(0.01, global_clipnorm=0.01), "global_clipnorm of Adam"),
        (lambda: OPTIMIZERS.Adam(0.01, use_ema=True), "use_ema of Adam"),
        (lambda: OPTIMIZERS.Lamb(0.01), "Lamb"),
    ],
)
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_an_optimizer_does_what_it_does_in_model_fit(make, reason, eager):
    """Where it does more than Adam's step, Keras does it and the summary names it."""
    eager(reason is not None)
    targets = (Y - Y.mean()) / Y.std()
    members, plain = [build(X, Y, CHANGED, seed) for seed in (1, 2)], build(X, Y, CHANGED, 2)
    params = CHANGED.model_copy(update={"seed": 1})
    plain.compile(make(), "mse", run_eagerly=True)

    fit(members, X, targets, params, lambda params: make())

    shuffle = np.random.default_rng(2).permutation
    orders = np.concatenate([shuffle(len(X)) for _ in range(params.epochs)])
    batches = ((X[rows], targets[rows]) for rows in orders.reshape(-1, params.batch_size))
    plain.fit(batches, epochs=2, steps_per_epoch=2, shuffle=False, verbose=0)
    ours, theirs = (np.hstack([w.ravel() for w in m.get_weights()]) for m in (members[1], plain))
    assert np.abs(ours - theirs).max() < 1e-5 * np.ptp(theirs)
    assert inexact(members, X, Y, params, lambda params: make()) == reason


@pytest.mark.parametrize("terms", [2048, 2049])
@pytest.mark.parametrize("long", ["rows", "predictors", "units"])
def test_sums_that_are_too_long_are_not_exact(long, terms):
    """Over the rows of a batch, a layer's inputs or its outputs: float64 has no more room."""
    lengths = {"rows": 2, "predictors": 1, "units": 1} | {long: terms}
    x = np.ones((lengths["rows"], lengths["predictors"]), "float32")
    params = CHANGED.model_copy(update={"layers": [lengths["units"]], "batch_size": 5000})

    found = inexact([build(x, x[:, :1], params, 0)], x, x[:, :1], params, optimizer)

    assert found == (None if terms == 2048 else "a sum of 2049 products (more than 2048)")


def test_targets_all_alike_can_be_learnt():
    """They have no deviation to divide by."""
    members = [build(X, 0 * Y, REGULARISED, seed) for seed in member_seeds(REGULARISED)]

    assert np.isfinite(fit(members, X, 0 * Y, REGULARISED, optimizer).losses).all()


def test_the_seed_decides_everything():
    """One seed gives one result to the last bit, another seed another."""
    first, second, other = (
        trained(SMALL.model_copy(update={"seed": seed}))[1] for seed in (5, 5, 6)
    )

    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first[:, 1:], other[:, :2], rtol=1e-6)
    assert not np.isclose(first[0, 0], other[0, 0])


@pytest.mark.parametrize("way", [fit_exactly, fit_in_turn])
@pytest.mark.parametrize("change", [{"learning_rate": 1e30}, {"weight_decay": 1e300}])
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_a_loss_that_runs_away_is_told(way, change):
    """Training that no longer means anything ends in a message that names what may be at fault."""
    params = SMALL.model_copy(update={"members": 1, **change})
    found = re.escape(f"found {params.learning_rate} and {params.weight_decay} and, in epoch 1, a")

    with pytest.raises(
        InputError, match=rf"^train\.learning_rate and train\.weight_decay .*{found}"
    ):
        way([build(X, Y, params, params.seed)], X, Y, params, optimizer)
