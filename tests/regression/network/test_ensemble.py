"""Networks side by side, their batches and their average."""

import numpy as np

from regression.network.ensemble import average, batch_indices, side_by_side, unstack_weights
from stages.train import build
from tests.project import PARAMS as GUIDE

X = np.random.default_rng(0).uniform(0.1, 1, (20, 3)).astype("float32")
Y = np.linspace(-1, 1, 20, dtype="float32")[:, None]
PARAMS = GUIDE.train.model_copy(
    update={"scaling": "max", "layers": [8, 4], "dropout": 0.25, "weight_decay": 0.1}
)


def test_side_by_side_each_member_answers_for_itself():
    """Each sees its own rows, and answers as it does alone."""
    members = [build(np.ones_like(X), Y, PARAMS, seed) for seed in (1, 2)]
    rows = np.stack([X, X[::-1]], axis=1)

    answers = np.asarray(side_by_side(members)(rows))

    for k, member in enumerate(members):
        np.testing.assert_allclose(answers[:, k], member(rows[:, k]), rtol=1e-5, atol=1e-6)


def test_weights_are_handed_back_to_the_member_they_came_from():
    """What training did to the network of all, each member then has."""
    members = [build(np.ones_like(X), Y, PARAMS, seed) for seed in (1, 2)]
    network = side_by_side(members)
    network.set_weights([weights + 1 for weights in network.get_weights()])
    expected = [[w + 1 for w in member.get_weights()] for member in members]

    unstack_weights(network, members)

    for member, weights in zip(members, expected, strict=True):
        for ours, theirs in zip(member.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_each_seed_shuffles_every_row_into_batches_of_its_own():
    """An epoch visits each row once; what fills up the last batch is -1."""
    epochs = list(batch_indices(rows=5, batch_size=2, epochs=3, seeds=[7, 8]))

    assert len(epochs) == 3
    for number, seed in enumerate([7, 8]):
        generator = np.random.default_rng(seed)
        for batches in epochs:
            assert batches.shape == (3, 2, 2)
            assert batches[:, :, number].ravel().tolist() == [*generator.permutation(5), -1]


def test_a_batch_larger_than_the_table_is_the_table():
    """No row is made up to fill it."""
    (batches,) = batch_indices(rows=3, batch_size=1000, epochs=1, seeds=[0])

    assert batches.shape == (1, 3, 1)
    assert sorted(batches.ravel()) == [0, 1, 2]


def test_the_average_is_the_mean_of_its_members():
    """Both are answered, under the names that the exported model keeps."""
    members = [build(X, Y, PARAMS, seed) for seed in (1, 2, 3)]

    answers = average(members)(X)

    expected = np.hstack([member(X) for member in members])
    np.testing.assert_allclose(answers["members"], expected, rtol=1e-6)
    np.testing.assert_allclose(answers["predicted"][:, 0], expected.mean(axis=1), rtol=1e-5)
