"""Stand-ins for other processors: what they compute otherwise, and what they do not."""

import json
import os
import subprocess
import sys

import pytest

from tests.project import ROOT

# Trains, exports and answers in a process of its own; beside it, the same kinds of sums in the
# usual precision, which is what shows that a stand-in is one.
SCRIPT = """
import hashlib, json, sys
import numpy as np
from regression.network.backend import tf
from regression.network.ensemble import average
from regression.network.saving import export, save
from regression.model.exported import predict
from regression.params import Train
from regression.scores.baselines import least_squares
from regression.network.training import Fold, fit, member_seeds
from tests.network import build, optimizer

generator = np.random.default_rng(0)
x = generator.uniform(1, 9000, (60, 3)).astype("float32")
y = (x @ [[0.5], [0.1], [-0.2]] + generator.normal(size=(60, 1))).astype("float32")
rows, columns = generator.normal(size=(2, 300, 300)).astype("float32")


def md5(content):
    return hashlib.md5(content).hexdigest()


def kernel(a, b):
    return tf.nn.tanh(a @ b) * a + b


control = {
    "XLA": tf.function(kernel, jit_compile=True)(rows, columns).numpy(),
    "oneDNN": tf.constant(rows) @ tf.constant(columns),
    "OpenBLAS": rows @ columns,
    "NumPy": np.exp(rows.astype("float64")) + np.log(np.abs(columns.astype("float64"))),
}
found = {name: md5(np.asarray(values).tobytes()) for name, values in control.items()}
base = {"scaling": "max", "layers": [32, 16], "dropout": 0.0, "weight_decay": 0.0}
base |= {"learning_rate": 0.01, "batch_size": 7, "epochs": 60, "members": 3, "seed": 0}
base |= {"folds": 2}
for name, changes in {
    "tutorial": {"layers": [500, 100, 50], "epochs": 5},
    "regularised": {"scaling": "standard", "dropout": 0.3, "weight_decay": 3.0},
    "smallest": {"layers": [1], "members": 1, "batch_size": 1, "epochs": 3},
    "one predictor": {"members": 1, "layers": [16]},
}.items():
    inputs = x[:, :1] if name == "one predictor" else x
    params = Train(**base | changes)
    members = [build(inputs, y, params, seed) for seed in member_seeds(params)]
    parts = [(np.arange(20, 60), np.arange(20)), (np.arange(40), np.arange(40, 60))]
    folds = [Fold(build(inputs[part[0]], y[part[0]], params, 0), *part) for part in parts]
    history = fit(members, inputs, y, params, optimizer, folds)
    model = average(members)
    save(model, "model.keras")
    export(model, "model.tflite")
    parts = [open("model.keras", "rb").read(), open("model.tflite", "rb").read()]
    parts += [history.losses.tobytes(), history.val_losses.tobytes()]
    parts += [predict("model.tflite", inputs).tobytes(), *map(np.ndarray.tobytes, history.answers)]
    found[name] = [md5(part) for part in parts]
lines = np.hstack([generator.normal(size=(300, 11)), generator.normal(size=(300, 1)) + 1e9])
found["least squares"] = md5(least_squares(lines[:, :-1], lines[:, -1]).tobytes())
print(json.dumps(found))
"""
CONTROLS = {"XLA", "oneDNN", "OpenBLAS", "NumPy"}

# As an older processor would, each library in its way.
OLDER_PROCESSOR = {
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Nehalem",
}
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS")} | {
    f"TF_NUM_{kind}OP_THREADS": "1" for kind in ("INTRA", "INTER")
}


def computed(folder, **settings: str) -> dict:
    environment = {name: os.environ[name] for name in os.environ if name not in THREADS}
    environment.pop("OPENBLAS_CORETYPE", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)} | settings,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> dict:
    return computed(tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize(
    "settings", [OLDER_PROCESSOR | THREADS, {"XLA_FLAGS": "--xla_cpu_max_isa=AVX"}]
)
def test_another_processor_makes_the_same_bytes(here, tmp_path, settings):
    """Of models, losses and answers, on one thread too; other sums show that it is another."""
    there = computed(tmp_path, **settings)

    if settings.keys() >= OLDER_PROCESSOR.keys():
        assert any(there[control] != here[control] for control in CONTROLS)
    for name in here.keys() - CONTROLS:
        assert there[name] == here[name], name
