"""Save models: for Keras with the same bytes each time, and exported for LiteRT."""

import json
import zipfile

from regression.errors import InputError
from regression.files import replacing
from regression.network.backend import keras, tf


def save(model: keras.Model, path: str) -> None:
    """Save a .keras file without the times and memory addresses that Keras puts there."""
    with replacing(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        for name in ("metadata.json", "config.json"):
            entries[name] = strip_volatile(entries[name])
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in entries.items():
                archive.writestr(zipfile.ZipInfo(name), content)  # dated 1980, the zip's zero


def strip_volatile(text: bytes) -> bytes:
    """Make constant what differs between two savings of one model, in a JSON text of Keras."""
    numbers: dict[int, int] = {}

    def settled(tree: dict) -> dict:
        if "date_saved" in tree:
            tree["date_saved"] = "1980-01-01@00:00:00"
        if "shared_object_id" in tree:  # an address, which only has to tell objects apart
            tree["shared_object_id"] = numbers.setdefault(
                tree["shared_object_id"], len(numbers) + 1
            )
        return tree

    return json.dumps(json.loads(text, object_hook=settled)).encode()


def export(model: keras.Model, path: str) -> None:
    """Export for LiteRT; inputs and outputs keep their names.

    The weights are constants of the function that is converted: `model.export` first saves and
    traces every layer as an object of its own, which takes five times as long.
    Raises InputError for a network that LiteRT cannot run.
    """
    trainable, fixed = (
        [weights.numpy() for weights in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    )
    (predictors,) = model.inputs

    @tf.function(input_signature=[tf.TensorSpec(predictors.shape, "float32", predictors.name)])
    def answer(predictors: tf.Tensor) -> dict[str, tf.Tensor]:
        return model.stateless_call(trainable, fixed, predictors)[0]

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [answer.get_concrete_function()], tf.Module()
    )
    try:
        content = converter.convert()
    except Exception as error:  # of a class that TensorFlow keeps to itself
        before, _, after = str(error).partition("error: ")
        raise InputError(
            f"{path}: build (stages/train.py) should return a network that LiteRT can run, "
            f"found one that it cannot: {(after or before).splitlines()[0]}"
        ) from None
    with replacing(path) as temporary:
        temporary.write_bytes(content)
