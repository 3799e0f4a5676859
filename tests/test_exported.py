"""How a file that is no model is refused."""

import numpy as np
import pytest

from stages.errors import InputError
from stages.exported import predict


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
    """The file that is scored answers as the one that Keras trained, and nothing needs Keras."""
    compare = """if True:
        import sys
        import numpy as np, pandas as pd
        from stages import evaluate
        from stages.exported import predict
        from stages.tables import predictors

        evaluate.main()
        x = predictors(pd.read_csv("data/prepared.csv"))
        exported = predict("models/model.tflite", x)
        assert not {"tensorflow", "keras"} & sys.modules.keys()

        import keras
        trained = keras.saving.load_model("models/model.keras").predict(x, verbose=0)["members"]
        assert trained.shape == (574, 10)
        assert np.abs(exported / trained - 1).max() < 1e-5
    """
    reproduced.run(f"python -c '{compare}'")
