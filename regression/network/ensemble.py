"""Networks of one shape: what they are made of, their weights, batches and average."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from regression.errors import InputError
from regression.network.backend import keras, tf

# The layers that have an exact form, with the options that it carries over.
CARRIED_OVER = {
    keras.layers.Dense: ["units", "activation", "use_bias"],
    keras.layers.Activation: ["activation"],
    keras.layers.Dropout: ["rate"],
}
# What has done its work once a layer is built.
SPENT = {"name", "seed", "kernel_initializer", "bias_initializer"}
# What no processor has its own last bits for, as it has for an exponential.
EXACT_ACTIVATIONS = [keras.activations.linear, keras.activations.relu]


def check(members: list[keras.Model]) -> None:
    """Raise InputError where networks cannot be the members of one model."""
    found = None
    for member in members:
        shape, kind = getattr(member, "output_shape", None), type(member)
        if shape != (None, 1) or not kind.__module__.startswith("keras."):
            found = f"a {kind.__name__} that answers with shape {shape}"
    variables = [id(variable) for member in members for variable in member.variables]
    if len(set(variables)) < len(variables):
        found = "networks that share layers"
    if len({member.name for member in members}) < len(members):
        found = f"several called {members[0].name}"
    if found:
        raise InputError(
            "build (stages/train.py) should return each time a new Sequential or functional "
            f"network that Keras names and that answers with shape (None, 1), found {found}"
        )


def obstacle_in_optimizer(optimizer: keras.optimizers.Optimizer) -> str | None:
    """As `obstacle`, of what an optimizer does beyond Adam with its learning rate and decay."""
    kind = type(optimizer).__name__
    if type(optimizer) not in (keras.optimizers.Adam, keras.optimizers.AdamW):
        return kind
    if any(name.startswith("_exclude_from_weight_decay") for name in vars(optimizer)):
        return f"exclude_from_weight_decay of {kind}"
    if not isinstance(optimizer._learning_rate, keras.Variable):
        return f"learning_rate of {kind}"
    if int(optimizer.iterations):
        return f"iterations of {kind}"
    for name in ("beta_1", "beta_2"):
        if not 0 <= getattr(optimizer, name) < 1:
            return f"{name} of {kind}"
    if optimizer.epsilon < 1e-10:  # it has to stand between the root and the division
        return f"epsilon of {kind}"
    more = ["amsgrad", "clipnorm", "clipvalue", "global_clipnorm", "use_ema"]
    more += ["gradient_accumulation_steps", "loss_scale_factor"]
    return next((f"{name} of {kind}" for name in more if getattr(optimizer, name)), None)


def obstacle(
    members: list[keras.Model], first: keras.layers.Layer, last: keras.layers.Layer | None
) -> str | None:
    """What keeps the members from being trained exactly, in words; None if nothing does.

    Nothing does where each is a Sequential of `first`, which scales, of layers for which nothing
    is set but what is carried over, and of `last` if there is one, which scales back.
    """
    if keras.config.dtype_policy().name != "float32":
        return f"dtype policy {keras.config.dtype_policy().name}"
    if type(first) is not keras.layers.Rescaling:
        return type(first).__name__
    if not members[0].trainable_variables:
        return "a network without weights to train"
    layers = [first, *map(plain, members[0].layers[1:])]
    if last:
        layers[-1] = last
    for member in members:
        if type(member) is not keras.Sequential:
            return type(member).__name__
        if len(member.layers) != len(layers):
            return "networks of different depth"
        for layer, expected in zip(member.layers, layers, strict=True):
            if found := difference(layer, expected):
                return found
    return None


def plain(layer: keras.layers.Layer) -> keras.layers.Layer | None:
    """A layer with what is carried over of this one, and nothing else; None if nothing is."""
    options = {name: getattr(layer, name) for name in CARRIED_OVER.get(type(layer), [])}
    if not options:
        return None
    if options.get("activation", keras.activations.linear) not in EXACT_ACTIVATIONS:
        options["activation"] = None
    return type(layer)(**options)


def difference(layer: keras.layers.Layer, expected: keras.layers.Layer | None) -> str | None:
    """What sets a layer apart from the one expected, in words; None if nothing does."""
    kind = type(layer).__name__
    if expected is None or type(layer) is not type(expected):
        return kind
    options, others = (
        keras.saving.serialize_keras_object(each.get_config()) for each in (layer, expected)
    )
    for name in options | others:
        if name not in SPENT and options.get(name) != others.get(name):
            return f"{name} of {kind}"
    for name in ("kernel_initializer", "bias_initializer"):
        initializer = getattr(layer, name, None)
        if initializer and not drawn_exactly(initializer):
            return f"{name} of {kind}"
    if any(not w.trainable or w.regularizer or w.constraint for w in layer.weights):
        return f"weights of {kind}"
    return None


def drawn_exactly(initializer: keras.initializers.Initializer) -> bool:
    """Whether all processors draw the same: not from a normal distribution, which takes logarithms,
    nor by what a product of matrices makes of one."""
    given = keras.initializers
    constant = isinstance(initializer, given.Zeros | given.Ones | given.Constant)
    uniform = isinstance(initializer, given.RandomUniform) or (
        isinstance(initializer, given.VarianceScaling) and initializer.distribution == "uniform"
    )
    return constant or uniform


def stack_weights(members: list[keras.Sequential]) -> list[tf.Tensor]:
    """Kernels and biases in the order of the layers, each with the members along axis 0."""
    weights = zip(*(member.trainable_variables for member in members), strict=True)
    return [tf.stack([weight.numpy() for weight in alike]) for alike in weights]


def unstack_weights(stacked: list[tf.Tensor], members: list[keras.Sequential]) -> None:
    """Give each member its weights, from arrays like those of `stack_weights`."""
    for k, member in enumerate(members):
        for variable, values in zip(member.trainable_variables, stacked, strict=True):
            variable.assign(values[k])


def batch_indices(
    rows: list[int], batch_size: int, epochs: int, seeds: list[int]
) -> Iterator[np.ndarray]:
    """For each epoch, the rows of each batch: int32 of shape (batches, batch_size, seeds).

    Each seed draws an order of its own, of so many `rows`. Its last batch is filled up with -1,
    as are those that only others have.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    batch_size = min(batch_size, max(rows))
    batches = ceil(max(rows) / batch_size)
    for _ in range(epochs):
        order = np.full((batches * batch_size, len(seeds)), -1, "int32")
        for number, (generator, count) in enumerate(zip(generators, rows, strict=True)):
            order[:count, number] = generator.permutation(count)
        yield order.reshape(batches, batch_size, len(seeds))


def average(members: list[keras.Sequential]) -> keras.Model:
    """The model of all members: `members` of shape (rows, members), and their mean `predicted`.

    It takes `predictors`, unscaled, of shape (rows, predictors).
    """
    predictors = keras.Input(members[0].input_shape[1:], name="predictors")
    answers = keras.ops.concatenate([member(predictors) for member in members], axis=1)
    predicted = keras.ops.mean(answers, axis=1, keepdims=True)
    return keras.Model(predictors, {"predicted": predicted, "members": answers}, name="average")
