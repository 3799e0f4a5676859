"""The floor: the same network, loss, optimizer and batch orders in NumPy, without TensorFlow."""

import numpy as np

from stages.params import Train


def train(x: np.ndarray, y: np.ndarray, params: Train) -> list[float]:
    x = x / np.abs(x).max(axis=0)
    generator = np.random.default_rng(params.seed)
    weights = initialise([x.shape[1], *params.layers, 1], generator)
    means = [np.zeros_like(weight) for weight in weights]
    squares = [np.zeros_like(weight) for weight in weights]
    shuffle = np.random.default_rng(params.seed).permutation
    losses, step = [], 0
    for _ in range(params.epochs):
        total = 0.0
        order = shuffle(len(x))
        for start in range(0, len(x), params.batch_size):
            batch = order[start : start + params.batch_size]
            loss, gradients = propagate(weights, x[batch], y[batch])
            step += 1
            adam(weights, gradients, means, squares, step, params.learning_rate)
            total += loss * len(batch)
        losses.append(total / len(x))
    return losses


def initialise(units: list[int], generator: np.random.Generator) -> list[np.ndarray]:
    """Kernel and bias of every layer, as Keras starts them: Glorot uniform, and zero."""
    weights = []
    for inputs, outputs in zip(units, units[1:], strict=False):
        limit = np.sqrt(6 / (inputs + outputs))
        kernel = generator.uniform(-limit, limit, (inputs, outputs))
        weights += [kernel.astype("float32"), np.zeros(outputs, "float32")]
    return weights


def propagate(
    weights: list[np.ndarray], x: np.ndarray, y: np.ndarray
) -> tuple[float, list[np.ndarray]]:
    """The mean squared error of a batch, and its gradient by every weight."""
    kernels, biases = weights[0::2], weights[1::2]
    answers = [x]
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        answers.append(np.maximum(answers[-1] @ kernel + bias, 0))
    error = answers[-1] @ kernels[-1] + biases[-1] - y
    slope = 2 / len(x) * error
    gradients = [slope.sum(axis=0), answers[-1].T @ slope]
    for kernel, answer, before in zip(kernels[:0:-1], answers[:0:-1], answers[-2::-1], strict=True):
        slope = slope @ kernel.T * (answer > 0)
        gradients += [slope.sum(axis=0), before.T @ slope]
    return float(np.mean(error**2)), gradients[::-1]


def adam(
    weights: list[np.ndarray],
    gradients: list[np.ndarray],
    means: list[np.ndarray],
    squares: list[np.ndarray],
    step: int,
    learning_rate: float,
) -> None:
    """One step of Adam (Kingma and Ba 2015) on all weights, in place, as Keras computes it."""
    rate = learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
        mean += (gradient - mean) * 0.1
        square += (gradient**2 - square) * 0.001
        weight -= rate * mean / (np.sqrt(square) + 1e-7)
