"""The same commit makes the same bytes, and on another processor the same metrics."""

from pathlib import Path

import pandas as pd
import pytest

from tests.project import STAGES, Clone, listed, modules

# Settings that make TensorFlow compute as an older processor would: which of them changes
# anything depends on the processor and on how TensorFlow was built.
OLDER_PROCESSORS = [
    {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
]

# What a user may have at home, for other work.
PERSONAL_SETTINGS = {
    ".keras/keras.json": '{"backend": "jax", "floatx": "float99", "epsilon": 0.1}',
    ".config/matplotlib/matplotlibrc": "font.size: 20\ntimezone: Asia/Kathmandu",
    ".config/git/ignore": "*",
}

# What a user's shell, or a notebook's kernel, may say to other work.
SHELL = {
    "AUTOGRAPH_STRICT_CONVERSION": "1",
    "CUDA_VISIBLE_DEVICES": "0",
    "KERAS_BACKEND": "jax",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NPY_PROMOTION_STATE": "legacy",
    "PANDAS_FUTURE": "legacy",
    "PYTHONOPTIMIZE": "2",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--no_such_flag",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_backend_optimization_level=0",
}

# Python imports this in every process; within a stage it notes each file that is opened.
RECORDER = """
import os, sys

def record(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path, mode, flags = arguments
        path = os.path.relpath(path, os.environ["DVC_ROOT"])
        kind = "write" if flags & (os.O_WRONLY | os.O_RDWR) else "read"
        os.write(log, f"{kind} {path}\\n".encode())

if stage := os.environ.get("DVC_STAGE"):
    log = os.open(f"{os.environ['RECORDS']}/{stage}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.addaudithook(record)
"""


@pytest.fixture(scope="module")
def elsewhere(repository, tmp_path_factory) -> Clone:
    """A second clone, reproduced with everything different that should not matter."""
    folder = tmp_path_factory.mktemp("another place")
    (folder / "records").mkdir()
    (folder / "sitecustomize.py").write_text(RECORDER)
    for name, text in PERSONAL_SETTINGS.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    clone = Clone.of(
        repository,
        folder / "clone",
        "-c core.autocrlf=true",
        **SHELL,
        HOME=str(folder),
        XDG_CONFIG_HOME=str(folder / ".config"),
        TZ="Asia/Kathmandu",
        LC_ALL="C",
        PYTHONHASHSEED="12345",
        OMP_NUM_THREADS="1",
        TF_NUM_INTRAOP_THREADS="1",
        TF_NUM_INTEROP_THREADS="1",
        PYTHONPATH=str(folder),
        PYTHONDONTWRITEBYTECODE="1",
        RECORDS=str(folder / "records"),
    )
    clone.run("dvc pull -q data/table.csv.dvc && umask 077 && dvc repro --force")
    return clone


def test_every_output_has_the_same_bytes(reproduced, elsewhere):
    """Folder, time, time zone, locale, hash seed, shell, home, umask and threads change nothing."""
    assert elsewhere.outputs() == reproduced.outputs()
    assert elsewhere.run("cat dvc.lock") == reproduced.run("cat dvc.lock")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_opens_what_dvc_yaml_lists_and_nothing_else(elsewhere, stage):
    """No dependency is forgotten, none is listed in vain, and every file has one writer."""
    records = (elsewhere.path.parent / "records" / stage).read_text().splitlines()
    opened = {kind: set() for kind in ("read", "write")}
    for kind, path in (record.split(" ", 1) for record in records):
        name = path.replace("/.", "/").replace(".partial.", ".")  # as renamed when whole
        file = elsewhere.path / name
        if not name.startswith("..") and file.is_file() and file.stat().st_size:
            opened[kind].add(name)

    beside = {"params.yaml", "requirements.txt"}  # in dvc.yaml, but not as something to open
    deps = set().union(*map(modules, listed(stage, "deps")))
    assert opened["read"] - opened["write"] - beside == deps - beside
    assert opened["write"] == listed(stage, "outs", "metrics", "plots").keys()


def retrained(clone: Clone, path: Path, **environment: str) -> Clone:
    """A copy of a clone after its stages train and evaluate have run with `environment`."""
    copy = clone.copy(path, **environment)
    copy.run("python -m stages.train && python -m stages.evaluate")
    return copy


def test_another_processor_gives_the_same_metrics(reproduced, tmp_path):
    """The weights differ in their last bits, no metric does, and predictions by 0.1 at most."""
    copy = reproduced.copy(tmp_path / "copy")
    copy.set({"train.epochs": 200, "train.members": 2})
    here = retrained(copy, tmp_path / "here")
    for number, environment in enumerate(OLDER_PROCESSORS):
        there = retrained(copy, tmp_path / str(number), **environment)
        if there.outputs()["models/model.tflite"] != here.outputs()["models/model.tflite"]:
            break
    else:
        pytest.fail(f"none of {OLDER_PROCESSORS} changes a bit of the weights on this processor")

    assert there.outputs()["metrics/metrics.json"] == here.outputs()["metrics/metrics.json"]
    predictions, history = (
        [pd.read_csv(clone.path / f"metrics/{name}.csv", index_col=0) for clone in (here, there)]
        for name in ("predictions", "history")
    )
    assert (predictions[0] - predictions[1]).abs().max(axis=None) < 0.1 + 1e-9
    assert (history[0] / history[1] - 1).abs().max(axis=None) < 1e-5 + 1e-9  # of six digits
