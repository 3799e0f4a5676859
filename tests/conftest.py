"""Clones of the project, made once for all tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import stages.backend  # noqa: F401  (before Keras itself, so that TensorFlow keeps its remarks)
from project import ROOT, Clone


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A Git repository, on branch main, of the files as they stand in the working tree."""
    path = tmp_path_factory.mktemp("repository")
    names = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, encoding="utf-8"
    )
    for name in names.splitlines():
        if (ROOT / name).exists():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    Clone(path).run("git init -q -b main && git add . && git commit -qm Project")
    return path


@pytest.fixture
def clone(repository, tmp_path) -> Clone:
    """A fresh clone, with nothing in its cache."""
    Clone(tmp_path).run(f"git clone -q {repository} clone")
    return Clone(tmp_path / "clone")


@pytest.fixture(scope="session")
def reproduced(repository, tmp_path_factory) -> Clone:
    """A clone after `make repro`; tests that change something work on a copy of it."""
    clone = Clone(tmp_path_factory.mktemp("first") / "clone", TZ="UTC", LC_ALL="C.UTF-8")
    subprocess.run(["git", "clone", "-q", repository, clone.path], check=True)
    environment = clone.path / ".venv"  # the one that the tests run in, as if just installed
    environment.mkdir()
    for part in Path(sys.prefix).iterdir():
        (environment / part.name).symlink_to(part)
    (environment / "requirements.txt").unlink(missing_ok=True)
    shutil.copy(ROOT / "requirements.txt", environment)
    clone.run("make repro")
    return clone
