"""Networks of one shape side by side: their weights, their batches and their average."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from regression.errors import InputError
from regression.network.backend import keras, tf

# The layers that have a form side by side, with the options that it carries over.
CARRIED_OVER = {
    keras.layers.Dense: ["units", "activation", "use_bias"],
    keras.layers.Activation: ["activation"],
    keras.layers.Dropout: ["rate"],
}
# What has done its work once a layer is built.
SPENT = {"name", "seed", "kernel_initializer", "bias_initializer"}
# The activations that take each figure by itself, whatever the shape.
ELEMENTWISE = [
    getattr(keras.activations, name)
    for name in "elu gelu leaky_relu linear relu selu sigmoid silu softplus tanh".split()
]

# The optimizers that move each weight by its own gradients alone.
ELEMENTWISE_OPTIMIZERS = [
    getattr(keras.optimizers, name)
    for name in "Adadelta Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD".split()
]


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
    """As `obstacle`, of what an optimizer does beyond each weight by itself."""
    kind = type(optimizer).__name__
    if type(optimizer) not in ELEMENTWISE_OPTIMIZERS:
        return kind
    if any(name.startswith("_exclude_from_weight_decay") for name in vars(optimizer)):
        return f"exclude_from_weight_decay of {kind}"
    reach = ["clipnorm", "global_clipnorm", "use_ema"]  # across weights, and after the last step
    reach += ["gradient_accumulation_steps", "loss_scale_factor"]
    return next((f"{name} of {kind}" for name in reach if getattr(optimizer, name)), None)


def obstacle(
    members: list[keras.Model], first: keras.layers.Layer, last: keras.layers.Layer | None
) -> str | None:
    """What keeps the members from being trained side by side, in words; None if nothing does.

    Nothing does where each is a Sequential of `first`, which scales, of layers for which nothing
    is set but what is carried over, and of `last` if there is one, which scales back.
    """
    if keras.config.dtype_policy().name != "float32":
        return f"dtype policy {keras.config.dtype_policy().name}"
    if type(first) not in (keras.layers.Normalization, keras.layers.Rescaling):
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
    if options.get("activation", keras.activations.linear) not in ELEMENTWISE:
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
    if any(not w.trainable or w.regularizer or w.constraint for w in layer.weights):
        return f"weights of {kind}"
    return None


class DropoutSideBySide(keras.layers.Layer):
    """The dropout layers of all members: each draws its masks from its own seed and count."""

    def __init__(self, members: list[keras.layers.Dropout]):
        super().__init__()
        self.members = members

    def call(self, inputs, training=False):
        if not training or not self.members[0].rate:
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

    The members are such as `obstacle` has nothing against: what is left out here are the layers
    that scale, at both ends.
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
                bias_axes="ko" if alike[0].use_bias else None,
                activation=alike[0].activation,
            )
            layers.append(dense)
        elif isinstance(alike[0], keras.layers.Activation):
            layers.append(keras.layers.Activation(alike[0].activation))
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
