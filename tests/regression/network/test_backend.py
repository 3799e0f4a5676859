"""What Keras is set to."""

import os
import subprocess
import sys

from tests.project import ROOT


def test_what_a_user_has_set_for_other_work_changes_nothing(tmp_path):
    """Neither in a file at home nor in the environment."""
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text('{"floatx": "float64", "epsilon": 0.1}')
    settings = "keras.backend.backend(), keras.config.floatx(), keras.config.epsilon()"
    code = f"from regression.network.backend import keras; print({settings})"

    printed = subprocess.check_output(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path), "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        encoding="utf-8",
    )

    assert printed == "tensorflow float32 1e-07\n"
