"""What a model's own weights say, row by row, and what LiteRT makes of them."""

import numpy as np
import pytest

from regression.errors import InputError
from regression.model import computed, exported
from regression.network.backend import keras
from regression.network.ensemble import average
from regression.network.saving import export
from tests.network import build
from tests.project import PARAMS as GUIDE

generator = np.random.default_rng(0)
# Of unlike sizes, as people in thousands and a rate in percent are.
X = (generator.uniform(0.5, 1, (50, 3)) * [3e5, 1e4, 10]).astype("float32")
Y = X[:, :1]


def exported_model(path, layers: list[keras.layers.Layer]) -> bytes:
    export(average([keras.Sequential([keras.Input((3,)), *layers])]), str(path))
    return path.read_bytes()


@pytest.fixture(params=["max", "standard"])
def model(request, tmp_path) -> tuple[str, np.ndarray]:
    """A model of two members, and what its weights say in plain float64."""
    update = {"scaling": request.param, "layers": [500, 30]}
    params = GUIDE.train.model_copy(update=update)
    members = [build(X, Y, params, seed) for seed in (1, 2)]
    path = str(tmp_path / "model.tflite")
    export(average(members), path)
    return path, np.hstack([in_float64(member.layers) for member in members])


def in_float64(layers: list[keras.layers.Layer]) -> np.ndarray:
    values = X.astype("float64")
    for layer in layers:
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = map(np.asarray, layer.get_weights())
            values = values @ kernel.astype("float64") + bias
            values = np.maximum(values, 0) if layer.activation.__name__ == "relu" else values
        else:
            values = values * np.asarray(layer.scale) + np.asarray(layer.offset)
    return values


def test_the_answers_are_those_of_the_weights(model):
    """However unlike the predictors' sizes; LiteRT's own are as near."""
    path, expected = model

    answers = exported.predict(path, X)

    assert answers.dtype == "float32"
    assert np.abs(answers - expected).max() < 2e-6 * np.abs(expected).max()


def test_an_answer_depends_on_its_own_row_alone(model):
    """Whatever rows are beside it, and however many there are at a time."""
    path, _ = model
    mixed = np.vstack([X, 1e6 * X])

    alone = np.vstack([exported.predict(path, row[None]) for row in X])

    np.testing.assert_array_equal(exported.predict(path, mixed)[: len(X)], alone)


def test_a_long_table_is_answered_block_by_block(model, monkeypatch):
    """With the same bytes."""
    path, _ = model
    whole = exported.predict(path, X)
    monkeypatch.setattr(exported, "ROWS", 7)

    np.testing.assert_array_equal(exported.predict(path, X), whole)
    assert exported.predict(path, X[:0]).shape == (0, 2)


@pytest.mark.parametrize("terms", [1, 512, 2048])
def test_the_order_of_a_sum_changes_no_bit(terms):
    """Nor do vectors and threads, of which a sum has its order."""
    rows, kernel = generator.normal(size=(20, terms)), generator.normal(size=(9, terms))
    order = generator.permutation(terms)

    sums = computed.fully_connected([rows, kernel], None)

    np.testing.assert_array_equal(
        computed.fully_connected([rows[:, order], kernel[:, order]], None), sums
    )
    np.testing.assert_allclose(sums, rows @ kernel.T, atol=1e-3)


def test_longer_sums_are_unknown():
    """They would not be exact."""
    with pytest.raises(computed.UnknownError):
        computed.fully_connected([np.ones((1, 2049)), np.ones((1, 2049))], None)


def test_what_is_not_computed_here_litert_answers(tmp_path):
    """Such as an activation with last digits of a processor's own."""
    dense = keras.layers.Dense
    content = exported_model(tmp_path / "model.tflite", [dense(4, "tanh"), dense(1)])

    with pytest.raises(computed.UnknownError):
        computed.answers(content, "members", X)
    assert exported.predict(str(tmp_path / "model.tflite"), X).shape == (50, 1)


def test_answers_in_which_large_sums_cancel_are_litert_s_too(tmp_path):
    """There float32 has few digits left, on a processor that is as it should be."""

    def opposed(shape, dtype):
        half = generator.uniform(0.5, 1, (shape[0] // 2, shape[1]))
        return np.vstack([half, -half * (1 + 1e-4)])

    def twice(shape, dtype):
        return np.tile(generator.uniform(0, 1, (shape[0], shape[1] // 2)), 2)

    layers = [
        keras.layers.Dense(64, "relu", kernel_initializer=twice),
        keras.layers.Dense(1, kernel_initializer=opposed),
    ]
    path = tmp_path / "model.tflite"
    content = exported_model(path, layers)

    answers = exported.predict(str(path), X)

    exact = computed.answers(content, "members", X)
    np.testing.assert_array_equal(answers, exact.astype("float32"))
    largest = computed.answers(content, "members", X, absolute=True)
    assert (largest > 1e4 * np.abs(exact)).all()


def test_litert_is_held_to_the_weights(model, monkeypatch):
    """An answer of its own ends in a message that says how far it is off."""
    path, expected = model
    answers = computed.answers
    wrong = 5e-5 * np.abs(expected).max()
    monkeypatch.setattr(
        computed,
        "answers",
        lambda *given, **options: answers(*given, **options) + wrong * (not options),
    )

    with pytest.raises(InputError, match=r"model\.tflite: LiteRT should answer as the weights say"):
        exported.predict(path, X)
