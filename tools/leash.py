"""Commands that do not outlive the process that starts them, nor does the folder they work in."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import IO

from regression.errors import InputError
from tools.table import locked

# Leads the group of the commands. Its child watches: once nobody is left who could write to
# their standard input, however that came about, it kills the group and removes the folder.
LEADER = """
import os, shutil, signal, sys, time
leader = os.getpid()
if os.fork():
    signal.pause()
os.setsid()
while os.read(0, 1):
    pass
os.killpg(leader, signal.SIGKILL)
for _ in range(100):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not os.path.exists(sys.argv[1]):
        break
    time.sleep(0.1)
"""


class Leash:
    """A new folder for commands, and the group of processes that they run in.

    Both are gone when the block ends or this process does, by SIGKILL too.
    """

    everyone: set["Leash"] = set()  # noqa: RUF012  (of this process)

    def __init__(self, place: Path):
        place.mkdir(parents=True, exist_ok=True)
        with open(place / "lock", "a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            remove_left_over(place)
            self.folder = Path(mkdtemp(dir=place)).resolve()
            with open(self.folder / "lock", "a") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                self.leader = subprocess.Popen(
                    [sys.executable, "-IS", "-c", LEADER, self.folder],
                    cwd=place,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    process_group=0,
                    pass_fds=[held.fileno()],
                )

    def __enter__(self) -> "Leash":
        Leash.everyone.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.pipe(self.leader.stdout).read()  # until leader and child are gone
        self.pipe(self.leader.stdout).close()
        self.leader.wait()
        Leash.everyone.discard(self)

    def end(self) -> None:
        self.pipe(self.leader.stdin).close()

    @staticmethod
    def pipe(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream

    def run(self, *command: str, folder: Path, environment: dict[str, str]) -> str:
        """What a command prints, errors included; raises InputError with what it ended with."""
        with TemporaryFile() as printed:  # what a killed command started could hold a pipe open
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                process_group=self.leader.pid,
            )
            printed.seek(0)
            text = printed.read().decode(errors="replace")
        if done.returncode:
            raise InputError(f"{shown(command)}: {last_words(text, done.returncode)}")
        return text


def shown(command: tuple[str, ...]) -> str:
    """A command as one knows it: its program and what that is told to do."""
    known = command[2:] if command[0] == sys.executable else command
    return " ".join(known[: 3 if known[1] == "exp" else 2])


def last_words(printed: str, code: int) -> str:
    """The last line; where DVC tells of an error, that error to its end."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("ERROR: ")]
    last = " ".join(lines[errors[-1] if errors else -1 :])
    return last.removeprefix("ERROR: ") or f"it ended with {code}"


def remove_left_over(place: Path) -> None:
    """Remove the folders that nobody works in any more: after a power cut, say."""
    for folder in filter(Path.is_dir, place.iterdir()):
        try:
            with locked(folder / "lock"):
                shutil.rmtree(folder)
        except (BlockingIOError, FileNotFoundError):
            continue
