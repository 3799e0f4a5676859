"""Nothing outlives the process that started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tools.leash import Leash

OWNER = """
import os, sys
from pathlib import Path
from tools.leash import Leash
with Leash(Path(sys.argv[1])) as leash:
    script = "sleep 1000 & sleep 1000"
    leash.run("bash", "-c", script, folder=leash.folder, environment=dict(os.environ))
"""


def inside(folder: Path) -> list[psutil.Process]:
    """The processes that work in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not (there := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return there


def start(place: Path, repository: Path) -> subprocess.Popen:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, place], cwd=repository)
    assert wait_until(lambda: len(inside(place)) == 5)  # leader, watcher, bash, two that sleep
    return owner


def test_killed(repository, tmp_path):
    """After SIGKILL no command is left, not those that a command started, and no folder."""
    owner = start(tmp_path, repository)
    owner.kill()
    owner.wait()
    assert wait_until(lambda: not inside(tmp_path) and os.listdir(tmp_path) == ["lock"])


def test_interrupted(repository, tmp_path):
    """After Ctrl-C neither is left once the process has ended."""
    owner = start(tmp_path, repository)
    owner.send_signal(signal.SIGINT)
    owner.wait(30)
    assert not inside(tmp_path)
    assert os.listdir(tmp_path) == ["lock"]


def test_command_killed(repository, tmp_path):
    """What a command started does not go on without it, and its process is not waited for."""
    owner = start(tmp_path, repository)
    (command,) = (each for each in inside(tmp_path) if each.name() == "bash")
    command.kill()
    assert owner.wait(30)
    assert not inside(tmp_path)


def test_left_over(tmp_path):
    """What a machine that went down left is removed by the next trial; what is in use stays."""
    (tmp_path / "old/clone").mkdir(parents=True)
    with Leash(tmp_path) as one, Leash(tmp_path) as other:
        assert {one.folder.name, other.folder.name, "lock"} == {*os.listdir(tmp_path)}
    assert os.listdir(tmp_path) == ["lock"]
