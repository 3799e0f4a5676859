"""How a file that is no model is refused."""

import numpy as np
import pandas as pd
import pytest

from regression.errors import InputError
from regression.model.exported import predict
from regression.table.rows import predictors


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 something else", b"\x1c\0\0\0TFL3" + b"\0" * 99]
)
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    """An empty, foreign or cut file ends in a message that names it."""
    path = tmp_path / "model.tflite"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"model\.tflite should be a LiteRT model"):
        predict(str(path), np.zeros((2, 4), "float32"))


def convert(answer, shape=(None, 4), dtype="float32", name="predictors") -> bytes:
    """A LiteRT model of a function of one table."""
    import tensorflow as tf

    spec = tf.TensorSpec(shape, dtype, name)
    concrete = tf.function(answer, input_signature=[spec]).get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert()


def ours(x):
    return {"members": x[:, :2] * 2.0, "predicted": x[:, :1] * 3.0}


def integers(x):
    return {"members": x[:, :2] * 2, "predicted": x[:, :1] * 3}


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (
            (ours, (None, 3)),
            r"it takes predictors as float32 of shape \[-1, 3\], not float32 of sh",
        ),
        ((ours, (7, 4)), r"it takes predictors as float32 of shape \[7, 4\], not float32 of shape"),
        ((lambda x: ours(x[:, 0]), (None, 4, 2)), r"as float32 of shape \[-1, 4, 2\], not float32"),
        ((integers, (None, 4), "int32"), "it takes predictors as int32 of shape"),
        ((ours, (None, 4), "float32", "x"), "it takes predictors as no such thing, not float32 of"),
        ((lambda x: {**ours(x), "more": x + 1},), "it gives more too"),
        ((lambda x: {"members": x * 2.0},), "it gives predicted as no such thing, not float32 of"),
        ((lambda x: {**ours(x), "members": x[:, 0] * 2},), r"it gives members as float32 of shape"),
        (
            (lambda x: {**ours(x), "predicted": x * 2},),
            r"gives predicted as float32 of shape \[-1, 4",
        ),
    ],
)
def test_a_model_with_other_ends_is_refused(tmp_path, model, found):
    """Before any of it is run."""
    path = tmp_path / "model.tflite"
    path.write_bytes(convert(*model))

    with pytest.raises(InputError, match=found):
        predict(str(path), np.zeros((2, 4), "float32"))


def test_a_model_as_described_answers(tmp_path):
    """Any number of members will do."""
    path = tmp_path / "model.tflite"
    path.write_bytes(convert(ours))

    assert predict(str(path), np.ones((3, 4), "float32")).tolist() == [[2, 2]] * 3


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    """A sparse file of a gigabyte and a byte."""
    path = tmp_path / "model.tflite"
    with open(path, "wb") as file:
        file.truncate(2**30 + 1)

    with pytest.raises(InputError, match="should have at most 1073741824 bytes, found 1073741825"):
        predict(str(path), np.zeros((2, 4), "float32"))


def test_the_two_models_agree_over_the_whole_table(reproduced):
    """The file that is scored answers as the one that Keras trained."""
    from regression.network.backend import keras

    x = predictors(pd.read_csv(reproduced.path / "data/prepared.csv"))

    exported = predict(str(reproduced.path / "models/model.tflite"), x)

    model = keras.saving.load_model(reproduced.path / "models/model.keras")
    trained = model.predict(x, verbose=0)["members"]
    assert trained.shape == (574, 10)
    np.testing.assert_allclose(exported, trained, rtol=1e-5)


def test_nothing_that_scores_needs_keras(small, tmp_path):
    """evaluate imports neither Keras nor TensorFlow; what is large for Git it tells like train."""
    script = (
        "import sys; from regression import files; from stages.evaluate import main; "
        "files.LARGE = 100; main(); print({*sys.modules} & {'tensorflow', 'keras'})"
    )
    clone = small.copy(tmp_path / "clone")

    printed = clone.run(f'python -c "{script}"')

    assert "warning: metrics/predictions.csv has 0 MB, and Git" in printed
    assert printed.endswith("\nset()\n")
