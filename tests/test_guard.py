"""No test of the code depends on what happens to be committed."""

import os
import subprocess
import sys

import pytest

from tests.guard import breach
from tests.project import FROZEN, ROOT

GIT = ["git", "clone", str(ROOT), "/tmp/clone"]


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", (str(ROOT / "params.yaml"), "r", 0)),
        ("open", (os.fsencode(ROOT / "dvc.lock"), "r", 0)),
        ("open", (ROOT / "tests/../metrics/metrics.json", "r", 0)),
        ("open", (os.path.relpath(ROOT / "data/table.csv"), "r", 0)),
        ("open", (str(ROOT / ".dvc/config"), "r", 0)),
        ("os.listdir", (str(ROOT / "models"),)),
        ("shutil.copyfile", (str(ROOT / "recipes/forecast"), "x")),
        ("shutil.copytree", (ROOT, "x")),
        ("os.symlink", (str(ROOT), "x", -1)),
        ("subprocess.Popen", ("git", GIT, "/tmp", None)),
        ("subprocess.Popen", ("git", ["git", "clone", f"file://{ROOT}/.git"], "/tmp", None)),
        ("subprocess.Popen", ("bash", ["bash", "-c", f"cp {ROOT}/metrics/* ."], "/tmp", None)),
        ("subprocess.Popen", ("make", ["make", "test"], str(ROOT), None)),
        ("subprocess.Popen", ("git", ["git", "log"], ROOT / "tests", None)),
        ("os.system", (f"cd {ROOT} && dvc status".encode(),)),
    ],
)
def test_what_a_commit_moves_is_out_of_bounds(event, arguments):
    """To read it, to take it elsewhere, and to run something in it."""
    assert breach(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", (str(ROOT / "stages/train.py"), "r", 0)),
        ("open", (str(ROOT / "data/README.md"), "r", 0)),
        ("open", (str(FROZEN / "params.yaml"), "r", 0)),
        ("open", (3, "r", 0)),
        ("os.scandir", (str(ROOT),)),
        ("shutil.copytree", (FROZEN, "x")),
        ("subprocess.Popen", (sys.executable, [sys.executable, "-c", "pass"], "/tmp", None)),
        ("subprocess.Popen", ("git", ["git", "clone", f"{ROOT}-2"], "/tmp", None)),
    ],
)
def test_the_code_and_the_frozen_project_are_not(event, arguments, tmp_path, monkeypatch):
    """They are the same whatever was committed."""
    monkeypatch.chdir(tmp_path)

    assert breach(event, arguments) is None


UNMARKED = f"""
import contextlib, subprocess, threading
import pytest

def read():
    open("{ROOT}/params.yaml").close()

def test_reads(): read()

def test_hides_it():
    with contextlib.suppress(BaseException): read()

def test_runs(): subprocess.run(["git", "status"], cwd="{ROOT}")

@pytest.mark.committed
def test_marked(): read()
"""


def test_a_test_that_does_so_fails_unless_it_is_marked(tmp_path):
    """Whatever it catches."""
    (tmp_path / "test_these.py").write_text(UNMARKED)

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.guard",
            "--basetemp=tmp",
            "test_these.py",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        encoding="utf-8",
    )

    assert "3 failed, 1 passed" in done.stdout
    assert "params.yaml: a test of the code should use the frozen project's" in done.stdout
