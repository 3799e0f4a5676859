"""All networks at once in float32: as fast as ours can be where another processor may differ."""

import numpy as np

from regression.network.backend import keras, tf
from regression.network.ensemble import batch_indices, stack_weights
from regression.network.scaling import target_scaling
from regression.network.training import member_seeds
from regression.params import Train
from stages.train import build, optimizer


def train(x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    """Losses of shape (epochs, members), as from every way of this folder."""
    members = [build(x, y, params, seed) for seed in member_seeds(params)]
    network = side_by_side(members)
    adam = optimizer(params)
    adam.build(network.trainable_variables)
    loss_function = keras.losses.MeanSquaredError(reduction=None)
    offset, scale = target_scaling(y, params)
    scaled, y = members[0].layers[0](x), tf.constant((y - offset) / scale, "float32")

    @tf.function(jit_compile=True)
    def train_epoch(batches: tf.Tensor) -> tf.Tensor:
        total = tf.zeros(len(members))
        for batch in batches:
            filled, rows = tf.cast(batch >= 0, "float32"), tf.maximum(batch, 0)
            with tf.GradientTape() as tape:
                predicted = network(tf.gather(scaled, rows), training=True)
                losses = filled * loss_function(tf.gather(y, rows), predicted)
                loss = tf.reduce_sum(losses) / tf.reduce_sum(filled[:, 0])
            gradients = tape.gradient(loss, network.trainable_variables)
            adam.apply(gradients, network.trainable_variables)
            total += tf.reduce_sum(losses, axis=0)
        return total / len(x)

    epochs = batch_indices(
        [len(x)] * params.members, params.batch_size, params.epochs, member_seeds(params)
    )
    return np.array([train_epoch(batches).numpy() * scale**2 for batches in epochs])


def side_by_side(members: list[keras.Sequential]) -> keras.Sequential:
    """One network that holds what is trained of all members, with their weights: no dropout.

    It takes scaled predictors of shape (rows, members, predictors) and answers with shape
    (rows, members, 1), before any rescaling.
    """
    layers = [
        keras.layers.EinsumDense(
            "nki,kio->nko",
            output_shape=(len(members), layer.units),
            bias_axes="ko",
            activation=layer.activation,
        )
        for layer in members[0].layers
        if isinstance(layer, keras.layers.Dense)
    ]
    predictors = members[0].input_shape[-1]
    network = keras.Sequential([keras.Input((len(members), predictors)), *layers])
    network.set_weights(stack_weights(members))
    return network
