"""Networks of one shape side by side: their weights, their batches and their average."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from stages.backend import keras


def side_by_side(members: list[keras.Sequential]) -> keras.Sequential:
    """One network that holds the dense layers of all members, with their weights.

    It takes scaled predictors of shape (rows, members, predictors) and answers with shape
    (rows, members, 1); a member's answer depends on its own predictors and weights alone.
    """
    layers = [
        keras.layers.EinsumDense(
            "nki,kio->nko",
            output_shape=(len(members), layer.units),
            bias_axes="ko",
            activation=layer.activation,
        )
        for layer in members[0].layers[1:]
    ]
    predictors = members[0].input_shape[-1]
    network = keras.Sequential([keras.Input((len(members), predictors)), *layers])
    network.set_weights(
        [np.stack(weights) for weights in zip(*map(dense_weights, members), strict=True)]
    )
    return network


def dense_weights(member: keras.Sequential) -> list[np.ndarray]:
    """Kernels and biases of the layers behind the scaling."""
    return [weights for layer in member.layers[1:] for weights in layer.get_weights()]


def hand_back(network: keras.Sequential, members: list[keras.Sequential]) -> None:
    """Give each member its weights from the network of `side_by_side`."""
    for k, member in enumerate(members):
        for layer, stacked in zip(member.layers[1:], network.layers, strict=True):
            layer.set_weights([weights[k] for weights in stacked.get_weights()])


def shuffles(rows: int, batch_size: int, epochs: int, seeds: list[int]) -> Iterator[np.ndarray]:
    """For each epoch, the rows of each batch: int32 of shape (batches, batch_size, seeds).

    Each seed draws an order of its own. The last batch is filled up with -1.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    batch_size = min(batch_size, rows)
    batches = ceil(rows / batch_size)
    for _ in range(epochs):
        order = np.full((batches * batch_size, len(seeds)), -1, "int32")
        order[:rows] = np.stack([generator.permutation(rows) for generator in generators], axis=1)
        yield order.reshape(batches, batch_size, len(seeds))


def average(members: list[keras.Sequential]) -> keras.Model:
    """The model of all members: `members` of shape (rows, members), and their mean `predicted`.

    It takes `predictors`, unscaled, of shape (rows, predictors).
    """
    predictors = keras.Input(members[0].input_shape[1:], name="predictors")
    answers = keras.ops.concatenate([member(predictors) for member in members], axis=1)
    predicted = keras.ops.mean(answers, axis=1, keepdims=True)
    return keras.Model(predictors, {"predicted": predicted, "members": answers})
