"""What a user's shell may tell TensorFlow, and what it may not."""

import pytest

from regression.network.backend import settle


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
