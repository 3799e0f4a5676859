"""A model's files: the same bytes each time, the same answers in both."""

import zipfile

import numpy as np
import pytest

from regression.errors import InputError
from regression.model.exported import predict
from regression.network.backend import keras
from regression.network.ensemble import average
from regression.network.saving import export, save
from tests.network import build
from tests.project import PARAMS as GUIDE

X = np.random.default_rng(0).uniform(1, 9000, (20, 3)).astype("float32")
PARAMS = GUIDE.train.model_copy(
    update={"scaling": "standard", "layers": [8, 4], "dropout": 0.25, "weight_decay": 0.1}
)


@pytest.fixture(params=[1, 3])
def model(request) -> keras.Model:
    """A model of one member, and one of three."""
    return average([build(X, X[:, :1], PARAMS, seed) for seed in range(request.param)])


def test_two_savings_of_one_model_have_the_same_bytes(model, tmp_path):
    """No clock reading reaches the file, which stays one that Keras reads.

    That seconds later nothing differs either is seen by test_bytes.py.
    """
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"

    save(model, str(first))
    save(model, str(second))

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"1980-01-01@00:00:00" in archive.read("metadata.json")
    loaded, kept = (m.predict(X, verbose=0) for m in (keras.saving.load_model(first), model))
    np.testing.assert_array_equal(loaded["predicted"], kept["predicted"])
    np.testing.assert_array_equal(loaded["members"], kept["members"])


def test_the_exported_model_answers_as_the_keras_model_does(model, tmp_path):
    """From unscaled predictors to the target's unit, for any number of rows."""
    path = str(tmp_path / "model.tflite")

    export(model, path)

    expected = model.predict(X, verbose=0)["members"]
    np.testing.assert_allclose(predict(path, X), expected, rtol=1e-5)
    np.testing.assert_allclose(predict(path, X[:1]), expected[:1], rtol=1e-5)


def test_a_network_that_litert_cannot_run_is_refused(tmp_path):
    """In a message that names what it lacks, with nothing left of the file."""
    layer = keras.layers.Dense(1, dtype="float64")
    model = average([keras.Sequential([keras.Input((3,)), layer])])
    path = tmp_path / "model.tflite"

    with pytest.raises(InputError, match=r"stages/train\.py.* LiteRT can run.* 'tf\.MatMul' op"):
        export(model, str(path))

    assert list(tmp_path.iterdir()) == []


def test_what_a_network_has_learnt_beside_its_weights_is_exported(tmp_path):
    """Such as the moving mean and variance of its batches."""
    member = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
    member.add(keras.layers.Dense(1))
    member(X, training=True)
    model, path = average([member]), str(tmp_path / "model.tflite")

    export(model, path)

    expected = model.predict(X, verbose=0)["members"]
    np.testing.assert_allclose(predict(path, X), expected, rtol=1e-5)
