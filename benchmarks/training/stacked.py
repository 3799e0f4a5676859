"""All networks at once in float32: as fast as ours can be where another processor may differ."""

import numpy as np

from regression.network.backend import keras, tf
from regression.network.ensemble import batch_indices, stack_weights
from regression.network.training import member_seeds
from regression.params import Train
from stages.train import build, optimizer


def train(x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    """Losses of shape (epochs, members), as from every way of this folder."""
    seeds = member_seeds(params)
    members = [build(x, y, params, seed) for seed in seeds]
    weights = [keras.Variable(stacked) for stacked in stack_weights(members)]
    adam = optimizer(params)
    adam.build(weights)
    scaled = members[0].layers[0](x)

    @tf.function(jit_compile=True)
    def train_epoch(batches: tf.Tensor) -> tf.Tensor:
        total = tf.zeros(len(members))
        for batch in batches:
            filled, rows = tf.cast(batch >= 0, "float32"), tf.maximum(batch, 0)
            with tf.GradientTape() as tape:
                errors = answer(weights, tf.gather(scaled, rows)) - tf.gather(y, rows)
                losses = filled * tf.square(errors)[..., 0]
                loss = tf.reduce_sum(losses) / tf.reduce_sum(filled[:, 0])
            adam.apply(tape.gradient(loss, weights), weights)
            total += tf.reduce_sum(losses, axis=0)
        return total / len(x)

    epochs = batch_indices([len(x)] * len(members), params.batch_size, params.epochs, seeds)
    return np.array([train_epoch(batches).numpy() for batches in epochs])


def answer(weights: list[keras.Variable], x: tf.Tensor) -> tf.Tensor:
    """What each network answers to rows of its own, of shape (rows, members, predictors)."""
    for kernel, bias in zip(weights[0::2], weights[1::2], strict=True):
        outputs = tf.einsum("nki,kio->nko", x, kernel) + bias
        x = tf.nn.relu(outputs)
    return outputs
