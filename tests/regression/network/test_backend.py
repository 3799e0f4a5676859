"""What Keras is set to, and what a user's shell may tell TensorFlow."""

import os
import subprocess
import sys

import pytest

from regression.network.backend import settle
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


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"}, {}),
        (
            {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2 --xla_dump_to=dump"},
            {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
        ),
        ({"XLA_FLAGS": "flags.txt"}, {}),
        ({"TF_XLA_FLAGS": "--tf_xla_auto_jit=2", "TF2_BEHAVIOR": "0"}, {}),
        ({"KERAS_HOME": "home", "AUTOGRAPH_STRICT_CONVERSION": "1"}, {}),
        ({"TQDM_MININTERVAL": "a", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "cpp"}, {}),
        ({"ONEDNN_DEFAULT_FPMATH_MODE": "BF16", "DNNL_DEFAULT_FPMATH_MODE": "ANY"}, {}),
        ({"TF_NUM_INTRAOP_THREADS": "1"}, {"TF_NUM_INTRAOP_THREADS": "1"}),
        ({"TF_CPP_MIN_LOG_LEVEL": "0"}, {"TF_CPP_MIN_LOG_LEVEL": "0"}),
        (
            {"ONEDNN_MAX_CPU_ISA": "SSE41", "HOME": "/"},
            {"ONEDNN_MAX_CPU_ISA": "SSE41", "HOME": "/"},
        ),
    ],
)
def test_only_limits_and_logs_pass(told, left):
    """Whatever else a shell says, the same is computed."""
    settle(told)

    assert told == left
