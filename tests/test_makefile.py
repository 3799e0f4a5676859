"""The Makefile: what it is told is data, and what a shell says stays out."""

import re
import subprocess

import pytest

from tests.project import ROOT, Clone

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE)

# Whoever calls make, or named the branch that it is called for, chose what these hold.
TOLD = set(re.findall(r"\$[({](?:call quoted,|value )?([A-Z]+)\b", MAKEFILE)) - {"CURDIR", "PATH"}

HOSTILE = ["x';>owned;'", "$(shell >owned)", "$$(>owned)`>owned`", "${PATH}", "#$x \\", "--fail-on"]

# Stands in for every program of .venv; leaves its name, its arguments and its environment.
STAND_IN = """#!/bin/sh
{ echo "$0"; printf '<%s>' "$@"; echo; env; } >> "$CALLS"
"""


@pytest.fixture
def project(tmp_path) -> Clone:
    """A folder with the Makefile, and with stand-ins where it has its programs."""
    programs = tmp_path / "project/.venv/bin"
    programs.mkdir(parents=True)
    (tmp_path / "project/Makefile").write_text(MAKEFILE)
    for name in ("requirements.txt", ".venv/requirements.txt"):
        (tmp_path / "project" / name).touch()
    for name in re.findall(r"\.venv/bin/([\w-]+)", MAKEFILE):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    return Clone(tmp_path / "project", CALLS=str(tmp_path / "calls"))


def make(project: Clone, *arguments: str, **environment: str) -> str:
    """Run make; return what the stand-ins left."""
    subprocess.run(
        ["make", "--keep-going", *arguments],
        cwd=project.path,
        env=project.environment | environment,
        capture_output=True,
    )
    calls = project.path.parent / "calls"
    text = calls.read_text() if calls.exists() else ""
    calls.unlink(missing_ok=True)
    return text


def test_every_variable_is_quoted():
    """A new one too."""
    assert {"BASE", "HEAD", "PYTHON", "VERIFIED"} <= TOLD
    recipes = re.findall(r"^\t.*", MAKEFILE, re.MULTILINE)
    used = [name for line in recipes for name in re.findall(r"(?<!\$)\$[({](.+?)[)}]", line)]
    assert [name for name in used if not name.startswith("call quoted,")] == []


@pytest.mark.parametrize("variable", sorted(TOLD))
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_variable_holds_runs_nothing_and_arrives_as_it_is(project, variable, text):
    """On the command line and in the environment."""
    if variable == "PYTHON":  # which the set-up alone looks at
        (project.path / "requirements.txt").write_text("other")

    told = make(project, *TARGETS, f"{variable}={text}") + make(
        project, *TARGETS, "-e", **{variable: text}
    )

    assert not (project.path / "owned").exists()
    assert variable == "PYTHON" or len(re.findall(f"[<=]{re.escape(text)}>", told)) >= 2


def test_a_python_is_run_by_its_path(project):
    """Which may have spaces."""
    (project.path / "requirements.txt").write_text("other")
    python = project.path / "a python"
    python.write_text(STAND_IN)
    python.chmod(0o755)

    assert f"{python}\n<-m><venv>" in make(project, "setup", f"PYTHON={python}")


@pytest.mark.parametrize("name", ["PYTHONSAFEPATH", "PYTHONWARNINGS", "PYTHONPATH", "GIT_DIR"])
def test_what_a_shell_tells_another_python_or_git_stays_out(project, name):
    """Neither stops a stage or has it import what is not in .venv."""
    told = make(project, "repro", **{name: "x", "OTHER": "x"})

    assert "OTHER=x" in told
    assert f"{name}=" not in told


def test_experiments_show_what_they_are_sorted_by(clone):
    """Where every row has the same, too: there --only-changed leaves a column out."""
    command = re.search(r"\.venv/bin/(dvc exp show .*)", MAKEFILE)[1].partition(" --drop")[0]

    assert "validation.rmse" in clone.run(command)
