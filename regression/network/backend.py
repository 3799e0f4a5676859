"""Keras and TensorFlow, imported quietly, and without what training does not need."""

import logging
import os
import sys
from collections.abc import MutableMapping

# What a shell's variables begin with that these libraries read, and those that they bring along.
OTHERS = (
    *("AUTOGRAPH_", "KERAS_", "TF_", "TF2_", "XLA_"),
    *("DNNL_DEFAULT_", "ONEDNN_DEFAULT_", "PROTOCOL_BUFFERS_", "TQDM_"),
)


def settle(environment: MutableMapping[str, str]) -> None:
    """Take out what a user's shell tells TensorFlow and Keras: it could change what they compute.

    Limits stay, of threads and of the processor's instructions, and what is logged.
    """
    flags = environment.get("XLA_FLAGS", "").split()
    for name in list(environment):
        told = name.startswith(OTHERS)
        if told and not name.startswith(("TF_CPP_", "TF_NUM_")):
            del environment[name]
    if limits := [flag for flag in flags if flag.startswith("--xla_cpu_max_isa=")]:
        environment["XLA_FLAGS"] = " ".join(limits)


settle(os.environ)

# Errors reach Python as exceptions; what is left are remarks on processors and missing GPUs.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Not what a user's own ~/.keras/keras.json says, here and at the end.
os.environ |= {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}

# Keras imports these where it finds them: a third of its time to start.
unneeded = {"matplotlib", "sklearn"} - sys.modules.keys()
sys.modules.update(dict.fromkeys(unneeded))  # type: ignore[arg-type]  # None: not to be had

# TensorFlow writes a few lines to standard error before it reads its log level.
stderr = os.dup(2)
with open(os.devnull, "w") as devnull:
    os.dup2(devnull.fileno(), 2)
try:
    import keras
    import tensorflow as tf
finally:
    os.dup2(stderr, 2)
    os.close(stderr)
    for name in unneeded:
        del sys.modules[name]

# It remarks that each network compiles a step of its own.
logging.getLogger("tensorflow").setLevel("ERROR")

# On a GPU the same training would end in other weights.
tf.config.set_visible_devices([], "GPU")

keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

__all__ = ["keras", "tf"]
