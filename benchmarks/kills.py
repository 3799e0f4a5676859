"""Kill a running pipeline at any moment, and fill its disk: the next `make repro` heals it.

Works in clones of HEAD, with small networks. Prints, as Markdown, how many rounds of each kind
left a half-written output behind, and after how many every byte is that of a clean run.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import cycle, islice, product
from pathlib import Path

import psutil
import yaml
from tqdm import tqdm

from regression.errors import PROJECT, InputError, complain, run, say
from regression.report.markdown import markdown_table
from tools.command import Parser, whole_number

SMALL = {"layers": [8], "epochs": 1, "members": 2}
FOLDERS = ("data", "models", "metrics")
KILLS = [
    f"{name} to {target}"
    for name, target in product(
        ("SIGKILL", "SIGTERM", "SIGINT"), ("all of them", "DVC alone", "the stage alone")
    )
]
TWO = "two at once"
FULL = "a full disk"


def state(project: Path) -> dict[str, str]:
    """The SHA-256 of everything that a run leaves for its user: outputs, and dvc.lock."""
    files = [file for folder in FOLDERS for file in (project / folder).iterdir()]
    return {
        str(file.relative_to(project)): sha256(file.read_bytes()).hexdigest()
        for file in [*files, project / "dvc.lock"]
        if file.is_file()
    }


def call(project: Path, command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start(project: Path) -> subprocess.Popen:
    """Start the pipeline in a session of its own, so that all of it can be killed at once."""
    return subprocess.Popen(
        ["dvc", "repro"],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def members(session: int) -> list[psutil.Process]:
    """The processes of a session that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def kill(dvc: subprocess.Popen, number: int, target: str) -> None:
    """Send a signal, and wait until nothing of the session runs any more."""
    there = members(dvc.pid)
    for process in there:
        stage = any("stages." in word for word in process.cmdline()[:3])
        if target == "all of them" or stage == (target == "the stage alone"):
            process.send_signal(number)
    dvc.wait()
    for _ in range(600):
        if not members(dvc.pid):
            return
        time.sleep(0.1)
    raise InputError(f"still running a minute after {signal.Signals(number).name} to {target}")


def interrupted(project: Path, kind: str, after: float) -> None:
    """One run that does not end as it should."""
    if kind == TWO:
        both = [start(project), start(project)]
        for each in both:
            each.wait()
        return
    name, _, target = kind.partition(" to ")
    dvc = start(project)
    time.sleep(after)
    kill(dvc, signal.Signals[name], target)


def filled(project: Path, room: int) -> None:
    """A run on a disk that has `room` bytes left."""
    filler = project / ".git/filler"
    with open(filler, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(project).free - room))
    call(project, "dvc repro")
    filler.unlink()


def set_up(folder: Path) -> tuple[Path, dict[str, str], float]:
    """A clone of HEAD whose pipeline was never run, what its run leaves, and for how long it runs.

    Its raw table is there, and its environment is this one.
    """
    clean = folder / "clean"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clean)], check=True)
    (clean / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        (clean / ".venv" / entry.name).symlink_to(entry)
    (clean / ".venv/requirements.txt").unlink(missing_ok=True)
    shutil.copy(clean / "requirements.txt", clean / ".venv")
    params = yaml.safe_load((clean / "params.yaml").read_text())
    params["train"] |= SMALL
    (clean / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    call(clean, "make table")
    whole = folder / "whole"
    shutil.copytree(clean, whole, symlinks=True)
    began = time.monotonic()
    done = call(whole, "dvc repro")
    if done.returncode:
        raise InputError(f"the pipeline fails where nothing stops it:\n{done.stdout}")
    return clean, state(whole), time.monotonic() - began


def half_written(project: Path, before: dict[str, str], whole: dict[str, str]) -> list[str]:
    """The outputs that are neither as they were nor as they should become."""
    return [
        path
        for path, content in state(project).items()
        if not path.endswith("dvc.lock") and ".partial" not in path  # DVC's own; never read
        if content not in (before.get(path), whole.get(path))
    ]


def rounds(folder: Path, kinds: list[str], count: int, seed: int) -> Iterator[tuple[str, str]]:
    """The kind of each round, and what it left that is not as it should be; empty if nothing."""
    draw = random.Random(seed)
    clean, whole, seconds = set_up(folder)
    before = state(clean)
    for kind in tqdm(islice(cycle(kinds), count), total=count, disable=None):
        project = folder / "disk" if kind == FULL else folder / "round"
        if kind == FULL:
            project.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(project)], check=True)
        try:
            shutil.copytree(clean, project, symlinks=True, dirs_exist_ok=True)
            if kind == FULL:
                filled(project, draw.randrange(400_000))
            else:
                interrupted(project, kind, draw.uniform(0, seconds))
            found = [f"{path} is half-written" for path in half_written(project, before, whole)]
            healed = call(project, "make repro")
            if healed.returncode:
                found.append(f"make repro: {healed.stdout.strip().splitlines()[-1]}")
            after = state(project)
            found += [
                f"{path} differs"
                for path in {**whole, **after}
                if after.get(path) != whole.get(path)
            ]
        finally:
            if kind == FULL:
                subprocess.run(["umount", str(project)], check=True)
            shutil.rmtree(project)
        yield kind, "; ".join(found)


def main() -> int:
    parser = Parser("benchmarks.kills", __doc__)
    parser.add_argument("--rounds", type=whole_number(1), default=110, help="how many (110)")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="draws the moments (0)")
    options = parser.parse_args()
    kinds = [*KILLS, TWO]
    if os.geteuid() == 0:
        kinds.append(FULL)
    else:
        complain("no disk is filled: only root may mount one that is small enough")

    told: dict[str, list[str]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        for kind, found in rounds(Path(folder), kinds, options.rounds, options.seed):
            told[kind].append(found)
    rows = [[kind, len(found), found.count("")] for kind, found in told.items() if found]
    lost = [f"{kind}: {line}" for kind, found in told.items() for line in found if line]
    say(markdown_table(["what happened", "rounds", "as after a clean run"], rows))
    if lost:
        complain("\n".join(lost))
    return 1 if lost else 0


if __name__ == "__main__":
    run(main)
