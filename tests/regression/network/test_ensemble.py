"""What networks are made of, their weights, their batches and their average."""

import re

import numpy as np
import pytest

from regression.errors import InputError
from regression.network.backend import keras
from regression.network.ensemble import (
    average,
    batch_indices,
    check,
    obstacle,
    obstacle_in_optimizer,
    stack_weights,
    unstack_weights,
)
from tests.network import build
from tests.project import PARAMS as GUIDE

X = np.random.default_rng(0).uniform(0.1, 1, (20, 3)).astype("float32")
Y = np.linspace(-1, 1, 20, dtype="float32")[:, None]
PARAMS = GUIDE.train.model_copy(
    update={"scaling": "max", "layers": [8, 4], "dropout": 0.25, "weight_decay": 0.1}
)


L = keras.layers


class Own(keras.Model):
    """Of a class that Keras does not know."""

    def call(self, inputs):
        return inputs


def network(*layers: L.Layer, name: str | None = None) -> keras.Sequential:
    return keras.Sequential([keras.Input((3,)), *layers], name=name)


def test_weights_are_handed_back_to_the_member_they_came_from():
    """What training did to those of all, each member then has."""
    members = [build(np.ones_like(X), Y, PARAMS, seed) for seed in (1, 2)]
    expected = [[w + 1 for w in member.trainable_variables] for member in members]

    unstack_weights([stacked + 1 for stacked in stack_weights(members)], members)

    for member, weights in zip(members, expected, strict=True):
        for ours, theirs in zip(member.trainable_variables, weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_each_seed_shuffles_every_row_into_batches_of_its_own():
    """An epoch visits each row once; what fills up the last batch, and those of others, is -1."""
    epochs = list(batch_indices(rows=[5, 3], batch_size=2, epochs=3, seeds=[7, 8]))

    assert len(epochs) == 3
    for number, (seed, rows) in enumerate([(7, 5), (8, 3)]):
        generator = np.random.default_rng(seed)
        for batches in epochs:
            assert batches.shape == (3, 2, 2)
            order = [*generator.permutation(rows), *[-1] * (6 - rows)]
            assert batches[:, :, number].ravel().tolist() == order


def test_a_batch_larger_than_the_table_is_the_table():
    """No row is made up to fill it."""
    (batches,) = batch_indices(rows=[3], batch_size=1000, epochs=1, seeds=[0])

    assert batches.shape == (1, 3, 1)
    assert sorted(batches.ravel()) == [0, 1, 2]


def test_the_average_is_the_mean_of_its_members():
    """Both are answered, under the names that the exported model keeps."""
    members = [build(X, Y, PARAMS, seed) for seed in (1, 2, 3)]

    answers = average(members)(X)

    expected = np.hstack([member(X) for member in members])
    np.testing.assert_allclose(answers["members"], expected, rtol=1e-6)
    np.testing.assert_allclose(answers["predicted"][:, 0], expected.mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize(
    ("found", "members"),
    [
        ("a Sequential that answers with shape (None, 2)", lambda: [network(L.Dense(2))]),
        ("a Sequential that answers with shape None", lambda: [keras.Sequential([L.Dense(1)])]),
        ("a Own that answers with shape None", lambda: [Own()]),
        ("networks that share layers", lambda: [network(layer) for layer in [L.Dense(1)] * 2]),
        ("several called guide", lambda: [network(L.Dense(1), name="guide") for _ in range(2)]),
    ],
)
def test_networks_that_make_no_model_are_refused(found, members):
    """In a message that says what `build` should return."""
    with pytest.raises(InputError, match=rf"^build .* should return .* found {re.escape(found)}$"):
        check(members())


@pytest.mark.parametrize(
    ("reason", "members"),
    [
        (None, [[2.0, 1, 3.0], [2.0, 1, 3.0]]),
        ("scale of Rescaling", [[2.5, 1, 3.0]]),
        ("scale of Rescaling", [[2.0, 1, 3.0], [2.0, 1, 3.5]]),
        ("Dense", [[4, 1, 3.0]]),
        ("Dense", [[2.0, 4, 1]]),
        ("Rescaling", [[2.0, 4, 2.5, 1, 3.0]]),
        ("units of Dense", [[2.0, 4, 1, 3.0], [2.0, 5, 1, 3.0]]),
        ("a network without weights to train", [[2.0, 3.0]]),
        ("networks of different depth", [[2.0, 1, 3.0], [2.0, 4, 1, 3.0]]),
    ],
)
def test_members_alike_between_their_scalings_train_exactly(reason, members):
    """And no others do: a whole number stands for a dense layer, another for what it scales by."""
    members = [
        network(*[L.Dense(k) if isinstance(k, int) else L.Rescaling(k) for k in member])
        for member in members
    ]

    assert obstacle(members, L.Rescaling(2.0), L.Rescaling(3.0)) == reason


def test_another_dtype_is_not_trained_exactly():
    """Nor is a way of scaling that is learnt."""
    members = [network(L.BatchNormalization(), L.Dense(1))]

    assert obstacle(members, L.BatchNormalization(), None) == "BatchNormalization"
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert obstacle(members, L.Rescaling(2.0), None) == "dtype policy mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("reason", "options"),
    [
        (None, {"kernel_initializer": "he_uniform", "bias_initializer": "ones"}),
        ("kernel_initializer of Dense", {"kernel_initializer": "he_normal"}),
        ("kernel_initializer of Dense", {"kernel_initializer": "orthogonal"}),
        ("bias_initializer of Dense", {"bias_initializer": "random_normal"}),
    ],
)
def test_weights_that_a_processor_draws_in_its_own_way_are_not_exact(reason, options):
    """Such as by the logarithms of a normal distribution."""
    members = [network(L.Rescaling(2.0), L.Dense(4, **options), L.Dense(1))]

    assert obstacle(members, L.Rescaling(2.0), None) == reason


@pytest.mark.parametrize("options", [{"beta_1": 1.0}, {"beta_2": 1.0}, {"beta_1": -0.5}])
def test_a_moment_that_forgets_nothing_is_left_to_keras(options):
    """Its correction would divide by zero."""
    adam = keras.optimizers.Adam(**options)

    assert obstacle_in_optimizer(adam) == f"{next(iter(options))} of Adam"


def test_an_optimizer_that_has_moved_is_left_to_keras():
    """It goes on from its step; ours begins at the first."""
    adam = keras.optimizers.Adam()
    assert obstacle_in_optimizer(adam) is None

    adam.iterations.assign(1000)

    assert obstacle_in_optimizer(adam) == "iterations of Adam"
