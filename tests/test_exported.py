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
