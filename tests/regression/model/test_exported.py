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
    """evaluate imports neither Keras nor TensorFlow."""
    script = "import sys; from stages.evaluate import main; main()"
    clone = small.copy(tmp_path / "clone")

    printed = clone.run(
        f'python -c \'{script}; print({{*sys.modules}} & {{"tensorflow", "keras"}})\''
    )

    assert printed.endswith("\nset()\n")
