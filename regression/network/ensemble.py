"""Networks of one shape side by side: their weights, their batches and their average."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from regression.network.backend import keras, tf


class DropoutSideBySide(keras.layers.Layer):
    """The dropout layers of all members: each draws its masks from its own seed and count."""

    def __init__(self, members: list[keras.layers.Dropout]):
        super().__init__()
        self.members = members

    def call(self, inputs, training=False):
        if not training:
            return inputs
        rate, ones = self.members[0].rate, tf.ones_like(inputs[:, 0])
        seeds = [tf.cast(member.seed_generator.next(), "int32") for member in self.members]
        # A loop: as many draws as members, written out, would take most of the time to compile.
        masks = tf.map_fn(
            lambda seed: tf.nn.experimental.stateless_dropout(ones, rate, seed),
            tf.stack(seeds),
            fn_output_signature="float32",
        )
        return inputs * tf.transpose(masks, (1, 0, 2))


def side_by_side(members: list[keras.Sequential]) -> keras.Sequential:
    """One network that holds what is trained of all members, with their weights.

    It takes scaled predictors of shape (rows, members, predictors) and answers with shape
    (rows, members, 1), before any rescaling; a member's answer depends on its own predictors
    and weights alone.
    """
    layers = []
    for alike in zip(*(member.layers for member in members), strict=True):
        if isinstance(alike[0], keras.layers.Dropout):
            layers.append(DropoutSideBySide(list(alike)))
        elif isinstance(alike[0], keras.layers.Dense):
            dense = keras.layers.EinsumDense(
                "nki,kio->nko",
                output_shape=(len(members), alike[0].units),
                bias_axes="ko",
                activation=alike[0].activation,
            )
            layers.append(dense)
    predictors = members[0].input_shape[-1]
    network = keras.Sequential([keras.Input((len(members), predictors)), *layers])
    weights = zip(*map(trained_weights, members), strict=True)
    for variable, values in zip(network.trainable_variables, weights, strict=True):
        variable.assign(np.stack(values))
    return network


def trained_weights(member: keras.Sequential) -> list[np.ndarray]:
    """Kernels and biases in the order of the layers, each as an array."""
    return [variable.numpy() for variable in member.trainable_variables]


def unstack_weights(network: keras.Sequential, members: list[keras.Sequential]) -> None:
    """Give each member its weights from the network of `side_by_side`."""
    trained = trained_weights(network)
    for k, member in enumerate(members):
        for variable, stacked in zip(member.trainable_variables, trained, strict=True):
            variable.assign(stacked[k])


def batch_indices(
    rows: int, batch_size: int, epochs: int, seeds: list[int]
) -> Iterator[np.ndarray]:
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
