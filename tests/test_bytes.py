"""The same commit makes the same bytes, on another processor too."""

import json

import pytest

from tests.project import STAGES, Clone, listed, modules
from tests.regression.network.test_processors import OLDER_PROCESSOR

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
}
FLAGS = "--xla_cpu_enable_fast_math=true --xla_backend_optimization_level=0"

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
def elsewhere(repository, reproduced, tmp_path_factory) -> Clone:
    """A second clone, reproduced with everything different that should not matter.

    The processor does matter to a network that Keras trains.
    """
    exact = json.loads((reproduced.path / "models/model.json").read_text())["exact"]
    processor = OLDER_PROCESSOR if exact else {"XLA_FLAGS": ""}
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
        **SHELL | processor | {"XLA_FLAGS": f"{FLAGS} {processor['XLA_FLAGS']}"},
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
    """Whatever the folder, time, zone, locale, hash seed, shell, home, umask, threads, processor.

    test_processors.py sees that what stands in for another processor does. The picture is drawn
    with the same libraries.
    """
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
