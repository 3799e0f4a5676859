"""Keras and TensorFlow, imported without their remarks and without what training does not need."""

import logging
import os
import sys

# Errors reach Python as exceptions; what is left are remarks on processors and missing GPUs.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Not what a user's own ~/.keras/keras.json says, here and at the end.
os.environ["KERAS_BACKEND"] = "tensorflow"

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

keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

__all__ = ["keras", "tf"]
