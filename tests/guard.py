"""Fail a test that looks at what happens to be committed, unless it is marked `committed`."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.project import ROOT, STATE

READ = {"open", "os.listdir", "os.scandir", "shutil.copyfile"}
TAKE = {"os.link", "os.rename", "os.symlink", "shutil.copytree", "shutil.move"}
START = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"}

# What libraries ask of the system, wherever they are.
PROBES = {"fc-list", "file", "ldconfig", "lscpu", "uname"}

FOLDERS = {"data", "models", "metrics"}
PATH_IN_PROJECT = re.compile(rf"{re.escape(str(ROOT))}(?![\w.-])/?([\w./-]*)")


class Watch:
    """Watches the process that runs the tests, by Python's audit events."""

    def __init__(self):
        self.lifted = True  # until tests are collected
        self.found: list[str] = []

    def audit(self, event: str, arguments: tuple) -> None:
        if self.lifted or event not in READ | TAKE | START:
            return
        with self.lift():  # while it looks, it opens files itself
            seen = breach(event, arguments)
        if seen:
            self.found.append(seen)
            # No Exception: what the code under test catches should not catch this.
            pytest.fail(seen, pytrace=True)

    @contextmanager
    def lift(self) -> Iterator[None]:
        before, self.lifted = self.lifted, True
        try:
            yield
        finally:
            self.lifted = before


def breach(event: str, arguments: tuple) -> str | None:
    """What an audit event does to the committed state of the working tree; None if nothing."""
    if event in START:
        return breach_of_process(event, arguments)
    for path in arguments:
        if isinstance(path, str | bytes | os.PathLike):
            name = inside(path)
            if event == "open" and name in FOLDERS:  # of a clone's, while it is removed
                continue
            if name and (is_state(name) or (event in TAKE and name == ".")):
                return f"{event} {name}: a test of the code should use the frozen project's"
    return None


def breach_of_process(event: str, arguments: tuple) -> str | None:
    texts = list(map(os.fsdecode, flat(arguments[:2])))
    folder = arguments[2] if event == "subprocess.Popen" else None
    if Path(texts[0]).name in PROBES:
        return None
    named = [
        match[1].rstrip("/") or "." for text in texts for match in PATH_IN_PROJECT.finditer(text)
    ]
    command = " ".join(texts[1:] or texts)[:200]
    if inside(folder or os.getcwd()):
        return f"{command}: a test of the code should run it in a clone, not in the working tree"
    if any(is_state(name) or name == "." or name.startswith(".git") for name in named):
        return f"{command}: a test of the code should name the frozen project or a clone"
    return None


def flat(arguments: object) -> Iterator[str | bytes]:
    """The texts in nested arguments of a process."""
    if isinstance(arguments, str | bytes):
        yield arguments
    elif isinstance(arguments, os.PathLike):
        yield os.fspath(arguments)
    elif isinstance(arguments, list | tuple):
        for argument in arguments:
            yield from flat(argument)


def inside(path: str | bytes | os.PathLike) -> str | None:
    """A path relative to the working tree; None where it lies elsewhere."""
    real = Path(os.path.realpath(os.fsdecode(path)))
    return real.relative_to(ROOT).as_posix() if real.is_relative_to(ROOT) else None


def is_state(name: str) -> bool:
    return name in FOLDERS or STATE.fullmatch(name) is not None


WATCH = Watch()
sys.addaudithook(WATCH.audit)


def pytest_collectstart(collector: pytest.Collector) -> None:
    WATCH.lifted = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    if item.get_closest_marker("committed"):
        with WATCH.lift():
            return (yield)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Fail where the guard's own failure was caught, or raised in another thread."""
    report = yield
    if WATCH.found and report.passed:
        report.outcome, report.longrepr = "failed", "\n".join(WATCH.found)
    WATCH.found.clear()
    return report
