"""The same commit makes the same bytes, on another processor too."""

import json

import pytest

from tests.project import STAGES, Clone, listed, modules

# Settings that make libraries compute as an older processor would; test_processors.py sees that
# they do.
OLDER_PROCESSOR = {
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Nehalem",
}

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


def test_an_older_processor_makes_the_same_bytes(small, tmp_path):
    """From the table on, the picture included: it draws with the same libraries."""
    if not json.loads((small.path / "models/model.json").read_text())["exact"]:
        pytest.skip("what stages/train.py builds is trained by Keras, in each processor's own way")
    copy = small.copy(tmp_path / "copy", **OLDER_PROCESSOR)

    for stage in STAGES:
        copy.run(f"python -W ignore -m stages.{stage}")

    assert copy.outputs() == small.outputs()
