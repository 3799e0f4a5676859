"""What all tools have in common: help, wrong arguments, Ctrl-C, and a reader that leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT

GUARD = 'if __name__ == "__main__":'
TOOLS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for folder in ("tools", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if GUARD in path.read_text() and "usual" not in path.parts
)

# Runs every program in one process, as `python -m` would, first with --help.
RUN_ALL = """
import contextlib, io, json, runpy, sys

def run(module, argument):
    printed, told = io.StringIO(), io.StringIO()
    sys.argv = [module, argument]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told):
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as end:
            return end.code, printed.getvalue(), told.getvalue()

found = {
    module: [*(run(module, argument) for argument in ("--help", "--no-such")),
             "tensorflow" in sys.modules]
    for module in sys.argv[1:]
}
print(json.dumps(found))
"""

# Interrupts a program when it imports a module.
INTERRUPT = """
import os, signal, sys

def interrupt(event, arguments):
    if event == "import" and arguments[0] == os.environ["AT"]:
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
"""


def python(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a folder that has nothing of the project, on the project's code."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, list]:
    """What each tool says of --help and of an option that it does not have."""
    folder = tmp_path_factory.mktemp("away")
    # One tool may have imported another before, on which runpy remarks.
    done = python(folder, "-W", "ignore:::runpy", "-c", RUN_ALL, *TOOLS, COLUMNS="1000")
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("tool", TOOLS)
def test_help_is_given_before_anything_heavy_is_imported(tool, answers):
    """How to call it and what it does, without TensorFlow."""
    (code, printed, told), _, tensorflow = answers[tool]

    assert (code, told, tensorflow) == (0, "", False)
    assert printed.startswith(f"usage: python -m {tool} ")
    assert docstring(tool) in " ".join(printed.split())


def docstring(tool: str) -> str:
    path = ROOT / tool.replace(".", "/")
    source = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    return " ".join(source.read_text().split('"""')[1].split())


@pytest.mark.parametrize("tool", TOOLS)
def test_an_unknown_argument_is_refused_in_one_line(tool, answers):
    """Exit code 2, and where to read more; nothing is begun."""
    _, (code, printed, told), _ = answers[tool]

    assert (code, printed) == (2, "")
    assert told.endswith(f"; see python -m {tool} --help\n")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("program", "module"),
    [
        ("tools.predict", "tools.command"),
        ("tools.review", "tools.command"),
        ("stages.split", "regression.params"),
        ("stages.train", "tensorflow"),
    ],
)
def test_ctrl_c_while_imports_run_is_one_line(program, module, tmp_path):
    """Exit code 130; within a stage the way back, though TensorFlow is being imported."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT)
    stage = program.removeprefix("stages.") if program.startswith("stages.") else ""

    done = python(tmp_path, "-m", program, AT=module, DVC_STAGE=stage)

    told, *way_back = done.stderr.splitlines()
    assert (done.returncode, done.stdout, told) == (130, "", "interrupted")
    assert [line.split(";")[0] for line in way_back] == (
        [f"DVC has removed the outputs of stage {stage}"] if stage else []
    )


def test_ctrl_c_is_left_to_those_who_import_a_tool(tmp_path):
    """A notebook, a test or a server handles it as ever."""
    script = (
        "import signal, tools.verify, stages.split\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    )
    (tmp_path / "program.py").write_text(script)

    for arguments in (["-c", script], ["program.py"], ["-m", "program"]):
        assert python(tmp_path, *arguments).stderr == ""


def test_what_is_ignored_stays_ignored(tmp_path):
    """As under nohup, or in a script's background."""
    (tmp_path / "sitecustomize.py").write_text(
        f"{INTERRUPT}\nsignal.signal(signal.SIGINT, signal.SIG_IGN)"
    )

    done = python(tmp_path, "-m", "tools.check_lock", "--help", AT="tools.command")

    assert done.returncode == 0


@pytest.mark.parametrize("tool", ["verify", "review HEAD --json"])
def test_a_reader_may_leave(tool, clone):
    """No traceback: 0, as if it had read on."""
    clone.run(f"set -o pipefail; python -m tools.{tool} 2> ../told | true")

    assert (clone.path.parent / "told").read_text() == ""
