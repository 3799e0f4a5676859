"""The floor: the same network, loss, optimizer and batch orders in NumPy, without TensorFlow."""

import itertools
import math

import numpy as np

from regression.params import Train

Arrays = list[np.ndarray]


def train(x: np.ndarray, y: np.ndarray, params: Train) -> np.ndarray:
    """One network, that of the first seed."""
    x = x / x.max(axis=0)
    weights = initialise([x.shape[1], *params.layers, 1], params.seed)
    moments = [(np.zeros_like(weight), np.zeros_like(weight)) for weight in weights]
    shuffle = np.random.default_rng(params.seed).permutation
    steps = itertools.count(1)
    losses = []
    for _ in range(params.epochs):
        order, total = shuffle(len(x)), 0.0
        for start in range(0, len(x), params.batch_size):
            batch = order[start : start + params.batch_size]
            loss, gradients = propagate(weights, x[batch], y[batch])
            update(weights, gradients, moments, rate(next(steps), params.learning_rate))
            total += loss * len(batch)
        losses.append(total / len(x))
    return np.transpose([losses])


def initialise(units: list[int], seed: int) -> Arrays:
    """Kernel and bias of every layer, as Keras starts them: Glorot uniform, and zero."""
    generator = np.random.default_rng(seed)
    weights = []
    for inputs, outputs in itertools.pairwise(units):
        limit = math.sqrt(6 / (inputs + outputs))
        kernel = generator.uniform(-limit, limit, (inputs, outputs))
        weights += [kernel.astype("float32"), np.zeros(outputs, "float32")]
    return weights


def propagate(weights: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
    """The mean squared error of a batch, and its gradient for every weight."""
    kernels, biases = weights[0::2], weights[1::2]
    inputs = [x]
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        inputs.append(np.maximum(inputs[-1] @ kernel + bias, 0))
    error = inputs[-1] @ kernels[-1] + biases[-1] - y

    slope, gradients = error * (2 / len(x)), []
    for kernel, given in zip(reversed(kernels), reversed(inputs), strict=True):
        gradients += [slope.sum(axis=0), given.T @ slope]
        slope = slope @ kernel.T * (given > 0)
    return float(np.mean(error**2)), gradients[::-1]


def rate(step: int, learning_rate: float) -> float:
    """Adam's step size, corrected for moments that start at zero (Kingma and Ba 2015)."""
    return learning_rate * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)


def update(weights: Arrays, gradients: Arrays, moments: list, rate: float) -> None:
    """Take a step of Adam, in place, with the constants that Keras gives it."""
    for weight, gradient, (mean, square) in zip(weights, gradients, moments, strict=True):
        mean += (gradient - mean) * 0.1
        square += (gradient**2 - square) * 0.001
        weight -= rate * mean / (np.sqrt(square) + 1e-7)
