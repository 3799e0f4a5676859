"""Clones of the frozen project, made once for all tests and all who run them."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from tests import guard
from tests.project import FROZEN, MONTHS, PARAMS, ROOT, SMALL, TABLE, Clone, build_repository

# As backend.py has it, which some tests import after TensorFlow.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

# As regression/report/backend.py has it, which some tests import after Matplotlib.
os.environ.pop("MPLBACKEND", None)

# A job in a shell's background is started deaf to Ctrl-C, and so is whatever it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(guard)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole",
        action="store_true",
        help="where a test commits something, run all tests in its clone, not the marked ones",
    )


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id) -> Callable[[str, Callable[[Path], None]], Path]:
    """Have a folder filled by the first of the workers that run the tests side by side."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def once(name: str, fill: Callable[[Path], None]) -> Path:
        folder, filled = base / name, base / f"{name}.filled"
        with FileLock(base / f"{name}.lock"):
            if not filled.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                filled.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def repository(once) -> Path:
    """A Git repository, on branch main, of the code as it stands and the frozen project."""

    def fill(path: Path) -> None:
        with guard.WATCH.lift():
            build_repository(path)

    return once("repository", fill)


@pytest.fixture
def clone(repository, tmp_path) -> Clone:
    """A fresh clone, with nothing in its cache."""
    return Clone.of(repository, tmp_path / "clone")


@pytest.fixture(scope="session")
def reproduced(once, repository) -> Clone:
    """A clone after `make repro`, committed; tests that change something work on a copy."""

    def fill(path: Path) -> None:
        clone = Clone.of(repository, path / "clone", TZ="UTC", LC_ALL="C.UTF-8")
        environment = clone.path / ".venv"  # the one that the tests run in, as if just installed
        environment.mkdir()
        for part in Path(sys.prefix).iterdir():
            (environment / part.name).symlink_to(part)
        (environment / "requirements.txt").unlink(missing_ok=True)
        shutil.copy(ROOT / "requirements.txt", environment)
        (path / "printed.txt").write_text(clone.run("make repro"))
        clone.run("git commit -qa --allow-empty -m 'Run the pipeline'")

    return Clone(once("reproduced", fill) / "clone", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.fixture(scope="session")
def small(once, reproduced) -> Clone:
    """The same, trained small and committed: what there is to change takes seconds."""

    def fill(path: Path) -> None:
        clone = reproduced.copy(path / "clone")
        clone.set(SMALL)
        assert clone.repro() == ["train", "evaluate"]
        clone.run("git commit -qam 'Train small networks'")

    return Clone(once("small", fill) / "clone")


@pytest.fixture(scope="session")
def rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tutorial's rows to train on and to test on."""
    from regression.raw import read_table
    from stages.prepare import prepare
    from stages.split import split

    table = read_table(str(FROZEN / "data/table.csv"), TABLE, PARAMS.prepare.columns)
    return split(prepare(table, PARAMS.prepare, MONTHS), PARAMS.split)


@pytest.fixture
def stays_green(request, tmp_path) -> Callable[[Clone], str]:
    """Run what must hold for any commit in a clone; with --whole, all tests."""
    tests = "-m committed tests/test_committed.py"
    if request.config.getoption("--whole"):
        tests = "--numprocesses 2 --dist worksteal"
    return lambda clone: clone.run(f"python -m pytest -q --basetemp={tmp_path}/green {tests}")
